"""What a sequence of the hyper cell is computed from, and what it leaves behind."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sketch_rnn.model.cells import Context, HyperLSTMCell, State
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.kernels.layout import Layout
from sketch_rnn.model.kernels.pointwise import LayerNormPointwise


class HyperOperands(NamedTuple):
    """What a sequence is computed from; rows of the batch are in packed order.

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
        """Returns the operands of a cell, its embeddings side by side."""
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

    def norms(self) -> tuple[LayerNormPointwise, LayerNormPointwise]:
        """Returns the pointwise parts of the large and of the small cell."""
        return LayerNormPointwise(*self[15:19]), LayerNormPointwise(*self[19:23])


class HyperHistory(NamedTuple):
    """What a sequence leaves behind.

    Attributes:
        past: `(B + P, H + I)` outputs of both cells, those before the first step included.
        cells: `(B + P, H)` likewise.
        inner_cells: `(B + P, I)` likewise.
        gates: `(P, 4H)` pre-activations of the large cell.
        inner_gates: `(P, 4I)` of the small one.
        recurrent: `(P, 4H)` the recurrent part before it is scaled.
        embedded: `(P, 12E)`.
    """

    past: Tensor
    cells: Tensor
    inner_cells: Tensor
    gates: Tensor
    inner_gates: Tensor
    recurrent: Tensor
    embedded: Tensor

    @classmethod
    def start(cls, layout: Layout, given: HyperOperands) -> HyperHistory:
        """Returns the history before the first step, with room for all."""
        batch, size = given.hidden.shape
        rows, inner, new = layout.num_rows, given.inner_hidden.shape[1], given.hidden.new_empty
        history = cls(
            past=new(batch + rows, size + inner),
            cells=new(batch + rows, size),
            inner_cells=new(batch + rows, inner),
            gates=new(rows, 4 * size),
            inner_gates=new(rows, 4 * inner),
            recurrent=new(rows, 4 * size),
            embedded=new(rows, len(given.embedding_bias)),
        )
        history.past[:batch] = torch.cat([given.hidden, given.inner_hidden], dim=1)
        history.cells[:batch] = given.cell
        history.inner_cells[:batch] = given.inner_cell
        return history


def step_mask(dropout: Dropout | None, rows: slice, like: Tensor) -> Tensor | None:
    """Returns the factors of a step's dropout, or None."""
    return None if dropout is None else dropout.factors(rows, like.dtype)


def gate_factors(embedded: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    """Returns the factors of the input's and of the recurrent part and the shift, `(a, 4, H)`."""
    groups = embedded.unflatten(1, weight.shape[:2]).transpose(0, 1)
    factors = torch.bmm(groups, weight).transpose(0, 1)
    return factors[:, :4], factors[:, 4:8], factors[:, 8:]
