"""Where the rows of each step lie in the buffers of a whole sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

# Weight gradients sum over the rows of many steps at once. This many keep a product at its full
# rate and their gate gradients within a shared cache.
CHUNK_ROWS = 1024


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

    def past(self, step: int) -> slice:
        """Returns the history rows of the step before, those of sequences that ended included."""
        if step == 0:
            return slice(0, self.batch)
        return self.after(step - 1)

    def after(self, step: int) -> slice:
        """Returns the history rows that a step writes."""
        end = self.batch + self.ends[step]
        return slice(end - self.active[step], end)

    def last_rows(self) -> Tensor:
        """Returns the history row of each sequence's last step, `(B,)`, longest first."""
        rows: list[int] = []
        running = 0
        for active, end in zip(reversed(self.active), reversed(self.ends), strict=True):
            first = self.batch + end - active
            rows.extend(range(first + running, first + active))
            running = active
        return torch.tensor(rows)

    def past_rows(self) -> Tensor:
        """Returns for each packed row the history row that its step reads, `(P,)`."""
        active = torch.tensor(self.active)
        starts = torch.tensor([self.before(step).start for step in range(len(self.active))])
        firsts = torch.tensor(self.ends) - active
        return torch.arange(self.num_rows) + torch.repeat_interleave(starts - firsts, active)

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Yields ranges of steps, last first, of about `CHUNK_ROWS` rows each."""
        stop = len(self.active)
        rows = 0
        for step in reversed(range(len(self.active))):
            rows += self.active[step]
            if rows >= CHUNK_ROWS or step == 0:
                yield step, stop
                stop, rows = step, 0
