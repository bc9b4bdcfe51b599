"""What a run is made of, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.options import unknown_names
from sketch_rnn.profile import DataProfile
from sketch_rnn.training.validation import VALIDATION_FORMS, ValidationForm

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
_NUM_TRAIN: Final = "training drawings"
_FINGERPRINT: Final = "data fingerprint"
_OF_DATA: Final = (*_FIXED_PROFILE, _NUM_TRAIN, _FINGERPRINT)
_SHOWN_DIGITS: Final = 12


@dataclass(frozen=True)
class RunSettings:
    """What a run is made of.

    Attributes:
        model: the architecture.
        train: how it is trained.
        profile: the measures of the data.
        num_train: drawings in the training split.
        validation: how validation costs are computed.
        fingerprint: of the drawings, see `Dataset.fingerprint`.
        is_forced: whether a run may go on though the data is another.

    Raises:
        SketchRNNError: if there is no such validation.
    """

    model: ModelConfig
    train: TrainConfig
    profile: DataProfile
    num_train: int
    validation: ValidationForm
    fingerprint: str = ""
    is_forced: bool = False

    def __post_init__(self) -> None:
        if self.validation not in VALIDATION_FORMS:
            known = ", ".join(VALIDATION_FORMS)
            raise SketchRNNError(f"validation={self.validation!r} must be one of {known}")

    def fixed(self) -> dict[str, Any]:
        """Returns the settings that a resumed run must share, ready for JSON."""
        train, profile = self.train.to_dict(), self.profile.to_dict()
        return {
            **self.model.to_dict(),
            **{name: train[name] for name in _FIXED_TRAIN_SETTINGS},
            **{name: profile[name] for name in _FIXED_PROFILE},
            "labels": list(self.profile.labels),
            _NUM_TRAIN: self.num_train,
            "validation": self.validation,
            _FINGERPRINT: self.fingerprint,
        }

    def changes(self, before: Mapping[str, Any]) -> Iterator[str]:
        """Yields a phrase for each of the fixed settings that was another one before."""
        for name, value in self.fixed().items():
            # Runs of the first version have no fingerprint.
            is_known = name in before and before[name] != ""
            if not is_known or before[name] == value or (self.is_forced and name in _OF_DATA):
                continue
            yield f"{name} was {_short(before[name])}, now {_short(value)}"

    def force_hint(self, before: Mapping[str, Any]) -> str:
        """Returns what to add to an error, where forcing would help."""
        is_only_data = not any(replace(self, is_forced=True).changes(before))
        return "; --force goes on with other data" if is_only_data else ""

    def has_other_data(self, before: Mapping[str, Any]) -> bool:
        """Returns whether the fixed settings of before were those of other data."""
        now = self.fixed()
        return any(before.get(name) not in (None, "", now[name]) for name in _OF_DATA)


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


def _short(value: Any) -> Any:
    """Returns a value for people, who need not read a whole fingerprint."""
    return value[:_SHOWN_DIGITS] if isinstance(value, str) else value
