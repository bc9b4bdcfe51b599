"""The training loop."""

from __future__ import annotations

import math
import os
import textwrap
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sketch_rnn.checkpoint import SketchRNN
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.dataset.batches import TrainingBatches
from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.dataset.labels import check_labels
from sketch_rnn.dataset.store import Split
from sketch_rnn.errors import SketchRNNError, expect, expect_path
from sketch_rnn.model.kernels.precision import set_precision
from sketch_rnn.training.folder import RunFolder, SavedRun
from sketch_rnn.training.initial import new_model
from sketch_rnn.training.interrupt import Interrupt
from sketch_rnn.training.keeper import Keeper
from sketch_rnn.training.observers import (
    Outcome,
    RunReport,
    StepReport,
    TrainingObserver,
    TrainResult,
    ValidationReport,
)
from sketch_rnn.training.parts import batch_parts, check_parts
from sketch_rnn.training.run_settings import Progress, RunSettings
from sketch_rnn.training.schedules import kl_weight, learning_rate, total_steps
from sketch_rnn.training.skips import LOOK_EVERY
from sketch_rnn.training.step import TrainingState, training_step
from sketch_rnn.training.subnormals import flushed_subnormals
from sketch_rnn.training.validation import SplitCosts, ValidationForm, split_costs
from sketch_rnn.training.watch import Watch
from sketch_rnn.training.workers import Workers, checked_device, current_workers


