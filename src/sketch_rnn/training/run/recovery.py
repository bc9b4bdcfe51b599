"""Recovery from NaN and infinite numbers: steps are counted as skipped, or the run rolls back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn

from sketch_rnn.dataset.batches import TrainingBatches
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.text import listed
from sketch_rnn.training.distributed import Workers
from sketch_rnn.training.run.checkpoints import RunCheckpoints, SavedRun
from sketch_rnn.training.run.resume import RunSettings

# Steps between checks for skipped steps: each check waits for the device.
CHECK_EVERY: Final = 20
# More steps skipped since the last checkpoint than this roll the run back.
MAX_SKIPPED: Final = 10
MAX_ROLLBACKS: Final = 3
# Each rollback multiplies the learning rate by this.
ROLLBACK_FACTOR: Final = 0.5
_NUM_SHOWN: Final = 10


class Recovery:
    """The state of a run in memory, which is saved, checked and rolled back here.

    Args:
        checkpoints: of the run.
        settings: of the run.
        saved: the state that the run starts or resumes from.
        device: of the state.
        workers: the processes that train together; the first one writes.
        notify: called with a sentence about everything that goes wrong.

    Attributes:
        state: the network and the optimiser.
        progress: the history beside them.
    """

    def __init__(
        self,
        checkpoints: RunCheckpoints,
        settings: RunSettings,
        saved: SavedRun,
        device: torch.device,
        workers: Workers,
        notify: Callable[[str], None],
    ) -> None:
        self.state, self.progress = saved.state, saved.progress
        self._checkpoints, self._settings = checkpoints, settings
        self._device, self._workers, self._notify = device, workers, notify
        self._finite: list[tuple[int, Tensor]] = []
        self._num_skipped = 0

    def note_step(self, step: int, is_finite: Tensor) -> None:
        """Notes whether a step, counted from 0, had finite numbers, without waiting to know."""
        self._finite.append((step, is_finite))

    def save(self) -> None:
        """Writes a checkpoint."""
        if self._workers.is_first:
            self._checkpoints.write(self.state, self._settings, self.progress)
        self._finite, self._num_skipped = [], 0

    def rolled_back(self, batches: TrainingBatches) -> bool:
        """Reports skipped steps, and returns whether the run had to roll back.

        Args:
            batches: those of the steps.
        """
        for step in self._skipped_steps():
            self.progress.num_skipped += 1
            self._num_skipped += 1
            drawings = listed(list(map(str, batches.indices(step).tolist())), _NUM_SHOWN)
            self._notify(
                f"step {step + 1:,} was skipped: its loss or a gradient is NaN or infinite; its "
                f"batch holds the training drawings {drawings}"
            )
        if self._num_skipped > MAX_SKIPPED:
            self.roll_back(f"{self._num_skipped} steps were skipped since the last checkpoint")
            return True
        if not has_finite_weights(self.state.network):
            self.roll_back("a weight is NaN or infinite")
            return True
        return False

    def roll_back(self, reason: str) -> None:
        """Returns to the last checkpoint, with a lower learning rate.

        Raises:
            SketchRNNError: if that was done too often already.
        """
        progress, at = self.progress, f"at step {self.state.step:,}: {reason}"
        if progress.num_rollbacks >= MAX_ROLLBACKS:
            raise SketchRNNError(
                f"{self._checkpoints.folder}: {at}, even after {progress.num_rollbacks} rollbacks "
                f"that lowered the learning rate to {progress.learning_rate_factor:g} of its "
                "setting; the last checkpoint is unharmed: check the drawings of the skipped "
                "steps, or resume with a lower learning_rate or grad_clip"
            )
        saved = self._checkpoints.read(self._settings, self._device)
        self.state.copy_from(saved.state)
        self.progress = saved.progress
        self.progress.num_skipped = progress.num_skipped
        self.progress.num_rollbacks = progress.num_rollbacks + 1
        self.progress.learning_rate_factor = progress.learning_rate_factor * ROLLBACK_FACTOR
        self._notify(
            f"{at}; rolling back to step {self.state.step:,} and continuing with "
            f"{self.progress.learning_rate_factor:g} of the learning rate's setting"
        )
        # All must have read before the first one writes.
        self._workers.any(False)
        self.save()

    def check_agreement(self) -> None:
        """Raises SketchRNNError if the workers do not start from the same step."""
        first = self._workers.shared(lambda: self.state.step)
        if self._workers.any(first != self.state.step):
            raise SketchRNNError(
                f"{self._checkpoints.folder}: the workers start from different steps; the folder "
                "must be on a disk that all of them share"
            )

    def _skipped_steps(self) -> list[int]:
        if not self._finite:
            return []
        finite = torch.stack([flag for _, flag in self._finite]).tolist()
        skipped = [step for (step, _), ok in zip(self._finite, finite, strict=True) if not ok]
        self._finite = []
        return skipped


def has_finite_weights(network: nn.Module) -> bool:
    """Whether no weight is NaN or infinite."""
    sums = [parameter.detach().sum() for parameter in network.parameters()]
    return bool(torch.stack(sums).isfinite().all())
