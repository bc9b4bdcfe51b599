"""Find the file of a model that a user names: on disk, in the package, or on the network."""

from __future__ import annotations

import os
import re
from glob import escape
from importlib import resources
from pathlib import Path
from shlex import quote
from typing import Final, NamedTuple

from sketch_rnn.errors import SketchRNNError, expect_path
from sketch_rnn.io.downloads import cached_path, is_address
from sketch_rnn.io.header import read_header_only
from sketch_rnn.io.transfer import Progress
from sketch_rnn.zoo.downloads import fetch_model
from sketch_rnn.zoo.hub import fetch_from_hub
from sketch_rnn.zoo.table import (
    TABLE_VARIABLE,
    ModelEntry,
    ModelTable,
    load_table,
    refuse_other_addresses,
)

MODEL_FILE: Final = "model.safetensors"
BEST_FILE: Final = "best.safetensors"
LAST_FILE: Final = "last.safetensors"
PREVIOUS_FILE: Final = "previous.safetensors"

# The model whose labels are also names of models, and the one meant where drawings are encoded.
LABELLED: Final = "quickdraw"
LABELLED_ENCODER: Final = "quickdraw-vae"

_SUFFIX: Final = ".safetensors"
_INDEX: Final = ".index"
_FOREIGN_SUFFIXES: Final = (".json", ".zip", _INDEX)
_SUFFIXES: Final = (_SUFFIX, *_FOREIGN_SUFFIXES)
_FILES: Final = f"{MODEL_FILE}, {BEST_FILE} or {_INDEX} file"
_MODELS: Final = (
    f"a {', '.join(_SUFFIXES[:-1])} or {_INDEX} file, a folder with a {_FILES}, or a name that "
    "`sketch-rnn models` lists"
)
# Folders that the documentation draws from, and what makes them.
_MADE_BY: Final = {"demo/run": "sketch-rnn demo", "demo": "sketch-rnn demo"}
_RUNS: Final = "runs"
_SHIPPED: Final = "shipped"
_MAX_SHOWN: Final = 200
_HUB_NAME: Final = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


class NotAModelError(SketchRNNError):
    """The name of a file that holds something else."""


class ModelPlace(NamedTuple):
    """A model's file.

    Attributes:
        path: the file, or the folder of an original checkpoint.
        member: its folder within a zip archive.
        scale: pixels per normalised unit, if it is known and the file lacks it.
        label: the label to draw with a class-conditional model; empty for all of them.
    """

    path: Path
    member: str = ""
    scale: float | None = None
    label: str = ""

    @property
    def is_foreign(self) -> bool:
        """Whether it is in the format of another library."""
        return self.path.suffix in _FOREIGN_SUFFIXES or self.path.is_dir()


