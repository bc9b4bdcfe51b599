"""What a training run tells those who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sketch_rnn.checkpoint import SketchRNN
from sketch_rnn.config import TrainConfig
from sketch_rnn.model.cells import Precision
from sketch_rnn.model.loss import LossTerms
from sketch_rnn.training.validation import SplitCosts

Outcome = Literal["finished", "interrupted", "no_improvement"]


@dataclass(frozen=True, eq=False)
class RunReport:
    """A run that begins or goes on.

    Attributes:
        folder: where it writes.
        model: the model being trained.
        config: how it is trained.
        first_step: steps taken before; 0 for a new run.
        num_steps: steps taken when it will have finished.
        fingerprint: of its data, see `Dataset.fingerprint`.
        num_workers: how many processes train together.
        precision: of the products of cells.
    """

    folder: Path
    model: SketchRNN
    config: TrainConfig
    first_step: int
    num_steps: int
    fingerprint: str = ""
    num_workers: int = 1
    precision: Precision = "float32"


@dataclass(frozen=True, eq=False)
class StepReport:
    """A step that was taken.

    Attributes:
        step: number of steps taken, this one included.
        losses: of its batch, before it.
        learning_rate: used in it.
        kl_weight: used in it.
        seconds: how long it took, making the batch included.
    """

    step: int
    losses: LossTerms
    learning_rate: float
    kl_weight: float
    seconds: float


@dataclass(frozen=True, eq=False)
class ValidationReport:
    """A validation, whose checkpoints have been written.

    Attributes:
        step: number of steps taken.
        model: the model, in evaluation mode.
        valid: costs of the validation split.
        test: costs of the test split, if this is the best model so far; else None.
        best_cost: validation cost of the best model so far.
    """

    step: int
    model: SketchRNN
    valid: SplitCosts
    test: SplitCosts | None
    best_cost: float


@dataclass(frozen=True)
class TrainResult:
    """How a run ended.

    Attributes:
        folder: where the checkpoints are; `SketchRNN.from_pretrained` reads the best one from it.
        step: number of steps taken.
        num_steps: number of steps asked for.
        outcome: `finished`; `interrupted` by a signal, to be resumed; or `no_improvement`: as
            many validations as the patience allows were no better than the best.
        best_step: steps taken when the best checkpoint was written; None before a validation.
        best_cost: its validation cost.
    """

    folder: Path
    step: int
    num_steps: int
    outcome: Outcome
    best_step: int | None
    best_cost: float | None

    @property
    def interrupted(self) -> bool:
        """Returns whether a signal stopped the run; resuming it goes on from there."""
        return self.outcome == "interrupted"


class TrainingObserver:
    """Watches a run. Every method does nothing here: override those that matter.

    Observers must not change the model, nor draw from a generator that the training uses.
    """

    def on_start(self, run: RunReport) -> None:
        """Called before the first step, also of a resumed run."""

    def on_notice(self, notice: str) -> None:
        """Called with a sentence for people, whenever something is not as it should be."""

    def on_step(self, step: StepReport) -> None:
        """Called after every step."""

    def on_validation(self, validation: ValidationReport) -> None:
        """Called after every validation."""

    def on_end(self, result: TrainResult | None) -> None:
        """Called last, whatever happened: `result` is None if an error ended the run."""
