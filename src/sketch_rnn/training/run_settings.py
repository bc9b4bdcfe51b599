"""What a run is made of, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from sketch_rnn.config import ModelConfig, TrainConfig, unknown_names
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from sketch_rnn.training.validation import ValidationForm

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

    def changes(self, before: Mapping[str, Any]) -> Iterator[str]:
        """Yields a phrase for each of the fixed settings that was another one before."""
        for name, value in self.fixed().items():
            if name in before and before[name] != value:
                yield f"{name} was {before[name]}, now {value}"


@dataclass
class Progress:
    """What a run remembers, beside its weights.

    Attributes:
        best_cost: the lowest validation cost, None before the first.
        best_step: number of steps taken then.
        num_stale: validations since.
        num_skipped: steps that were skipped because their loss or gradients were no numbers.
        num_rollbacks: how often the run went back to its last checkpoint because of that.
        learning_rate_factor: on the schedule's learning rate; lowered each time.
    """

    best_cost: float | None = None
    best_step: int | None = None
    num_stale: int = 0
    num_skipped: int = 0
    num_rollbacks: int = 0
    learning_rate_factor: float = 1.0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Progress:
        """Returns what `asdict` made of it, also after a trip through JSON.

        Raises:
            SketchRNNError: if these are not such values.
        """
        known = {f.name: f for f in fields(cls)}
        faults = unknown_names(values, list(known))
        for name, value in values.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if name in known and not is_number and value is not known[name].default:
                faults.append(f"{name}={value!r} must be a number")
        if faults:
            raise SketchRNNError("progress: " + "; ".join(faults))
        return cls(**values)

    def note(self, step: int, cost: float) -> bool:
        """Returns whether `cost` is the lowest so far, and remembers it."""
        # A run that was killed after writing its best model comes by the same step once more.
        is_known = (cost, step) == (self.best_cost, self.best_step)
        if self.best_cost is not None and cost >= self.best_cost and not is_known:
            self.num_stale += 1
            return False
        self.best_cost, self.best_step, self.num_stale = cost, step, 0
        return True