def find_model(
    source: str | os.PathLike[str],
    on_progress: Progress | None = None,
    *,
    encoder: bool = False,
) -> ModelPlace:
    """Finds the model that a user names, and downloads it if need be.

    Args:
        source: a path, an address, a name of the table, or `user/name` or
            `user/name@revision` on the Hugging Face hub.
        on_progress: called with the bytes received and the bytes in total.
        encoder: whether drawings will be encoded: the name of a label of `quickdraw` then means
            `quickdraw-vae`.

    Raises:
        SketchRNNError: if there is no such model, or it cannot be downloaded.
    """
    text = expect_path(source, "model")
    if not text:
        raise SketchRNNError("the name of the model is empty; for the model in this folder give .")
    if is_address(text):
        return ModelPlace(fetch_model(text, on_progress))
    refuse_other_addresses(text, "no model")
    try:
        return _find(text, on_progress, encoder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SketchRNNError(f"{_shown(text)}: cannot be read: {reason}") from error


def _find(text: str, on_progress: Progress | None, encoder: bool) -> ModelPlace:
    path = Path(text)
    found = _on_disk(path)
    if found is not None:
        return ModelPlace(found)
    table = load_table()
    entry = table.find(text)
    if entry is not None:
        return fetch_entry(entry, on_progress)
    label, labels = text.replace("_", " "), _labels(table)
    labelled = table.find(LABELLED_ENCODER if encoder else LABELLED)
    if labelled is not None and label in labels:
        return fetch_entry(labelled, on_progress)._replace(label=label)
    if path.is_file() and path.suffix.lower() == ".npz":
        raise SketchRNNError(
            f"{_shown(text)} holds drawings, not a model; look at them with: sketch-rnn data show "
            f"{quote(text)}"
        )
    if path.is_file():
        raise NotAModelError(f"{_shown(text)} is not a model; give {_MODELS}")
    hint = table.near(text, labels)
    if _may_be_on_hub(path, text):
        return ModelPlace(fetch_from_hub(text, MODEL_FILE, hint))
    raise SketchRNNError(_not_on_disk(path, _shown(text), hint))


def _labels(table: ModelTable) -> list[str]:
    """The labels that are also names of models."""
    entry = table.find(LABELLED)
    path = None if entry is None else shipped_file(entry) or cached_file(entry)
    return [] if path is None else read_header_only(path)["profile"]["labels"]


def _on_disk(path: Path) -> Path | None:
    """The file or folder of the model at a path, or None if the path holds no model."""
    if path.is_file():
        return path if path.suffix in _SUFFIXES or _begins_like_a_model(path) else None
    if path.is_dir():
        return _in_folder(path)
    # The original's users say vector-1234 where the files are vector-1234.index and its data.
    index = path.with_name(path.name + _INDEX) if path.name else path
    return index if index.is_file() else None


def _begins_like_a_model(path: Path) -> bool:
    """Whether a file begins like a safetensors file: with a length, then JSON."""
    with path.open("rb") as file:
        start = file.read(9)
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size


def _not_on_disk(path: Path, shown: str, hint: str) -> str:
    """The error message for a path without a model: what is missing, and what to give instead."""
    if path.is_dir():
        return f"{shown}: no {_FILES} in this folder"
    if path.name and any(path.parent.glob(f"{escape(path.name)}.data-*")):
        return f"no {shown}{_INDEX} beside its data; a checkpoint of the original needs both"
    makes_it = _MADE_BY.get(str(path))
    if makes_it is not None:
        return f"no run in {shown} yet; this command makes it: {makes_it}"
    return f"no model at {shown}{hint}; give {_MODELS}"


def _shown(text: str) -> str:
    """A user's text, printable and short enough for one line of a message."""
    printable = text if text.isprintable() else ascii(text)
    return printable if len(printable) <= _MAX_SHOWN else f"{printable[:_MAX_SHOWN]}..."


def _may_be_on_hub(path: Path, text: str) -> bool:
    """Whether a name is `user/name` or `user/name@revision`, and not a path with a mistake."""
    looks_like_a_path = path.suffix in _SUFFIXES or text.startswith((".", f"{_RUNS}/"))
    looks_like_a_path |= text in _MADE_BY
    if looks_like_a_path or not _HUB_NAME.fullmatch(text):
        return False
    return not Path(path.parts[0]).exists()


def shipped_file(entry: ModelEntry) -> Path | None:
    """The model's file in the package, or None."""
    if not entry.file:
        return None
    path = Path(str(resources.files(__package__).joinpath(_SHIPPED, entry.file)))
    return _if_file(path)


def cached_file(entry: ModelEntry) -> Path | None:
    """The model's file outside the package, or None if it has to be downloaded."""
    if not entry.address:
        return None
    path = cached_path(entry.address) if is_address(entry.address) else Path(entry.address)
    return _if_file(path)


def _if_file(path: Path) -> Path | None:
    # Path.is_file() raises for text that cannot be a path, which a table may contain.
    return path if os.path.isfile(path) else None


def fetch_entry(entry: ModelEntry, on_progress: Progress | None = None) -> ModelPlace:
    """The place of a model of the table, downloaded if need be.

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
    """The error message for a model of the table without a file."""
    if entry.address:
        return f"{entry.name}: no file {entry.address}"
    if entry.is_collected:
        return (
            f"{entry.name} is in the folder models of this project's repository and not in the "
            f"package; name that folder, or its address, as `collection` in a file of "
            f"{TABLE_VARIABLE}"
        )
    return f"{entry.name} is neither in this package nor at a known address"


def _in_folder(folder: Path) -> Path | None:
    """The file with a folder's model, or the folder itself for a checkpoint of the original."""
    # A run stopped before its first validation has only its last state.
    for name in (MODEL_FILE, BEST_FILE, LAST_FILE, PREVIOUS_FILE):
        if (folder / name).is_file():
            return folder / name
    return folder if any(folder.glob(f"*{_INDEX}")) else None
