"""Resuming a run: the checkpoint that is taken, and the changes that are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sketch_rnn.checkpoint import Checkpoint, read_checkpoint
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError, expect_one_of, expect_switch
from sketch_rnn.io.header import DamagedFileError
from sketch_rnn.profile import DataProfile
from sketch_rnn.training.run.files import CHECKPOINT_FILES
from sketch_rnn.training.validation import VALIDATION_FORMS, ValidationForm

# These define the batches, or make two validation costs comparable. A resume may change all other
# settings of a training.
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
    """The settings and the data of a run.

    Attributes:
        model: the architecture.
        train: training settings.
        profile: of the data.
        num_train: drawings in the training split.
        validation: how validation costs are computed.
        fingerprint: of the drawings, see `Dataset.fingerprint`.
        is_forced: allow the run to resume with other data.

    Raises:
        SketchRNNError: if there is no such validation form.
    """

    model: ModelConfig
    train: TrainConfig
    profile: DataProfile
    num_train: int
    validation: ValidationForm
    fingerprint: str = ""
    is_forced: bool = False

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        model: ModelConfig,
        train: TrainConfig,
        validation: ValidationForm,
        *,
        is_forced: bool,
    ) -> RunSettings:
        """The settings of a run on this dataset."""
        size, fingerprint = len(dataset.train), dataset.fingerprint()
        return cls(model, train, dataset.profile, size, validation, fingerprint, is_forced)

    def __post_init__(self) -> None:
        expect_one_of(self.validation, VALIDATION_FORMS, "validation")
        expect_switch(self.is_forced, "force")

    def fixed(self) -> dict[str, Any]:
        """The settings that a resumed run must share, ready for JSON."""
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

    def check_resumable(self, folder: Path, before: Mapping[str, Any]) -> None:
        """Raises SketchRNNError naming each fixed setting that differs.

        Args:
            folder: of the run.
            before: what `fixed` returned when the checkpoint was written.
        """
        changes = list(self._changes(before))
        if not changes:
            return
        is_only_data = not any(replace(self, is_forced=True)._changes(before))
        hint = "; --force resumes with other data" if is_only_data else ""
        raise SketchRNNError(
            f"{folder}: cannot resume with other settings: {'; '.join(changes)}; undo that, or "
            f"start a new run in another folder{hint}"
        )

    def has_other_data(self, before: Mapping[str, Any]) -> bool:
        """Whether the run had other data when `fixed` returned `before`."""
        now = self.fixed()
        return any(before.get(name) not in (None, "", now[name]) for name in _OF_DATA)

    def _changes(self, before: Mapping[str, Any]) -> Iterator[str]:
        for name, value in self.fixed().items():
            # The first runs of version 0.1 have no fingerprint.
            is_known = name in before and before[name] != ""
            if not is_known or before[name] == value or (self.is_forced and name in _OF_DATA):
                continue
            yield f"{name} was {_short(before[name])}, now {_short(value)}"


def _short(value: Any) -> Any:
    return value[:_SHOWN_DIGITS] if isinstance(value, str) else value


def has_checkpoint(folder: Path) -> bool:
    """Whether `folder` holds a run that could be resumed."""
    return any((folder / name).is_file() for name in CHECKPOINT_FILES)


def newest_checkpoint(folder: Path) -> tuple[Checkpoint, list[str]]:
    """The newest checkpoint that can be read, and a sentence for each damaged one before it.

    Raises:
        SketchRNNError: if there is none.
    """
    faults = []
    for name in CHECKPOINT_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            checkpoint = read_checkpoint(path)
        except DamagedFileError as error:
            faults.append(str(error))
            continue
        step = checkpoint.parse("training", training_section)["step"]
        return checkpoint, [f"{fault}; resuming from {name}, step {step:,}" for fault in faults]
    if faults:
        raise SketchRNNError(f"{'; '.join(faults)}; nothing is left to resume from")
    raise SketchRNNError(
        f"{folder}: no {CHECKPOINT_FILES[0]} to resume from; start without resume, or name the "
        "folder of a run"
    )


def training_section(values: Mapping[str, Any]) -> dict[str, Any]:
    """The section `training` of a checkpoint, checked.

    Raises:
        SketchRNNError: if it is not enough to resume a run.
    """
    kinds = {"step": int, "progress": dict, "fixed": dict, "config": dict}
    if not all(isinstance(values.get(name), kind) for name, kind in kinds.items()):
        raise SketchRNNError(
            f"a model, but not the state of a run; resume needs {CHECKPOINT_FILES[0]}"
        )
    return dict(values)


def saved_settings(folder: Path) -> tuple[ModelConfig, TrainConfig]:
    """The settings of the run in `folder`, to resume it without giving them again.

    Raises:
        SketchRNNError: if no checkpoint of a run can be read there.
    """
    checkpoint, _ = newest_checkpoint(folder)
    training = checkpoint.parse("training", training_section)
    # Runs from before this setting existed did not average their weights.
    train = TrainConfig.from_dict({"ema_decay": 0.0, **training["config"]})
    return checkpoint.parse("config", ModelConfig.from_dict), train


def saved_profile(folder: Path) -> DataProfile:
    """The profile of the data that the run in `folder` trains on.

    Raises:
        SketchRNNError: if no checkpoint of a run can be read there.
    """
    return newest_checkpoint(folder)[0].parse("profile", DataProfile.from_dict)
