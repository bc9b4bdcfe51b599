"""What a fused sequence reads and writes, and where the rows of each step lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Protocol

import torch
from torch import Tensor

from sketch_rnn.model.dropout import Dropout
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


@dataclass(frozen=True, eq=False)
class Operands:
    """What a sequence is computed from; rows of the batch are in packed order.

    Attributes:
        dropout: of `(P, H)` candidate updates, or None.
        inputs: `(P, D)`.
        input_weight: `(D, 4H)`.
        recurrent_weight: `(H, 4H)`.
        context: `(B, 4H)`.
        hidden: `(B, H)` the output before the first step.
        cell: `(B, H)` the cell before the first step.
        norm: of a layer_norm cell, the gates' gains and shifts `(4H,)` and the cell's `(H,)`.
    """

    dropout: Dropout | None
    inputs: Tensor
    input_weight: Tensor
    recurrent_weight: Tensor
    context: Tensor
    hidden: Tensor
    cell: Tensor
    norm: tuple[Tensor, ...]

    @classmethod
    def of(cls, dropout: Dropout | None, tensors: tuple[Tensor, ...]) -> Operands:
        """Returns operands from what `tensors` returned."""
        inputs, input_weight, recurrent_weight, context, hidden, cell, *norm = tensors
        others = input_weight, recurrent_weight, context, hidden, cell
        return cls(dropout, inputs, *others, norm=tuple(norm))

    def tensors(self) -> tuple[Tensor, ...]:
        """Returns everything that can have a gradient."""
        weights = self.input_weight, self.recurrent_weight
        return self.inputs, *weights, self.context, self.hidden, self.cell, *self.norm


@dataclass(frozen=True, eq=False)
class History:
    """What a sequence leaves behind.

    Attributes:
        hiddens: `(B + P, H)` the initial output and those of every step.
        cells: `(B + P, H)` likewise, or `(B, H)` the last ones where no backward follows.
        gates: `(P, 4H)` what the engine's backward reads, `(B, 4H)` of no use without one.
        entered: `(B + P, H)` the outputs as they enter recurrent products: `hiddens` itself, or
            rounded to the numbers of the products.
    """

    hiddens: Tensor
    cells: Tensor
    gates: Tensor
    entered: Tensor

    @property
    def is_rounded(self) -> bool:
        """Returns whether products are of other numbers than all else."""
        return self.entered.dtype != self.hiddens.dtype

    @classmethod
    def start(
        cls, layout: Layout, operands: Operands, products: torch.dtype | None, *, keep: bool
    ) -> History:
        """Returns the history before the first step, with room for all, or one, if not `keep`.

        Args:
            layout: of the steps.
            operands: what enters.
            products: the numbers of recurrent products; None for those of all else.
            keep: whether a backward follows.
        """
        batch, size = operands.hidden.shape
        rows = layout.num_rows if keep else 0
        new = operands.hidden.new_empty
        hiddens, cells = new(batch + layout.num_rows, size), new(batch + rows, size)
        hiddens[:batch] = operands.hidden
        cells[:batch] = operands.cell
        entered = hiddens
        if products not in (None, hiddens.dtype):
            entered = new(hiddens.shape, dtype=products)
            entered[:batch] = operands.hidden
        return cls(hiddens, cells, new(rows or batch, 4 * size), entered)


@dataclass(frozen=True, eq=False)
class Flow:
    """Gradients that an engine carries from each step to the one before.

    Attributes:
        outputs: `(P, H)` of the packed outputs, from outside; None for zeros.
        hidden: `(B, H)` of the output after a step, overwritten with that of the one before.
        cell: `(B, H)` likewise.
        context: `(B, 4H)` of the context, added to.
    """

    outputs: Tensor | None
    hidden: Tensor
    cell: Tensor
    context: Tensor


class Backward(Protocol):
    """The derivative of a sequence, steps last first."""

    def run(self, first: int, stop: int, d_gates: Tensor) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`.

        Args:
            first: the first of the steps.
            stop: the one after the last of them, which has been run.
            d_gates: `(rows of pasts, 4H)` written: gradients of the pre-activations beside the
                history rows that they come from, zeros where the sequence has ended.
        """

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """Returns the gradients of `Operands.norm` over all steps run."""


class Engine(Protocol):
    """A way to run the steps of a sequence."""

    def add_product(self, total: Tensor, left: Tensor, right: Tensor) -> None:
        """Adds to the gradient of a weight what the rows of many steps contribute.

        Args:
            total: `(a, b)`, to which the transpose of `left` times `right` is added.
            left: `(rows, a)` of the dtype of recurrent products.
            right: `(rows, b)` of the same dtype.
        """

    def forward(self, layout: Layout, operands: Operands, *, keep: bool) -> History:
        """Returns the history of a sequence, for a backward if `keep`."""

    def backward(
        self, layout: Layout, operands: Operands, history: History, flow: Flow
    ) -> Backward:
        """Returns what runs the steps of a history backwards."""
