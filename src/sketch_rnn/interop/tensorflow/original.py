"""The original's trained models: a TensorFlow checkpoint and a `model_config.json`."""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from sketch_rnn.errors import SketchRNNError, named_in_errors
from sketch_rnn.interop.files import Files, FolderFiles, ZipFiles, zip_members
from sketch_rnn.interop.foreign import ForeignModel
from sketch_rnn.interop.hparams import OriginalSettings, settings_from_hparams
from sketch_rnn.interop.tensorflow.bundle import Bundle
from sketch_rnn.interop.tensorflow.variables import parameters_from_variables, variable_places
from sketch_rnn.model.vae import weightless_network
from sketch_rnn.profile import MAX_SEQ_LEN, DrawingHabits

INDEX_SUFFIX: Final = ".index"
CONFIG_FILE: Final = "model_config.json"
_STATE_FILE: Final = "checkpoint"
# Optimiser slots, step counters, fed values such as the learning rate, and the variables of the
# second and third copies of the network, which share the weights of the first.
_NOT_WEIGHTS: Final = re.compile(
    r"(.+/)?Adam(_\d+)?|(.+/)?beta[12]_power(_\d+)?|(.+/)?global_step(_\d+)?"
    r"|(.+/)?Variable(_\d+)?|vector_rnn_\d+/.+"
)


def read_original(
    path: Path, *, name: str = "", hparams: Mapping[str, Any] | None = None
) -> ForeignModel:
    """The model in a checkpoint of the original, read without TensorFlow.

    Args:
        path: the folder of a training run, one of its `.index` files, or a zip archive of such
            folders.
        name: the folder within the archive, such as `aaron_sheep/lstm`; needed if there
            are several.
        hparams: hyperparameters, by the original's names, which override those of the model's
            `model_config.json`.

    Raises:
        SketchRNNError: if there is no such model, or a file is damaged or does not fit the others.
    """
    files, prefix = _located(path, name)
    settings = _settings(files, hparams or {})
    bundle = Bundle(files, prefix)
    places = variable_places(settings.model)
    strange = [v for v in bundle.names if v not in places and not _NOT_WEIGHTS.fullmatch(v)]
    if strange:
        raise SketchRNNError(
            f"{files.where}: unknown variables {', '.join(strange[:5])}; its {CONFIG_FILE} "
            f"describes another model, or it is not one of the original's"
        )
    variables = {
        variable: bundle.array(variable) for variable in places if variable in bundle.names
    }
    with named_in_errors(files.where):
        imagined = weightless_network(settings.model).state_dict()
        shapes = {parameter: values.shape for parameter, values in imagined.items()}
        weights = parameters_from_variables(variables, shapes, settings.model)
    return ForeignModel(
        where=files.where,
        config=settings.model,
        weights=weights,
        max_seq_len=settings.max_seq_len,
        scale=None,
        first_row="move",
        habits=DrawingHabits(temperature_rule="original"),
        sources=tuple(PurePosixPath(file).stem for file in settings.data_set),
    )


def models_in_zip(archive: Path) -> tuple[str, ...]:
    """The folders of a zip archive that hold a checkpoint, sorted."""
    paths = [PurePosixPath(member.filename) for member in zip_members(archive)]
    # Archives made on a Mac hold a second entry for every file, whose name begins with a dot.
    indexes = [p for p in paths if p.suffix == INDEX_SUFFIX and not p.name.startswith(".")]
    folders = {str(path.parent) for path in indexes}
    return tuple(sorted("" if folder == "." else folder for folder in folders))


def _located(path: Path, name: str) -> tuple[Files, str]:
    """The files of a checkpoint and its name."""
    if path.suffix == ".zip" and path.is_file():
        return _in_zip(path, name)
    if name:
        raise SketchRNNError(f"{path} is not a zip archive: it holds one model; leave --name out")
    if path.suffix == INDEX_SUFFIX:
        return FolderFiles(path.parent), path.stem
    if not path.is_dir():
        raise SketchRNNError(
            f"no checkpoint at {path}; give its folder, or its {INDEX_SUFFIX} file"
        )
    files = FolderFiles(path)
    return files, _newest(files)


def _in_zip(archive: Path, name: str) -> tuple[Files, str]:
    known = models_in_zip(archive)
    meant = [folder for folder in known if not name or f"/{folder}".endswith(f"/{name}")]
    if len(meant) != 1:
        held = ", ".join(known) if known else "no checkpoint"
        raise SketchRNNError(f"{archive} holds {held}; say which one with --name")
    files = ZipFiles(archive, meant[0])
    return files, _newest(files)


def _newest(files: Files) -> str:
    """The name of the checkpoint that training would resume from."""
    prefixes = [n.removesuffix(INDEX_SUFFIX) for n in files.names if n.endswith(INDEX_SUFFIX)]
    if not prefixes:
        raise SketchRNNError(f"{files.where}: no {INDEX_SUFFIX} file, so no TensorFlow checkpoint")
    if _STATE_FILE in files.names:
        text = files.read(_STATE_FILE).decode("utf-8", "replace")
        # The state file of a run that was moved may still name its old folder.
        named = re.search(r'^model_checkpoint_path:\s*"(?:.*[/\\])?([^/\\"]+)"', text, re.M)
        if named and named[1] in prefixes:
            return named[1]
    return max(prefixes, key=lambda prefix: (_step(prefix), prefix))


def _step(prefix: str) -> int:
    number = re.search(r"-(\d{1,18})$", prefix)
    return int(number[1]) if number else -1


def _settings(files: Files, given: Mapping[str, Any]) -> OriginalSettings:
    values = _stored_hparams(files)
    if values is None and not given:
        is_list = CONFIG_FILE in files.names
        found = f"{CONFIG_FILE} only lists the names" if is_list else "no file holds the values"
        raise SketchRNNError(
            f"{files.where}: {found} of its hyperparameters, too little to build the model; give "
            "those that differ from the original's defaults, such as --hparams "
            "dec_model=layer_norm,enc_model=layer_norm,conditional=1, and max_seq_len, the rows of "
            "the longest drawing"
        )
    with named_in_errors(f"{files.where}/{CONFIG_FILE}"):
        settings = settings_from_hparams({**(values or {}), **given})
    longest = settings.max_seq_len
    if longest is not None and not 1 <= longest <= MAX_SEQ_LEN:
        raise SketchRNNError(
            f"{files.where}/{CONFIG_FILE}: max_seq_len={reprlib.repr(longest)} must be "
            f"1 to {MAX_SEQ_LEN:,}; give the rows of the longest drawing with --hparams "
            "max_seq_len=..."
        )
    return settings


def _stored_hparams(files: Files) -> dict[str, Any] | None:
    """The values in `model_config.json`, or None if it holds only names, as in later versions."""
    if CONFIG_FILE not in files.names:
        return None
    try:
        values = json.loads(files.read(CONFIG_FILE))
        # Some versions wrote the JSON of an object as a string.
        values = json.loads(values) if isinstance(values, str) else values
    except (ValueError, RecursionError) as error:
        raise SketchRNNError(f"{files.where}/{CONFIG_FILE}: not JSON ({error})") from error
    if not isinstance(values, dict | list):
        raise SketchRNNError(f"{files.where}/{CONFIG_FILE}: expected an object of hyperparameters")
    return values if isinstance(values, dict) else None
