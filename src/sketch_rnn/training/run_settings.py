"""What a run is made of, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sketch_rnn.config import ModelConfig, TrainConfig
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
        # A run that was killed after writing its best model comes by the same step once more.
        is_known = (cost, step) == (self.best_cost, self.best_step)
        if self.best_cost is not None and cost >= self.best_cost and not is_known:
            self.num_stale += 1
            return False
        self.best_cost, self.best_step, self.num_stale = cost, step, 0
        return True
