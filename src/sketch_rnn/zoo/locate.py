"""Where a model's file is, from what a user calls it."""

from __future__ import annotations

import os
import re
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from sketch_rnn.data.sources.remote import cached_path, is_address
from sketch_rnn.data.sources.transfer import Progress
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.zoo.downloads import fetch_model
from sketch_rnn.zoo.hub import fetch_from_hub
from sketch_rnn.zoo.table import TABLE_VARIABLE, ModelEntry, load_table

MODEL_FILE: Final = "model.safetensors"
BEST_FILE: Final = "best.safetensors"
LAST_FILE: Final = "last.safetensors"
PREVIOUS_FILE: Final = "previous.safetensors"

_SUFFIX: Final = ".safetensors"
_FOREIGN_SUFFIXES: Final = (".json", ".zip", ".index")
_SUFFIXES: Final = (_SUFFIX, *_FOREIGN_SUFFIXES)
_SHIPPED: Final = "shipped"
_HUB_NAME: Final = re.compile(r"[\w.-]+/[\w.-]+")


class ModelPlace(NamedTuple):
    """A model's file.

    Attributes:
        path: the file, or the folder of an original checkpoint.
        member: its folder within a zip archive.
        scale: pixels per normalised unit, where the file does not say and it is known.
    """

    path: Path
    member: str = ""
    scale: float | None = None

    @property
    def is_foreign(self) -> bool:
        """Returns whether it is in the form of another library."""
        return self.path.suffix in _FOREIGN_SUFFIXES or self.path.is_dir()


def find_model(source: str | os.PathLike[str], on_progress: Progress | None = None) -> ModelPlace:
    """Returns where the model is that a user named, downloaded if need be.

    Args:
        source: a path, an address, a name of the table, or `user/name` on the Hugging Face hub.
        on_progress: told the bytes that are there and the bytes of all.

    Raises:
        SketchRNNError: if there is no such model, or it cannot be downloaded.
    """
    text = os.fspath(source)
    path = Path(text)
    if path.is_file():
        return ModelPlace(path)
    if path.is_dir():
        return ModelPlace(_in_folder(path))
    if is_address(text):
        return ModelPlace(fetch_model(text, on_progress))
    table = load_table()
    entry = table.find(text)
    if entry is not None:
        return fetch_entry(entry, on_progress)
    if _may_be_on_hub(path, text):
        return ModelPlace(fetch_from_hub(text, MODEL_FILE, table.near(text)))
    raise SketchRNNError(
        f"no model at {text}{table.near(text)}; give a {_SUFFIX} file, a folder with {MODEL_FILE} "
        f"or {BEST_FILE}, or a name that `sketch-rnn models` lists"
    )


def _may_be_on_hub(path: Path, text: str) -> bool:
    """Returns whether a name is `user/name`, and not a path with a mistake."""
    looks_like_a_path = path.suffix in _SUFFIXES or text.startswith(".")
    if looks_like_a_path or not _HUB_NAME.fullmatch(text):
        return False
    return not Path(path.parts[0]).exists()


def shipped_file(entry: ModelEntry) -> Path | None:
    """Returns the model's file in the package, None if it does not come with it."""
    if not entry.file:
        return None
    path = Path(str(resources.files(__package__).joinpath(_SHIPPED, entry.file)))
    return path if path.is_file() else None


def cached_file(entry: ModelEntry) -> Path | None:
    """Returns the model's file on this machine, None if it has to be downloaded."""
    if not entry.address:
        return None
    path = cached_path(entry.address) if is_address(entry.address) else Path(entry.address)
    return path if path.is_file() else None


def fetch_entry(entry: ModelEntry, on_progress: Progress | None = None) -> ModelPlace:
    """Returns where a model of the table is, downloaded if need be.

    Raises:
        SketchRNNError: if it cannot be downloaded.
    """
    path = shipped_file(entry) or cached_file(entry)
    if path is None and is_address(entry.address):
        path = fetch_model(entry.address, on_progress)
    if path is None:
        raise SketchRNNError(_missing(entry))
    return ModelPlace(path, entry.member, entry.scale)


def _missing(entry: ModelEntry) -> str:
    """Returns why there is no file of a model, and what to do."""
    if entry.address:
        return f"{entry.name}: no file {entry.address}"
    if entry.is_collected:
        return (
            f"{entry.name} is in the folder models of this project's repository and not in the "
            f"package; name that folder, or its address, as `collection` in a file of "
            f"{TABLE_VARIABLE}"
        )
    return f"{entry.name} is neither in this package nor at a known address"


def _in_folder(folder: Path) -> Path:
    """Returns the file that holds the model of a folder, or the folder of an original model."""
    # A run that was stopped before its first validation has only its last state.
    for name in (MODEL_FILE, BEST_FILE, LAST_FILE, PREVIOUS_FILE):
        if (folder / name).is_file():
            return folder / name
    if any(folder.glob("*.index")):
        return folder
    raise SketchRNNError(f"{folder}: no {MODEL_FILE} or {BEST_FILE} in this folder")
