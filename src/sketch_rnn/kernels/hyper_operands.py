"""The operands, history and gradients of a sequence of the hyper cell."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import torch
from torch import Tensor

from sketch_rnn.kernels.operands import Layout
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.model.cells.hyper import HyperLSTMCell
from sketch_rnn.model.dropout import Dropout

ROW_PADDING: Final = 16


class HyperOperands(NamedTuple):
    """The operands of a sequence; rows of the batch are in packed order.

    Attributes:
        inputs: `(P, D)`.
        context: `(B, 4H)` of the large cell.
        inner_context: `(B, 4I)` of the small one.
        hidden, inner_hidden, cell, inner_cell: `(B, H)` and `(B, I)` the state before.
        input_weight: `(D, 4H)`.
        recurrent_weight: `(H, 4H)`.
        bias: `(4H,)`.
        inner_input_weight: `(D, 4I)`.
        past_weight: `(H + I, 4I)` of the small cell.
        embedding_weight: `(I, 12E)`.
        embedding_bias: `(12E,)`.
        factor_weight: `(12, E, H)`.
        gate_gain, gate_shift, cell_gain, cell_shift: of the large cell's layer norms.
        inner_gate_gain, inner_gate_shift, inner_cell_gain, inner_cell_shift: of the small one's.
    """

    inputs: Tensor
    context: Tensor
    inner_context: Tensor
    hidden: Tensor
    inner_hidden: Tensor
    cell: Tensor
    inner_cell: Tensor
    input_weight: Tensor
    recurrent_weight: Tensor
    bias: Tensor
    inner_input_weight: Tensor
    past_weight: Tensor
    embedding_weight: Tensor
    embedding_bias: Tensor
    factor_weight: Tensor
    gate_gain: Tensor
    gate_shift: Tensor
    cell_gain: Tensor
    cell_shift: Tensor
    inner_gate_gain: Tensor
    inner_gate_shift: Tensor
    inner_cell_gain: Tensor
    inner_cell_shift: Tensor

    @classmethod
    def of(
        cls, cell: HyperLSTMCell, inputs: Tensor, context: Context, state: State
    ) -> HyperOperands:
        """The operands of a cell, its embeddings side by side."""
        inner, width = cell.inner, inputs.shape[1]
        factor, shift = cell.factor_embedding, cell.shift_embedding
        no_bias = factor.bias.new_zeros(shift.out_features)
        hidden, inner_hidden, memory, inner_memory = state
        operands = (
            *(inputs, *context, hidden, inner_hidden, memory, inner_memory),
            *(cell.input_weight[:width], cell.recurrent_weight, cell.bias),
            inner.input_weight[:width],
            torch.cat([inner.input_weight[cell.input_size :], inner.recurrent_weight]),
            torch.cat([factor.weight, shift.weight]).t(),
            torch.cat([factor.bias, no_bias]),
            torch.cat([cell.factor_weight, cell.shift_weight]),
            *(cell.gate_norm.weight, cell.gate_norm.bias),
            *(cell.cell_norm.weight, cell.cell_norm.bias),
            *(inner.gate_norm.weight, inner.gate_norm.bias),
            *(inner.cell_norm.weight, inner.cell_norm.bias),
        )
        return cls._make(operands)

    def norms(self) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """The gains and shifts of the large and of the small cell."""
        return self[15:19], self[19:23]

    def rounded(self, products: torch.dtype) -> HyperOperands:
        """The weights rounded to the dtype of products, except those of the inputs."""
        names = "recurrent_weight", "past_weight", "embedding_weight", "factor_weight"
        return self._replace(
            **{name: getattr(self, name).to(products).to(self.bias.dtype) for name in names}
        )


class HyperHistory(NamedTuple):
    """The values that a forward pass keeps for the backward pass.

    Attributes:
        past: `(B + P, H + I)` outputs of both cells, those before the first step included.
        cells: `(B + P, H)` likewise.
        inner_cells: `(B + P, I)` likewise.
        gates: `(P, 4H)` pre-activations of the large cell.
        inner_gates: `(P, 4I)` of the small one.
        recurrent: `(P, 4H)` the recurrent part before it is scaled.
        embedded: `(P, 12E)` as it enters products.
        entered: `(B + P, H + I)` the outputs as they enter products: `past` itself, or rounded to
            the dtype of the products.
    """

    past: Tensor
    cells: Tensor
    inner_cells: Tensor
    gates: Tensor
    inner_gates: Tensor
    recurrent: Tensor
    embedded: Tensor
    entered: Tensor

    @property
    def is_rounded(self) -> bool:
        """Whether products use a lower precision than the rest."""
        return self.entered.dtype != self.past.dtype

    def enter(self, rows: slice, columns: slice) -> Tensor:
        """Rounds outputs to the dtype of products if it differs, and returns the rounded ones."""
        if self.is_rounded:
            self.entered[rows, columns] = self.past[rows, columns]
        return self.entered[rows, columns]

    @classmethod
    def start(
        cls, layout: Layout, given: HyperOperands, products: torch.dtype | None
    ) -> HyperHistory:
        """The history before the first step, with room for all steps.

        Args:
            layout: of the steps.
            given: the operands.
            products: the dtype of the products; None for that of the rest.
        """
        batch, size = given.hidden.shape
        rows, inner, new = layout.num_rows, given.inner_hidden.shape[1], given.hidden.new_empty
        products = products or given.hidden.dtype
        past = new(batch + rows, size + inner)
        is_rounded = products != past.dtype
        history = cls(
            past=past,
            cells=new(batch + rows, size),
            inner_cells=new(batch + rows, inner),
            gates=new(rows, 4 * size),
            inner_gates=new(rows, 4 * inner),
            recurrent=new(rows, 4 * size),
            embedded=new(rows, len(given.embedding_bias), dtype=products),
            entered=new(past.shape, dtype=products) if is_rounded else past,
        )
        for outputs in (history.past, history.entered):
            outputs[:batch] = torch.cat([given.hidden, given.inner_hidden], dim=1)
        history.cells[:batch] = given.cell
        history.inner_cells[:batch] = given.inner_cell
        return history


class HyperFlow(NamedTuple):
    """Gradients carried from each step to the one before, by row of the batch.

    Attributes:
        outputs: `(P, H)` of the packed outputs, from outside.
        past: `(B, H + I)` of both outputs after a step, then of those before it.
        cell: `(B, H)` likewise.
        inner_cell: `(B, I)` likewise.
        context: `(B, 4H)` added to.
        inner_context: `(B, 4I)` added to.
    """

    outputs: Tensor
    past: Tensor
    cell: Tensor
    inner_cell: Tensor
    context: Tensor
    inner_context: Tensor


class HyperChunk(NamedTuple):
    """Gradients of the rows of some steps, as operands of the products for the weights' gradients.

    Attributes:
        factors: `(rows, 12H)` of the factors and the shift, for each row one gate after another;
            those of the shift are those of the gates.
        from_inputs: `(rows, 4H)` of the input's part.
        recurrent: `(rows, 4H)` of the recurrent part before it is scaled.
        inner_gates: `(rows, 4I)` of the small cell's gates.
        embedded: `(rows, 12E)`.
    """

    factors: Tensor
    from_inputs: Tensor
    recurrent: Tensor
    inner_gates: Tensor
    embedded: Tensor

    @classmethod
    def empty(cls, rows: int, history: HyperHistory) -> HyperChunk:
        """Uninitialised gradients of `rows` rows."""
        new, width = history.entered.new_empty, history.gates.shape[1]
        return cls(
            # Rows a multiple of 4096 bytes apart would share cache lines.
            factors=new(rows, 3 * width + ROW_PADDING)[:, : 3 * width],
            from_inputs=new(rows, width),
            recurrent=new(rows, width),
            inner_gates=new(rows, history.inner_gates.shape[1]),
            embedded=new(rows, history.embedded.shape[1]),
        )

    @property
    def gates(self) -> Tensor:
        """The gradients of the large cell's gates, `(rows, 4H)`."""
        return self.factors[:, 2 * self.from_inputs.shape[1] :]

    def rows(self, rows: slice) -> HyperChunk:
        """Some of the rows."""
        return HyperChunk(*(part[rows] for part in self))


class HyperBackward(Protocol):
    """The backward pass of a sequence, last step first."""

    def run(self, first: int, stop: int, chunk: HyperChunk) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`, and fills their chunk."""

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """The gradients of `HyperOperands.norms`, one cell's after the other's."""


class HyperEngine(Protocol):
    """An implementation of the steps of a sequence of the hyper cell."""

    def add_product(self, total: Tensor, left: Tensor, right: Tensor) -> None:
        """Adds to the gradient of a weight, see `Engine.add_product`."""

    def forward(
        self, layout: Layout, given: HyperOperands, dropout: Dropout | None
    ) -> HyperHistory:
        """The history of a sequence."""

    def backward(
        self,
        layout: Layout,
        given: HyperOperands,
        dropout: Dropout | None,
        history: HyperHistory,
        flow: HyperFlow,
    ) -> HyperBackward:
        """The backward pass over the steps of a history."""