class Trainer:
    """Trains a model on a data set, and writes it into a folder.

    Batches, augmentation, dropout and z are functions of the seed and the step, so that a run that
    was stopped and resumed ends with the same weights as one that was not.

    Args:
        dataset: the drawings.
        model_config: the architecture.
        train_config: how it is trained.
        out: the folder of the run. It gets `last.safetensors`, from which the run can be resumed;
            `previous.safetensors`, the state before that, in case the last gets damaged;
            `best.safetensors`, the model with the lowest validation cost; and `config.json`.
        resume: go on with the run in `out`, which must have the same architecture, data, seed,
            batch size and losses.
        force: resume though the data is another. Costs on it cannot be compared with those from
            before, so the best model is chosen anew; the one so far is set aside.
        validation: how validation costs are computed, see `split_costs`.
        device: where to compute, such as `cpu` or `cuda`.
        observers: told of every step and validation.
        initial: a model to start from instead of random weights, see `new_model`.
        workers: the processes that train together, each with its own trainer; by default those of
            PyTorch's process group, if this process has joined one.

    Raises:
        SketchRNNError: if `out` has a run and it is not to be resumed, or cannot be.
    """

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
        device: str = "cpu",
        observers: Sequence[TrainingObserver] = (),
        initial: SketchRNN | None = None,
        workers: Workers | None = None,
    ) -> None:
        expect(dataset, Dataset, "dataset")
        expect(model_config, ModelConfig, "model_config")
        expect(train_config, TrainConfig, "train_config")
        self.num_steps = total_steps(train_config, len(dataset.train))
        self._workers = workers or current_workers()
        check_parts(train_config, self._workers)
        check_labels(dataset, model_config.num_labels, least=2 if initial is None else 1)
        self._dataset = dataset
        self._config = train_config
        self._settings = RunSettings(
            model_config,
            train_config,
            dataset.profile,
            len(dataset.train),
            validation,
            fingerprint=dataset.fingerprint(),
            is_forced=force,
        )
        self._folder = RunFolder(Path(expect_path(out, "out")))
        self._device = checked_device(device)
        self._observers = observers if self._workers.is_first else ()
        self._batches = TrainingBatches(dataset.train, dataset.profile, train_config)
        saved = self._saved() if resume else self._unsaved(initial)
        self._notices = saved.notices
        self._watch = Watch()
        self._keeper = Keeper(
            self._folder, self._settings, saved, self._device, self._workers, self._notify
        )
        self._state = self._keeper.state
        self.precision = set_precision(self._state.network, train_config.precision)
        self._replica = self._workers.replica(self._state.network)
        self.model = SketchRNN(self._state.trained, dataset.profile)

    def fit(self) -> TrainResult:
        """Returns how the run ended, after all its steps or as many as it could take.

        SIGINT (Ctrl-C) and SIGTERM let it finish the step and save; a second Ctrl-C stops it at
        once and leaves the checkpoints as they were.

        A step whose loss or gradients are no numbers is skipped. When many are, or the weights or
        the validation cost are none, the run goes back to its last checkpoint and on with half
        the learning rate, up to three times.

        Raises:
            SketchRNNError: if that does not help, a file cannot be written, another run writes
                into the folder, or another worker is lost.
        """
        result = None
        try:
            self._keeper.agree()
            claim = self._folder.claimed() if self._workers.is_first else nullcontext()
            with claim, Interrupt() as interrupt, flushed_subnormals():
                self._start()
                result = self._result(self._run(interrupt))
        except RuntimeError as error:
            if self._workers.size == 1:
                raise
            raise self._lost(error) from error
        finally:
            for observer in self._observers:
                observer.on_end(result)
        return result

    def _saved(self) -> SavedRun:
        saved = self._folder.read_last(self._settings, self._device)
        if saved.state.step > self.num_steps:
            raise SketchRNNError(
                f"{self._folder.path}: the run has taken {saved.state.step:,} steps already, and "
                f"{self.num_steps:,} are asked for in all; give a larger num_steps to go on"
            )
        return saved

    def _unsaved(self, initial: SketchRNN | None) -> SavedRun:
        self._folder.reject_existing_run()
        network = new_model(self._settings, initial).network.to(self._device)
        averaged = self._config.ema_decay > 0
        return SavedRun(TrainingState.start(network, averaged=averaged), Progress(), ())

    def _run(self, interrupt: Interrupt) -> Outcome:
        """Takes steps until there is a reason to stop, and returns that."""
        while self._state.step < self.num_steps:
            if self._workers.any(interrupt.requested):
                if not self._keeper.went_astray(self._batches):
                    self._keeper.save()
                return "interrupted"
            if self._is_stale():
                return "no_improvement"
            self._step()
            step = self._state.step
            is_due = step == self.num_steps or step % self._config.save_every == 0
            if (is_due or step % LOOK_EVERY == 0) and self._keeper.went_astray(self._batches):
                continue
            if is_due:
                self._validate()
        return "finished"

    def _step(self) -> None:
        """Takes one step and reports it."""
        begun = time.perf_counter()
        step, factor = self._state.step, self._keeper.progress.learning_rate_factor
        parts = batch_parts(
            self._batches[step],
            step,
            model=self._settings.model,
            config=self._config,
            workers=self._workers,
            device=self._device,
        )
        losses, is_finite = training_step(
            self._state,
            parts,
            config=self._config,
            max_seq_len=self._dataset.profile.max_seq_len,
            learning_rate_factor=factor,
            replica=self._replica,
            workers=self._workers,
        )
        self._keeper.note_step(step, is_finite)
        report = StepReport(
            step=self._state.step,
            losses=losses,
            learning_rate=factor * learning_rate(self._config, step),
            kl_weight=kl_weight(self._config, step),
            seconds=time.perf_counter() - begun,
        )
        self._watch.note_step(report.seconds)
        for observer in self._observers:
            observer.on_step(report)

    def _validate(self) -> None:
        """Validates, writes the checkpoints, and reports; all of that by the first worker."""
        outcome = self._workers.shared(self._validated)
        if "reason" in outcome:
            self._keeper.go_back(outcome["reason"])
            return
        self._keeper.progress = Progress(**outcome)

    def _validated(self) -> dict[str, Any]:
        """Returns the progress after a validation, or the reason why it was none."""
        valid = self._costs(self._dataset.valid)
        if not math.isfinite(valid.cost):
            return {"reason": f"the validation cost is {valid.cost}"}
        is_best = self._keeper.progress.note(self._state.step, valid.cost)
        if is_best:
            # Before `last`, which must not remember a cost whose model was never written.
            self._folder.write_best(self.model, self._keeper.progress)
        self._keeper.save()
        best_cost = self._keeper.progress.best_cost
        report = ValidationReport(
            step=self._state.step,
            model=self.model,
            valid=valid,
            test=self._costs(self._dataset.test) if is_best else None,
            best_cost=valid.cost if best_cost is None else best_cost,
        )
        for observer in self._observers:
            observer.on_validation(report)
        for notice in self._watch.notices(self._keeper.progress):
            self._notify(notice)
        return asdict(self._keeper.progress)

    def _costs(self, store: Split) -> SplitCosts:
        return split_costs(self.model, store, self._config, self._settings.validation)

    def _is_stale(self) -> bool:
        return self._keeper.progress.num_stale >= (self._config.patience or math.inf)

    def _lost(self, error: RuntimeError) -> SketchRNNError:
        workers = self._workers
        return SketchRNNError(
            f"worker {workers.rank} of {workers.size} lost another one at step "
            f"{self._state.step:,} ({textwrap.shorten(str(error), 100)}); the last checkpoint in "
            f"{self._folder.path} is unharmed: start again with --resume, or let torchrun do so "
            "with --max-restarts"
        )

    def _start(self) -> None:
        """Writes what a run begins with, and reports it."""
        if not self._workers.is_first:
            return
        if not self._state.step:
            # A run that is killed before its first validation can be resumed, too.
            self._keeper.save()
        self._folder.write_config(self._settings)
        report = RunReport(
            folder=self._folder.path,
            model=self.model,
            config=self._config,
            first_step=self._state.step,
            num_steps=self.num_steps,
            fingerprint=self._settings.fingerprint,
            num_workers=self._workers.size,
            precision=self.precision,
        )
        for observer in self._observers:
            observer.on_start(report)
        for notice in self._notices:
            self._notify(notice)

    def _notify(self, notice: str) -> None:
        for observer in self._observers:
            observer.on_notice(notice)

    def _result(self, outcome: Outcome) -> TrainResult:
        return TrainResult(
            folder=self._folder.path,
            step=self._state.step,
            num_steps=self.num_steps,
            outcome=outcome,
            best_step=self._keeper.progress.best_step,
            best_cost=self._keeper.progress.best_cost,
        )
