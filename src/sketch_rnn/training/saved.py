"""The state of a run on the disk: whether there is one, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sketch_rnn.checkpoint import (
    LAST_FILE,
    PREVIOUS_FILE,
    Checkpoint,
    DamagedFileError,
    read_checkpoint,
)
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile


def has_state(folder: Path) -> bool:
    """Returns whether there is a run in `folder` that could be resumed."""
    return any((folder / name).is_file() for name in (LAST_FILE, PREVIOUS_FILE))


def read_state(folder: Path) -> tuple[Checkpoint, list[str]]:
    """Returns the newest state of a run that can be read, and what was stepped over.

    Raises:
        SketchRNNError: if there is none.
    """
    faults = []
    for name in (LAST_FILE, PREVIOUS_FILE):
        path = folder / name
        if not path.is_file():
            continue
        try:
            checkpoint = read_checkpoint(path)
        except DamagedFileError as error:
            faults.append(str(error))
            continue
        step = checkpoint.parse("training", resumable)["step"]
        return checkpoint, [f"{fault}; going on from {name}, step {step:,}" for fault in faults]
    if faults:
        raise SketchRNNError(f"{'; '.join(faults)}; nothing is left to resume from")
    raise SketchRNNError(
        f"{folder}: no {LAST_FILE} to resume from; start without resume, or name the folder of a "
        "run"
    )


def saved_settings(folder: Path) -> tuple[ModelConfig, TrainConfig]:
    """Returns the settings of the run in `folder`, to resume it without naming them again.

    Raises:
        SketchRNNError: if there is no run, or no state of it can be read.
    """
    checkpoint, _ = read_state(folder)
    training = checkpoint.parse("training", resumable)
    return checkpoint.parse("config", ModelConfig.from_dict), TrainConfig.from_dict(
        training["config"]
    )


def saved_profile(folder: Path) -> DataProfile:
    """Returns the measures of the data that the run in `folder` trains on.

    Raises:
        SketchRNNError: if there is no run, or no state of it can be read.
    """
    return read_state(folder)[0].parse("profile", DataProfile.from_dict)


def resumable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a checkpoint says about its training.

    Raises:
        SketchRNNError: if that is not enough to go on with it.
    """
    kinds = {"step": int, "progress": dict, "fixed": dict, "config": dict}
    if not all(isinstance(values.get(name), kind) for name, kind in kinds.items()):
        raise SketchRNNError(f"a model, but not the state of a run; resume needs {LAST_FILE}")
    return dict(values)
