"""Callbacks of a training run: the base class, and the events it is called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sketch_rnn.config import TrainConfig
from sketch_rnn.model.loss import LossTerms
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.validation import SplitCosts, Validation

Outcome = Literal["finished", "interrupted", "no_improvement"]


@dataclass(frozen=True, eq=False)
class RunStart:
    """A run that starts or resumes.

    Attributes:
        folder: of the run.
        model: the model being trained.
        config: training settings, with `auto` resolved.
        first_step: steps taken before; 0 for a new run.
        num_steps: number of steps at the end of the run.
        fingerprint: of its data, see `Dataset.fingerprint`.
        origins: where its data was read from, see `Dataset.origins`.
        num_workers: number of processes that train together.
        last_validation: the last one before a resume, from the checkpoint.
        best_validation: that of the best model, from the checkpoint.
        notify: passes a message to `on_notice` of all callbacks.
    """

    folder: Path
    model: SketchRNN
    config: TrainConfig
    first_step: int
    num_steps: int
    fingerprint: str = ""
    origins: tuple[str, ...] = ()
    num_workers: int = 1
    last_validation: Validation | None = None
    best_validation: Validation | None = None
    notify: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, eq=False)
class StepReport:
    """A training step.

    Attributes:
        step: number of steps taken, including this one.
        losses: of its batch, before the step.
        learning_rate: used in it.
        kl_weight: used in it.
        seconds: time it took, including making the batch.
    """

    step: int
    losses: LossTerms
    learning_rate: float
    kl_weight: float
    seconds: float


@dataclass(frozen=True, eq=False)
class ValidationReport:
    """A validation, after its checkpoints were written.

    Attributes:
        step: number of steps taken.
        model: the model, in evaluation mode.
        valid: costs of the validation split.
        test: costs of the test split if this is the best model so far, else None.
        best: the validation of the best model so far; None if a file of version 0.1 holds only
            its cost.
        best_cost: validation cost of the best model so far.
    """

    step: int
    model: SketchRNN
    valid: SplitCosts
    test: SplitCosts | None
    best_cost: float
    best: Validation | None = None


@dataclass(frozen=True)
class TrainResult:
    """The end of a run.

    Attributes:
        folder: of the run; `SketchRNN.from_pretrained` loads its best model.
        step: number of steps taken.
        num_steps: number of steps asked for.
        outcome: `finished`; `interrupted` by a signal, to be resumed; or `no_improvement`: the
            patience was used up.
        best_step: steps taken when the best model was written; None before a validation.
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
        """Whether a signal stopped the run, so that it can be resumed."""
        return self.outcome == "interrupted"


class Callback:
    """Follows a run. Every method does nothing here; override the ones you need.

    Callbacks must not change the model, nor draw from a generator that the training uses.

    Example:
        class Costs(Callback):
            def on_validation(self, validation):
                print(validation.step, validation.valid.cost)

        Trainer(dataset, model_config, train_config, "runs/mine", callbacks=[Costs()]).fit()
    """

    def on_start(self, run: RunStart) -> None:
        """Called before the first step, also of a resumed run."""

    def on_notice(self, notice: str) -> None:
        """Called with a message for the user when something needs attention."""

    def on_step(self, step: StepReport) -> None:
        """Called after every step."""

    def on_validation(self, validation: ValidationReport) -> None:
        """Called after every validation, when its checkpoints have been written."""

    def on_end(self, result: TrainResult | None) -> None:
        """Always called last; `result` is None if an error ended the run."""
