"""The training loop."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.dataset.batches import TrainingBatches
from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.dataset.labels import check_labels
from sketch_rnn.dataset.store import Split
from sketch_rnn.errors import SketchRNNError, expect, expect_path, expect_switch, renamed_argument
from sketch_rnn.kernels.choice import backend_for, with_arithmetic
from sketch_rnn.model.device import checked_device
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.callbacks import (
    Callback,
    Outcome,
    RunStart,
    StepReport,
    TrainResult,
    ValidationReport,
)
from sketch_rnn.training.distributed import Workers, chosen_device, current_workers, lost_worker
from sketch_rnn.training.interrupt import Interrupt
from sketch_rnn.training.microbatches import check_micro_batches, micro_batches
from sketch_rnn.training.monitor import Monitor
from sketch_rnn.training.progress_bar import with_progress
from sketch_rnn.training.run.checkpoints import RunCheckpoints, SavedRun
from sketch_rnn.training.run.recovery import CHECK_EVERY, Recovery
from sketch_rnn.training.run.resume import RunSettings
from sketch_rnn.training.run.state import Progress
from sketch_rnn.training.schedules import kl_weight, learning_rate, total_steps
from sketch_rnn.training.step import training_step
from sketch_rnn.training.subnormals import flushed_subnormals
from sketch_rnn.training.validation import SplitCosts, Validation, ValidationForm, split_costs


class Trainer:
    """Trains a model on a dataset, and writes it into a folder.

    Batches, augmentation, dropout and z are functions of the seed and the step, so a run that was
    stopped and resumed ends with the same weights as one that was not.

    Args:
        dataset: the drawings.
        model_config: the architecture.
        train_config: training settings.
        out: the folder of the run. It gets `last.safetensors`, the checkpoint to resume from;
            `previous.safetensors`, the one before, in case the last gets damaged;
            `best.safetensors`, the model with the lowest validation cost; and `config.json`.
        resume: resume the run in `out`, which must have the same architecture, data, seed,
            batch size and losses.
        force: resume even though the training data has changed. Earlier validation costs cannot
            be compared then, so a new best model is chosen, and the previous one is renamed.
        validation: how validation costs are computed, see `split_costs`.
        device: where to compute, such as `cpu` or `cuda`; a GPU by default, if there is one.
        callbacks: called at every step and validation, see `Callback`.
        progress: show the losses, the speed and the time left on standard error.
        initial: a model to start from instead of random weights, see `new_model`.
        workers: the processes that train together, each with its own trainer; by default those of
            PyTorch's process group, if this process has joined one.

    Raises:
        SketchRNNError: if `out` has a run and it is not to be resumed, or cannot be.
    """

    @renamed_argument("observers", "callbacks")
    def __init__(
        self,
        dataset: Dataset,
        model_config: ModelConfig,
        train_config: TrainConfig,
        out: str | os.PathLike[str],
        *,
        resume: bool = False,
        force: bool = False,
        validation: ValidationForm = "full",
        device: str | None = None,
        callbacks: Sequence[Callback] = (),
        progress: bool = True,
        initial: SketchRNN | None = None,
        workers: Workers | None = None,
    ) -> None:
        expect(dataset, Dataset, "dataset")
        expect(model_config, ModelConfig, "model_config")
        expect(train_config, TrainConfig, "train_config")
        self.num_steps = total_steps(train_config, len(dataset.train))
        self._workers = workers or current_workers()
        check_micro_batches(train_config, self._workers)
        check_labels(dataset, model_config.num_labels, least=2 if initial is None else 1)
        self._dataset = dataset
        self._settings = RunSettings.of(
            dataset, model_config, train_config, validation, is_forced=force
        )
        self._checkpoints = RunCheckpoints(Path(expect_path(out, "out")))
        self._device = checked_device(chosen_device(device))
        followers = with_progress(callbacks, is_wanted=progress)
        self._callbacks = followers if self._workers.is_first else ()
        self._batches = TrainingBatches(dataset.train, dataset.profile, train_config)
        saved = self._resumed() if expect_switch(resume, "resume") else self._new(initial)
        share = self._workers.shared
        self.config = with_arithmetic(model_config, train_config, saved.config, self._device, share)
        self._settings = replace(self._settings, train=self.config)
        self._notices = list(saved.notices)
        self._monitor = Monitor()
        self._recovery = Recovery(
            self._checkpoints, self._settings, saved, self._device, self._workers, self._notify
        )
        self._state = self._recovery.state
        self._state.network.use_backend(backend_for(self.config))
        self._replica = self._workers.replica(self._state.network)
        self.model = SketchRNN(self._state.trained, dataset.profile)

    def fit(self) -> TrainResult:
        """Trains, and returns how the run ended.

        SIGINT (Ctrl-C) and SIGTERM let it finish the step and save; a second Ctrl-C stops it at
        once and leaves the checkpoints as they were.

        A step with a NaN or infinite loss or gradient is skipped. After many of these, or if a
        weight or the validation cost becomes NaN or infinite, the run rolls back to its last
        checkpoint and continues with half the learning rate, up to three times.

        Raises:
            SketchRNNError: if that does not help, a file cannot be written, another run writes
                into the folder, or another worker is lost.
        """
        result = None
        try:
            self._recovery.check_agreement()
            claim = self._checkpoints.claimed() if self._workers.is_first else nullcontext()
            with claim, Interrupt() as interrupt, flushed_subnormals():
                self._start()
                result = self._result(self._run(interrupt))
        except RuntimeError as error:
            if self._workers.size == 1:
                raise
            raise lost_worker(
                self._workers, self._state.step, self._checkpoints.folder, error
            ) from error
        finally:
            for callback in self._callbacks:
                callback.on_end(result)
        return result

    def _run(self, interrupt: Interrupt) -> Outcome:
        """Takes steps until there is a reason to stop, and returns that."""
        while self._state.step < self.num_steps:
            if self._workers.any(interrupt.requested):
                if not self._recovery.rolled_back(self._batches):
                    self._recovery.save()
                return "interrupted"
            if self._is_stale():
                return "no_improvement"
            self._step()
            step = self._state.step
            is_due = step == self.num_steps or step % self.config.save_every == 0
            if (is_due or step % CHECK_EVERY == 0) and self._recovery.rolled_back(self._batches):
                continue
            if is_due:
                self._validate()
        return "finished"

    def _step(self) -> None:
        begun = time.perf_counter()
        step, factor = self._state.step, self._recovery.progress.learning_rate_factor
        parts = micro_batches(
            self._batches[step],
            step,
            model=self._settings.model,
            config=self.config,
            workers=self._workers,
            device=self._device,
        )
        losses, is_finite = training_step(
            self._state,
            parts,
            config=self.config,
            max_seq_len=self._dataset.profile.max_seq_len,
            learning_rate_factor=factor,
            replica=self._replica,
            workers=self._workers,
        )
        self._recovery.note_step(step, is_finite)
        report = StepReport(
            step=self._state.step,
            losses=losses,
            learning_rate=factor * learning_rate(self.config, step),
            kl_weight=kl_weight(self.config, step),
            seconds=time.perf_counter() - begun,
        )
        self._monitor.note_step(report.seconds)
        for callback in self._callbacks:
            callback.on_step(report)

    def _validate(self) -> None:
        """Validates and saves in the first worker; all of them get the outcome."""
        outcome = self._workers.shared(self._validated)
        if isinstance(outcome, str):
            self._recovery.roll_back(outcome)
        else:
            self._recovery.progress = outcome

    def _validated(self) -> Progress | str:
        """The progress after a validation and its checkpoints, or the reason to roll back."""
        progress, step = self._recovery.progress, self._state.step
        valid = self._costs(self._dataset.valid)
        if not math.isfinite(valid.cost):
            return f"the validation cost is {valid.cost}"
        is_best = progress.note(step, valid.cost)
        test = self._costs(self._dataset.test) if is_best else None
        progress.last_validation = Validation(step, valid, test)
        if is_best:
            progress.best_validation = progress.last_validation
            # Before the checkpoint, which must not know a cost whose model was never written.
            self._checkpoints.write_best(self.model, progress)
        self._recovery.save()
        report = ValidationReport(
            step=step,
            model=self.model,
            valid=valid,
            test=test,
            best_cost=valid.cost if progress.best_cost is None else progress.best_cost,
            best=progress.best_validation,
        )
        for callback in self._callbacks:
            callback.on_validation(report)
        for notice in self._monitor.notices(progress.num_stale, progress.best_step):
            self._notify(notice)
        return progress

    def _costs(self, drawings: Split) -> SplitCosts:
        return split_costs(self.model, drawings, self.config, self._settings.validation)

    def _is_stale(self) -> bool:
        return self._recovery.progress.num_stale >= (self.config.patience or math.inf)

    def _new(self, initial: SketchRNN | None) -> SavedRun:
        return self._checkpoints.new(self._settings, self._device, initial)

    def _resumed(self) -> SavedRun:
        saved = self._checkpoints.read(self._settings, self._device)
        step = saved.state.step
        if step > self.num_steps:
            raise SketchRNNError(
                f"{self._checkpoints.folder}: the run has already taken {step:,} steps, but "
                f"num_steps is {self.num_steps:,}; give a larger num_steps to train it further"
            )
        return saved

    def _start(self) -> None:
        """Writes the first files, and reports the start."""
        if not self._workers.is_first:
            return
        if not self._state.step:
            # A run that is killed before its first validation can be resumed, too.
            self._recovery.save()
        self._checkpoints.write_config(self._settings)
        report = RunStart(
            folder=self._checkpoints.folder,
            model=self.model,
            config=self.config,
            first_step=self._state.step,
            num_steps=self.num_steps,
            fingerprint=self._settings.fingerprint,
            origins=self._dataset.origins,
            num_workers=self._workers.size,
            last_validation=self._recovery.progress.last_validation,
            best_validation=self._recovery.progress.best_validation,
            notify=self._notices.append,
        )
        for callback in self._callbacks:
            callback.on_start(report)
        for notice in self._notices:
            self._notify(notice)

    def _notify(self, notice: str) -> None:
        for callback in self._callbacks:
            callback.on_notice(notice)

    def _result(self, outcome: Outcome) -> TrainResult:
        return TrainResult(
            folder=self._checkpoints.folder,
            step=self._state.step,
            num_steps=self.num_steps,
            outcome=outcome,
            best_step=self._recovery.progress.best_step,
            best_cost=self._recovery.progress.best_cost,
        )
