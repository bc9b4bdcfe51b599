"""Steps that were skipped because their numbers were no numbers, and when that is too much."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

# Steps between looks at what was skipped: each look waits for the device.
LOOK_EVERY: Final = 20
# Steps skipped since the last checkpoint, after which the run goes back to it.
MAX_SKIPPED: Final = 10
# How often a run goes back before it gives up.
MAX_ROLLBACKS: Final = 3
# What the learning rate is multiplied by each time.
ROLLBACK_FACTOR: Final = 0.5


class Skips:
    """Remembers of each step whether it was taken, without waiting to know.

    Attributes:
        since_checkpoint: steps known to be skipped since `forget`.
    """

    def __init__(self) -> None:
        self._flags: list[tuple[int, Tensor]] = []
        self.since_checkpoint = 0

    def note(self, step: int, is_finite: Tensor) -> None:
        """Takes down a step, counted from 0, and whether it was taken."""
        self._flags.append((step, is_finite))

    def look(self) -> list[int]:
        """Returns the steps that were skipped since the last look."""
        if not self._flags:
            return []
        taken = torch.stack([flag for _, flag in self._flags]).tolist()
        skipped = [step for (step, _), ok in zip(self._flags, taken, strict=True) if not ok]
        self._flags = []
        self.since_checkpoint += len(skipped)
        return skipped

    def forget(self) -> None:
        """Counts anew, from a checkpoint on."""
        self._flags = []
        self.since_checkpoint = 0


def has_finite_weights(network: nn.Module) -> bool:
    """Returns whether every weight is a number."""
    sums = [parameter.detach().sum() for parameter in network.parameters()]
    return bool(torch.stack(sums).isfinite().all())
