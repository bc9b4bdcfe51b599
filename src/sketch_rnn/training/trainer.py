"""The training loop."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from sketch_rnn.checkpoint import SketchRNN
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.data.batches import TrainingBatches
from sketch_rnn.data.dataset import Dataset
from sketch_rnn.data.store import Store
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.seeding import seeded_generator
from sketch_rnn.training.folder import RunFolder, SavedRun
from sketch_rnn.training.interrupt import Interrupt
from sketch_rnn.training.observers import (
    Outcome,
    RunReport,
    StepReport,
    TrainingObserver,
    TrainResult,
    ValidationReport,
)
from sketch_rnn.training.run_settings import Progress, RunSettings
from sketch_rnn.training.schedules import kl_weight, learning_rate, total_steps
from sketch_rnn.training.step import TrainingState, training_step
from sketch_rnn.training.subnormals import flushed_subnormals
from sketch_rnn.training.validation import SplitCosts, ValidationForm, split_costs

# Numbers of purposes in the keys of random generators; batches use 0 and 1, evaluation 4.
_DROPOUT: Final = 2
_LATENT_NOISE: Final = 3


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
        validation: how validation costs are computed, see `split_costs`.
        device: where to compute, such as `cpu` or `cuda`.
        observers: told of every step and validation.

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
        validation: ValidationForm = "full",
        device: str = "cpu",
        observers: Sequence[TrainingObserver] = (),
    ) -> None:
        self.num_steps = total_steps(train_config, len(dataset.train))
        self._dataset = dataset
        self._config = train_config
        self._settings = RunSettings(
            model_config, train_config, dataset.profile, len(dataset.train), validation
        )
        self._folder = RunFolder(Path(out))
        self._device = _checked_device(device)
        self._observers = observers
        self._batches = TrainingBatches(dataset.train, dataset.profile, train_config)
        if resume:
            saved = self._folder.read_last(self._settings, self._device)
        else:
            self._folder.reject_existing_run()
            saved = SavedRun(_new_state(self._settings, self._device), Progress(), ())
        self._state, self._progress, self._notices = saved
        self.model = SketchRNN(self._state.network, dataset.profile)

    def fit(self) -> TrainResult:
        """Returns how the run ended, after all its steps or as many as it could take.

        SIGINT (Ctrl-C) and SIGTERM let it finish the step and save; a second Ctrl-C stops it at
        once and leaves the checkpoints as they were.

        Raises:
            SketchRNNError: if the loss is no longer a number, a file cannot be written, or another
                run writes into the folder.
        """
        result = None
        try:
            with self._folder.claimed(), Interrupt() as interrupt, flushed_subnormals():
                self._start()
                result = self._result(self._run(interrupt))
        finally:
            for observer in self._observers:
                observer.on_end(result)
        return result

    def _run(self, interrupt: Interrupt) -> Outcome:
        """Takes steps until there is a reason to stop, and returns that."""
        while self._state.step < self.num_steps:
            if interrupt.requested:
                self._save()
                return "interrupted"
            if self._is_stale():
                return "no_improvement"
            self._step()
            is_last = self._state.step == self.num_steps
            if is_last or self._state.step % self._config.save_every == 0:
                self._validate()
        return "finished"

    def _step(self) -> None:
        """Takes one step and reports it."""
        begun = time.perf_counter()
        step = self._state.step
        batch = self._batches[step].to(self._device)
        seed = self._config.seed
        losses = training_step(
            self._state,
            batch.strokes,
            batch.lengths,
            config=self._config,
            max_seq_len=self._dataset.profile.max_seq_len,
            generator=seeded_generator(seed, step, _DROPOUT, device=self._device),
            noise=self._latent_noise(step, len(batch)),
        )
        self._require_finite("training loss", losses.total)
        report = StepReport(
            step=self._state.step,
            losses=losses,
            learning_rate=learning_rate(self._config, step),
            kl_weight=kl_weight(self._config, step),
            seconds=time.perf_counter() - begun,
        )
        for observer in self._observers:
            observer.on_step(report)

    def _latent_noise(self, step: int, batch_size: int) -> Tensor | None:
        """Returns z's noise `(B, Z)`, drawn on the CPU so that every device sees the same."""
        model = self._settings.model
        if not model.conditional:
            return None
        generator = seeded_generator(self._config.seed, step, _LATENT_NOISE)
        return torch.randn(batch_size, model.z_size, generator=generator)

    def _validate(self) -> None:
        """Validates, writes the checkpoints, and reports."""
        valid = self._costs(self._dataset.valid)
        self._require_finite("validation cost", torch.tensor(valid.cost))
        is_best = self._progress.note(self._state.step, valid.cost)
        if is_best:
            # Before `last`, which must not remember a cost whose model was never written.
            self._folder.write_best(self.model, self._progress)
        self._save()
        best_cost = self._progress.best_cost
        report = ValidationReport(
            step=self._state.step,
            model=self.model,
            valid=valid,
            test=self._costs(self._dataset.test) if is_best else None,
            best_cost=valid.cost if best_cost is None else best_cost,
        )
        for observer in self._observers:
            observer.on_validation(report)

    def _costs(self, store: Store) -> SplitCosts:
        return split_costs(self.model, store, self._config, self._settings.validation)

    def _save(self) -> None:
        """Writes `last.safetensors`, unless its weights would be useless."""
        for weight in self._state.network.parameters():
            self._require_finite("largest weight", weight.detach().abs().max())
        self._folder.write_last(self._state, self._settings, self._progress)

    def _require_finite(self, what: str, value: Tensor) -> None:
        if not math.isfinite(value.item()):
            raise SketchRNNError(
                f"{self._folder.path}: the {what} is {value.item()} at step {self._state.step}; "
                "the checkpoints from before are unharmed, resume with a lower learning_rate or "
                "grad_clip"
            )

    def _is_stale(self) -> bool:
        patience = self._config.patience
        return patience is not None and self._progress.num_stale >= patience

    def _start(self) -> None:
        """Writes what a run begins with, and reports it."""
        if not self._state.step:
            # A run that is killed before its first validation can be resumed, too.
            self._save()
        self._folder.write_config(self._settings)
        report = RunReport(
            folder=self._folder.path,
            model=self.model,
            config=self._config,
            first_step=self._state.step,
            num_steps=self.num_steps,
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
            best_step=self._progress.best_step,
            best_cost=self._progress.best_cost,
        )


def _new_state(settings: RunSettings, device: torch.device) -> TrainingState:
    """Returns the state before the first step, on `device`."""
    model = SketchRNN.new(settings.model, settings.profile, settings.train.seed)
    return TrainingState.start(model.network.to(device))


def _checked_device(name: str) -> torch.device:
    """Returns the device called `name`, if PyTorch can compute on it here."""
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as error:
        raise SketchRNNError(
            f"device '{name}' cannot be used here; choose cpu, or cuda where there is a GPU"
        ) from error
    return device
