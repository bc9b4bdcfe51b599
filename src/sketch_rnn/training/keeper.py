"""Keeps the state of a run, and goes back to it when the numbers go wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch

from sketch_rnn.dataset.batches import TrainingBatches
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.training.folder import RunFolder, SavedRun
from sketch_rnn.training.run_settings import RunSettings
from sketch_rnn.training.skips import (
    MAX_ROLLBACKS,
    MAX_SKIPPED,
    ROLLBACK_FACTOR,
    Skips,
    has_finite_weights,
)
from sketch_rnn.training.workers import Workers

_NUM_SHOWN: Final = 10


class Keeper:
    """The state of a run, in memory and on the disk.

    Args:
        folder: of the run.
        settings: of the run.
        saved: what it goes on from.
        device: where the state lives.
        workers: who share the run; the first of them writes.
        notify: told in a sentence of everything that goes wrong.

    Attributes:
        state: what steps change.
        progress: what the run remembers beside it.
    """

    def __init__(
        self,
        folder: RunFolder,
        settings: RunSettings,
        saved: SavedRun,
        device: torch.device,
        workers: Workers,
        notify: Callable[[str], None],
    ) -> None:
        self.state, self.progress = saved.state, saved.progress
        self._folder, self._settings = folder, settings
        self._device, self._workers, self._notify = device, workers, notify
        self._skips = Skips()

    def note_step(self, step: int, is_finite: torch.Tensor) -> None:
        """Takes down a step, counted from 0, and whether its numbers were numbers."""
        self._skips.note(step, is_finite)

    def save(self) -> None:
        """Writes what the run needs to go on."""
        if self._workers.is_first:
            self._folder.write_last(self.state, self._settings, self.progress)
        self._skips.forget()

    def went_astray(self, batches: TrainingBatches) -> bool:
        """Returns whether the run had to go back, having reported the steps that were skipped.

        Args:
            batches: what the steps were made of.
        """
        for step in self._skips.look():
            self.progress.num_skipped += 1
            drawings = batches.indices(step).tolist()
            self._notify(
                f"step {step + 1:,} was skipped: its loss or a gradient is not a number; its "
                f"batch is made of the training drawings {_listed(drawings)}"
            )
        if self._skips.since_checkpoint > MAX_SKIPPED:
            count = self._skips.since_checkpoint
            self.go_back(f"{count} steps since the last checkpoint were skipped")
            return True
        if not has_finite_weights(self.state.network):
            self.go_back("a weight is not a number")
            return True
        return False

    def go_back(self, reason: str) -> None:
        """Returns to the last checkpoint with a lower learning rate.

        Raises:
            SketchRNNError: if that was done too often already.
        """
        progress, at = self.progress, f"at step {self.state.step:,} {reason}"
        if progress.num_rollbacks >= MAX_ROLLBACKS:
            raise SketchRNNError(
                f"{self._folder.path}: {at}, also after going back to a checkpoint "
                f"{progress.num_rollbacks} times and lowering the learning rate to "
                f"{progress.learning_rate_factor:g} of what was set; the last checkpoint is "
                "unharmed: look at the drawings of the skipped steps, or resume with a lower "
                "learning_rate or grad_clip"
            )
        saved = self._folder.read_last(self._settings, self._device)
        self.state.copy_from(saved.state)
        self.progress = saved.progress
        self.progress.num_skipped = progress.num_skipped
        self.progress.num_rollbacks = progress.num_rollbacks + 1
        self.progress.learning_rate_factor = progress.learning_rate_factor * ROLLBACK_FACTOR
        self._notify(
            f"{at}; going back to step {self.state.step:,}, and on with "
            f"{self.progress.learning_rate_factor:g} of the learning rate that was set"
        )
        # All have read before the first one writes.
        self._workers.any(False)
        self.save()

    def agree(self) -> None:
        """Makes sure that all workers go on from the same state.

        Raises:
            SketchRNNError: if they do not.
        """
        first = self._workers.shared(lambda: self.state.step)
        if self._workers.any(first != self.state.step):
            raise SketchRNNError(
                f"{self._folder.path}: the workers go on from different steps; the folder must be "
                "on a disk that all of them share"
            )


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_NUM_SHOWN]))
    return shown if len(numbers) <= _NUM_SHOWN else f"{shown} and {len(numbers) - _NUM_SHOWN} more"
