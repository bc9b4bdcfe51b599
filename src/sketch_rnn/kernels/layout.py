"""Where the rows of each step lie in the buffers of a whole sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import torch
from torch import Tensor

from sketch_rnn.model.transfer import moved

# Weight gradients sum over the rows of many steps at once. So many keep a product at its full
# rate, and the gradients of their gates within a shared cache.
CHUNK_ROWS: Final = 1024


@dataclass(frozen=True)
class Layout:
    """The places of the steps of a packing.

    A history buffer `(B + P, ...)` holds what was before the first step and then what each step
    left behind, so that a step reads its past and writes its result at plain slices.

    Attributes:
        active: number of running sequences at each step.
        ends: first packed row after each step.
    """

    active: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, active: tuple[int, ...]) -> Layout:
        """Returns the layout of steps with so many running sequences."""
        return cls(active, tuple(accumulate(active)))

    @property
    def batch(self) -> int:
        """Returns the number of sequences."""
        return self.active[0]

    @property
    def num_rows(self) -> int:
        """Returns P, the number of packed rows."""
        return self.ends[-1]

    def rows(self, step: int) -> slice:
        """Returns the packed rows of a step."""
        return slice(self.ends[step] - self.active[step], self.ends[step])

    def before(self, step: int) -> slice:
        """Returns the history rows that a step reads."""
        start = self.past(step).start
        return slice(start, start + self.active[step])

    def after(self, step: int) -> slice:
        """Returns the history rows that a step writes."""
        end = self.batch + self.ends[step]
        return slice(end - self.active[step], end)

    def past(self, step: int) -> slice:
        """Returns the history rows of the step before, sequences that ended with it included."""
        return self.after(step - 1) if step else slice(0, self.batch)

    def pasts(self, first: int, stop: int) -> slice:
        """Returns the history rows of the steps before those from `first` to before `stop`."""
        return slice(self.past(first).start, self.past(stop - 1).stop)

    def last_rows(self, device: torch.device) -> Tensor:
        """Returns on `device` each sequence's last history row, `(B,)`, longest first."""
        rows: list[int] = []
        for step in reversed(range(len(self.active))):
            after = self.after(step)
            rows.extend(range(after.start + len(rows), after.stop))
        return moved(torch.tensor(rows), device)

    def past_rows(self, device: torch.device) -> Tensor:
        """Returns on `device` for each packed row the history row that its step reads, `(P,)`."""
        active = torch.tensor(self.active)
        shifts = [self.past(n).start - self.rows(n).start for n in range(len(self.active))]
        rows = torch.arange(self.num_rows) + torch.tensor(shifts).repeat_interleave(active)
        return moved(rows, device)

    def chunks(self) -> list[tuple[int, int]]:
        """Returns ranges of steps, last first, of about `CHUNK_ROWS` rows each."""
        return list(self._chunks())

    def _chunks(self) -> Iterator[tuple[int, int]]:
        stop = len(self.active)
        for step in reversed(range(len(self.active))):
            past = self.pasts(step, stop)
            if past.stop - past.start >= CHUNK_ROWS or step == 0:
                yield step, stop
                stop = step
