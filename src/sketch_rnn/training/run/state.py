"""The state of a run: what a checkpoint holds besides the model, and its form in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from sketch_rnn.checkpoint import OPTIMIZER_PREFIX, Checkpoint
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.options import unknown_names
from sketch_rnn.trained import SketchRNN, model_header, model_in, network_tensors
from sketch_rnn.training.optimiser import AdamState
from sketch_rnn.training.run.resume import RunSettings, training_section
from sketch_rnn.training.step import TrainingState, network_copy
from sketch_rnn.training.validation import Validation

_FIRST: Final = OPTIMIZER_PREFIX + "first."
_SECOND: Final = OPTIMIZER_PREFIX + "second."
_AVERAGE: Final = OPTIMIZER_PREFIX + "average."


@dataclass
class Progress:
    """The history that a run needs to continue.

    Attributes:
        best_cost: lowest validation cost, None before the first validation.
        best_step: number of steps taken then.
        num_stale: validations since then.
        num_skipped: steps skipped for a NaN or infinite loss or gradient.
        num_rollbacks: how often the run went back to a checkpoint because of such numbers.
        learning_rate_factor: multiplies the schedule's learning rate; halved at each rollback.
        last_validation: None before the first, and in files of version 0.1.
        best_validation: that of the best model; None where it is not known.
    """

    best_cost: float | None = None
    best_step: int | None = None
    num_stale: int = 0
    num_skipped: int = 0
    num_rollbacks: int = 0
    learning_rate_factor: float = 1.0
    last_validation: Validation | None = None
    best_validation: Validation | None = None

    def note(self, step: int, cost: float) -> bool:
        """Whether `cost` is the lowest so far; it is remembered if so."""
        # A run that was killed after writing its best model reaches the same step again.
        is_known = (cost, step) == (self.best_cost, self.best_step)
        if self.best_cost is not None and cost >= self.best_cost and not is_known:
            self.num_stale += 1
            return False
        self.best_cost, self.best_step, self.num_stale = cost, step, 0
        return True

    def set_best(self, best: BestModel | None) -> None:
        """Takes over what a file says about the best model; None forgets the best model."""
        self.best_cost = best.cost if best else None
        self.best_step = best.step if best else None
        self.best_validation = best.validation if best else None


_VALIDATIONS: Final = ("last_validation", "best_validation")
_NUMBERS: Final = {f.name: f for f in fields(Progress) if f.name not in _VALIDATIONS}


class BestModel(NamedTuple):
    """What the file of the best model says about it; `validation` is None in old files."""

    cost: float
    step: int
    validation: Validation | None


def state_tensors(state: TrainingState) -> dict[str, Tensor]:
    """The tensors of a checkpoint to resume from, by name."""
    tensors = network_tensors(state.network)
    tensors |= {_FIRST + name: value for name, value in state.optimizer.first.items()}
    tensors |= {_SECOND + name: value for name, value in state.optimizer.second.items()}
    if state.average is not None:
        averaged = state.average.state_dict()
        tensors |= {_AVERAGE + name: value for name, value in averaged.items()}
    return tensors


def state_header(state: TrainingState, settings: RunSettings, progress: Progress) -> dict[str, Any]:
    """The settings and the history in a checkpoint to resume from, ready for JSON."""
    training = {
        "step": state.step,
        "progress": {name: getattr(progress, name) for name in _NUMBERS},
        **{name: _as_dict(getattr(progress, name)) for name in _VALIDATIONS},
        "fixed": settings.fixed(),
        "config": settings.train.to_dict(),
    }
    return {**model_header(SketchRNN(state.network, settings.profile)), "training": training}


def read_training_state(
    checkpoint: Checkpoint, device: torch.device, *, averaged: bool
) -> TrainingState:
    """The network and optimiser of a checkpoint, on `device`.

    Args:
        checkpoint: to resume from.
        device: of the tensors.
        averaged: whether to average the weights. An average that the checkpoint does not hold
            starts with its weights.

    Raises:
        SketchRNNError: if a tensor is missing, unexpected or of another shape.
    """
    network = model_in(checkpoint).network
    parameters = dict(network.named_parameters())
    first, second = (checkpoint.fitting(p, parameters) for p in (_FIRST, _SECOND))
    optimizer = AdamState(
        {name: value.to(device) for name, value in first.items()},
        {name: value.to(device) for name, value in second.items()},
    )
    step = checkpoint.parse("training", training_section)["step"]
    state = TrainingState(network.to(device), optimizer, step)
    if averaged:
        state.average = network_copy(state.network)
        if any(name.startswith(_AVERAGE) for name in checkpoint.tensors):
            state.average.load_state_dict(checkpoint.fitting(_AVERAGE, network.state_dict()))
    return state


def read_progress(training: Mapping[str, Any]) -> Progress:
    """The history in the section `training` of a checkpoint.

    Raises:
        SketchRNNError: if a value is not a number, or unknown.
    """
    values = training["progress"]
    faults = unknown_names(values, list(_NUMBERS))
    for name, value in values.items():
        default = _NUMBERS[name].default if name in _NUMBERS else value
        kind = float if name == "best_cost" else int if name == "best_step" else type(default)
        if value is not default and type(value) is not kind:
            faults.append(f"{name}={value!r} must be a number")
    if faults:
        raise SketchRNNError("progress: " + "; ".join(faults))
    last, best = (Validation.from_dict(training.get(name)) for name in _VALIDATIONS)
    return Progress(**values, last_validation=last, best_validation=best)


def best_header(model: SketchRNN, progress: Progress) -> dict[str, Any]:
    """The header of the best model's file, ready for JSON."""
    training = {
        "step": progress.best_step,
        "best_cost": progress.best_cost,
        "validation": _as_dict(progress.best_validation),
    }
    return {**model_header(model), "training": training}


def read_best(checkpoint: Checkpoint) -> BestModel:
    """What the file of the best model says about it.

    Raises:
        SketchRNNError: if it does not hold a cost and a step.
    """
    values = checkpoint.parse("training", dict)
    cost, step = values.get("best_cost"), values.get("step")
    if not isinstance(cost, float) or not isinstance(step, int):
        raise SketchRNNError(f"{checkpoint.path}: holds no validation cost")
    return BestModel(cost, step, Validation.from_dict(values.get("validation")))


def _as_dict(validation: Validation | None) -> dict[str, Any] | None:
    return validation.to_dict() if validation else None
