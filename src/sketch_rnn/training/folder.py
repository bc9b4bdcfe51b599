"""The folder of a training run: its checkpoints, and whether a run may go on from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch

from sketch_rnn.checkpoint import (
    BEST_FILE,
    CONFIG_FILE,
    LAST_FILE,
    OPTIMIZER_PREFIX,
    SketchRNN,
    model_header,
    network_tensors,
    read_checkpoint,
    write_checkpoint,
    write_json,
)
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from sketch_rnn.training.adam import AdamState
from sketch_rnn.training.step import TrainingState
from sketch_rnn.training.validation import ValidationForm

_FIRST: Final = OPTIMIZER_PREFIX + "first."
_SECOND: Final = OPTIMIZER_PREFIX + "second."
# What batches are made of, or what makes two validation costs comparable. The other settings of a
# training may change when it is resumed.
_FIXED_TRAIN_SETTINGS: Final = (
    "seed",
    "batch_size",
    "loss_form",
    "kl_weight",
    "kl_weight_start",
    "kl_tolerance",
)
_FIXED_PROFILE: Final = ("scale", "max_seq_len", "first_row", "labels")


@dataclass(frozen=True)
class RunSettings:
    """What a run is made of.

    Attributes:
        model: the architecture.
        train: how it is trained.
        profile: the measures of the data.
        num_train: drawings in the training split.
        validation: how validation costs are computed.
    """

    model: ModelConfig
    train: TrainConfig
    profile: DataProfile
    num_train: int
    validation: ValidationForm

    def fixed(self) -> dict[str, Any]:
        """Returns the settings that a resumed run must share, ready for JSON."""
        train, profile = self.train.to_dict(), self.profile.to_dict()
        return {
            **self.model.to_dict(),
            **{name: train[name] for name in _FIXED_TRAIN_SETTINGS},
            **{name: profile[name] for name in _FIXED_PROFILE},
            "labels": list(self.profile.labels),
            "training drawings": self.num_train,
            "validation": self.validation,
        }


@dataclass
class Progress:
    """What a run remembers of its validations.

    Attributes:
        best_cost: the lowest validation cost, None before the first.
        best_step: number of steps taken then.
        num_stale: validations since.
    """

    best_cost: float | None = None
    best_step: int | None = None
    num_stale: int = 0

    def note(self, step: int, cost: float) -> bool:
        """Returns whether `cost` is the lowest so far, and remembers it."""
        if self.best_cost is not None and cost >= self.best_cost:
            self.num_stale += 1
            return False
        self.best_cost, self.best_step, self.num_stale = cost, step, 0
        return True


class RunFolder:
    """A folder with `best.safetensors`, `last.safetensors` and `config.json`.

    Args:
        path: the folder; it is made when something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.best = path / BEST_FILE
        self.last = path / LAST_FILE

    def reject_existing_run(self) -> None:
        """Raises SketchRNNError if a run has written here, since nothing may be overwritten."""
        found = [
            name for name in (LAST_FILE, BEST_FILE, CONFIG_FILE) if (self.path / name).exists()
        ]
        if found:
            raise SketchRNNError(
                f"{self.path} already has a run in it ({found[0]}); resume it, or choose another "
                "folder"
            )

    def write_config(self, settings: RunSettings) -> None:
        """Writes `config.json`, the settings for people to read."""
        values = {
            "model": settings.model.to_dict(),
            "train": settings.train.to_dict(),
            "validation": settings.validation,
            "data": {**settings.profile.to_dict(), "num_train": settings.num_train},
        }
        write_json(self.path / CONFIG_FILE, values)

    def write_best(self, model: SketchRNN, progress: Progress) -> None:
        """Writes the model alone, to be used."""
        training = {"step": progress.best_step, "best_cost": progress.best_cost}
        header = {**model_header(model), "training": training}
        write_checkpoint(self.best, network_tensors(model.network), header)

    def write_last(self, state: TrainingState, settings: RunSettings, progress: Progress) -> None:
        """Writes everything that the run needs to go on."""
        model = SketchRNN(state.network, settings.profile)
        training = {
            "step": state.step,
            "progress": asdict(progress),
            "fixed": settings.fixed(),
            "config": settings.train.to_dict(),
        }
        tensors = network_tensors(state.network)
        tensors |= {_FIRST + name: value for name, value in state.optimizer.first.items()}
        tensors |= {_SECOND + name: value for name, value in state.optimizer.second.items()}
        write_checkpoint(self.last, tensors, {**model_header(model), "training": training})

    def read_last(
        self, settings: RunSettings, device: torch.device
    ) -> tuple[TrainingState, Progress]:
        """Returns the state that `write_last` wrote, on `device`.

        Raises:
            SketchRNNError: if there is none, it is damaged, or it belongs to a run with other
                settings: naming each that differs.
        """
        if not self.last.is_file():
            raise SketchRNNError(
                f"{self.path}: no {LAST_FILE} to resume from; start without resume, or name the "
                "folder of a run"
            )
        checkpoint = read_checkpoint(self.last)
        training = checkpoint.parse("training", _resumable)
        changes = list(_changes(training["fixed"], settings.fixed()))
        if changes:
            raise SketchRNNError(
                f"{self.path}: cannot resume with other settings: {'; '.join(changes)}; undo "
                "that, or start anew in another folder"
            )
        network = checkpoint.model().network
        parameters = dict(network.named_parameters())
        first, second = (checkpoint.fitting(p, parameters) for p in (_FIRST, _SECOND))
        optimizer = AdamState(
            {name: value.to(device) for name, value in first.items()},
            {name: value.to(device) for name, value in second.items()},
        )
        state = TrainingState(network.to(device), optimizer, training["step"])
        return state, Progress(**training["progress"])


def saved_settings(folder: Path) -> tuple[ModelConfig, TrainConfig]:
    """Returns the settings of the run in `folder`, to resume it without naming them again.

    Raises:
        SketchRNNError: if there is no run, or its last state is damaged.
    """
    checkpoint = read_checkpoint(folder / LAST_FILE)
    training = checkpoint.parse("training", _resumable)
    return checkpoint.parse("config", ModelConfig.from_dict), TrainConfig.from_dict(
        training["config"]
    )


def _resumable(values: Mapping[str, Any]) -> dict[str, Any]:
    if not {"step", "progress", "fixed", "config"} <= values.keys():
        raise SketchRNNError(f"a model, but not the state of a run; resume needs {LAST_FILE}")
    return dict(values)


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, value in now.items():
        if name in before and before[name] != value:
            yield f"{name} was {before[name]}, now {value}"
