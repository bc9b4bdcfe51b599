"""The operands, history and gradients of a fused sequence, and the layout of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Protocol

import torch
from torch import Tensor

from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.transfer import moved

# Rows whose weight gradients are summed at once: enough for the full rate of a product, few enough
# for the gradients of their gates to stay in a shared cache.
CHUNK_ROWS: Final = 1024


@dataclass(frozen=True)
class Layout:
    """The places of a packing's steps in the buffers of a whole sequence.

    A history buffer `(B + P, ...)` holds the values before the first step and then those after each
    step, so that a step reads and writes plain slices.

    Attributes:
        active: number of running sequences at each step.
        ends: first packed row after each step.
    """

    active: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, active: tuple[int, ...]) -> Layout:
        """The layout of steps with `active` running sequences each."""
        return cls(active, tuple(accumulate(active)))

    @property
    def batch(self) -> int:
        """The number of sequences."""
        return self.active[0]

    @property
    def num_rows(self) -> int:
        """P, the number of packed rows."""
        return self.ends[-1]

    def rows(self, step: int) -> slice:
        """The packed rows of a step."""
        return slice(self.ends[step] - self.active[step], self.ends[step])

    def before(self, step: int) -> slice:
        """The history rows that a step reads."""
        start = self.past(step).start
        return slice(start, start + self.active[step])

    def after(self, step: int) -> slice:
        """The history rows that a step writes."""
        end = self.batch + self.ends[step]
        return slice(end - self.active[step], end)

    def past(self, step: int) -> slice:
        """The history rows of the step before, including sequences that ended with it."""
        return self.after(step - 1) if step else slice(0, self.batch)

    def pasts(self, first: int, stop: int) -> slice:
        """The history rows of the steps before those from `first` to before `stop`."""
        return slice(self.past(first).start, self.past(stop - 1).stop)

    def last_rows(self, device: torch.device) -> Tensor:
        """Each sequence's last history row, `(B,)` on `device`, longest first."""
        rows: list[int] = []
        for step in reversed(range(len(self.active))):
            after = self.after(step)
            rows.extend(range(after.start + len(rows), after.stop))
        return moved(torch.tensor(rows), device)

    def past_rows(self, device: torch.device) -> Tensor:
        """The history row that each packed row's step reads, `(P,)` on `device`."""
        active = torch.tensor(self.active)
        shifts = [self.past(n).start - self.rows(n).start for n in range(len(self.active))]
        rows = torch.arange(self.num_rows) + torch.tensor(shifts).repeat_interleave(active)
        return moved(rows, device)

    def chunks(self) -> list[tuple[int, int]]:
        """Ranges of steps, last first, of about `CHUNK_ROWS` rows each."""
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
    """The operands of a sequence; rows of the batch are in packed order.

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
        """Rebuilds the operands from the result of `tensors`."""
        inputs, input_weight, recurrent_weight, context, hidden, cell, *norm = tensors
        others = input_weight, recurrent_weight, context, hidden, cell
        return cls(dropout, inputs, *others, norm=tuple(norm))

    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors that can have a gradient."""
        weights = self.input_weight, self.recurrent_weight
        return self.inputs, *weights, self.context, self.hidden, self.cell, *self.norm


@dataclass(frozen=True, eq=False)
class History:
    """The values that a forward pass keeps for the backward pass.

    Attributes:
        hiddens: `(B + P, H)` the initial output and those of every step.
        cells: `(B + P, H)` likewise, or `(B, H)` the last ones where no backward follows.
        gates: `(P, 4H)` read by the engine's backward; unused `(B, 4H)` without a backward.
        entered: `(B + P, H)` the outputs as they enter recurrent products: `hiddens` itself, or
            rounded to the numbers of the products.
    """

    hiddens: Tensor
    cells: Tensor
    gates: Tensor
    entered: Tensor

    @property
    def is_rounded(self) -> bool:
        """Whether products use a lower precision than the rest."""
        return self.entered.dtype != self.hiddens.dtype

    @classmethod
    def start(
        cls, layout: Layout, operands: Operands, products: torch.dtype | None, *, keep: bool
    ) -> History:
        """The history before the first step, with room for all steps, or for one if not `keep`.

        Args:
            layout: of the steps.
            operands: the operands.
            products: the dtype of the recurrent products; None for that of the rest.
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
    """Gradients carried from each step to the one before.

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
    """The backward pass of a sequence, last step first."""

    def run(self, first: int, stop: int, d_gates: Tensor) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`.

        Args:
            first: the first of the steps.
            stop: the one after the last of them, which has been run.
            d_gates: `(rows of pasts, 4H)` written: gradients of the pre-activations beside the
                history rows that they come from, zeros where the sequence has ended.
        """

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """The gradients of `Operands.norm` over all steps run."""


class Engine(Protocol):
    """An implementation of the steps of a sequence."""

    def add_product(self, total: Tensor, left: Tensor, right: Tensor) -> None:
        """Adds the contribution of the rows of many steps to the gradient of a weight.

        Args:
            total: `(a, b)`, to which the transpose of `left` times `right` is added.
            left: `(rows, a)` of the dtype of recurrent products.
            right: `(rows, b)` of the same dtype.
        """

    def forward(self, layout: Layout, operands: Operands, *, keep: bool) -> History:
        """The history of a sequence, for a backward if `keep`."""

    def backward(
        self, layout: Layout, operands: Operands, history: History, flow: Flow
    ) -> Backward:
        """The backward pass over the steps of a history."""
