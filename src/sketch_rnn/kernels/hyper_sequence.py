"""A whole ragged sequence of the hyper cell as one autograd function.

Names follow the cell: the large cell's hidden output and the small one's lie side by side in one
`past` `(rows, H + I)`, because the small cell reads both. From the small cell's new output come
`factors` `(rows, 12, H)`: for each gate one of the input's part, then one of the recurrent part,
then a shift.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from sketch_rnn.kernels.hyper_operands import (
    HyperBackward,
    HyperChunk,
    HyperEngine,
    HyperFlow,
    HyperHistory,
    HyperOperands,
)
from sketch_rnn.kernels.layout import Layout
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.model.cells.hyper import HyperLSTMCell
from sketch_rnn.model.dropout import Dropout


def hyper_unroll(
    cell: HyperLSTMCell,
    inputs: Tensor,
    layout: Layout,
    context: Context,
    state: State,
    dropout: Dropout | None,
    engine: HyperEngine,
) -> tuple[Tensor, State]:
    """Returns packed outputs and the final state; for the arguments see `FusedBackend.unroll`."""
    given = HyperOperands.of(cell, inputs, context, state)
    outputs, *state_parts = HyperSequence.apply(layout, engine, dropout, *given)  # type: ignore[no-untyped-call]
    return outputs, tuple(state_parts)


class HyperSequence(torch.autograd.Function):
    """Outputs and final state as functions of `HyperOperands`."""

    @staticmethod
    def forward(
        ctx: Any, layout: Layout, engine: HyperEngine, dropout: Dropout | None, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        """Returns outputs `(P, H)`, and the four parts of the state, `(B, ...)`."""
        given = HyperOperands(*tensors)
        history = engine.forward(layout, given, dropout)
        ctx.layout, ctx.engine, ctx.dropout = layout, engine, dropout
        ctx.save_for_backward(*tensors, *history)
        last, size = layout.last_rows(given.hidden.device), given.hidden.shape[1]
        final = history.past[last]
        cells = history.cells[last], history.inner_cells[last]
        outputs = history.past[layout.batch :, :size].contiguous()
        return outputs, final[:, :size].contiguous(), final[:, size:].contiguous(), *cells

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of `forward`'s arguments."""
        count = len(HyperOperands._fields)
        given = HyperOperands(*ctx.saved_tensors[:count])
        history = HyperHistory(*ctx.saved_tensors[count:])
        outputs, hidden, inner_hidden, cell, inner_cell = gradients
        flow = HyperFlow(
            outputs=outputs.contiguous(),
            past=torch.cat([hidden, inner_hidden], dim=1),
            cell=cell.clone(memory_format=torch.contiguous_format),
            inner_cell=inner_cell.clone(memory_format=torch.contiguous_format),
            context=cell.new_zeros(given.context.shape),
            inner_context=cell.new_zeros(given.inner_context.shape),
        )
        backward = ctx.engine.backward(ctx.layout, given, ctx.dropout, history, flow)
        total = _weight_gradients(ctx.layout, given, history, backward, ctx.engine)
        size = given.hidden.shape[1]
        of_state = flow.past[:, :size], flow.past[:, size:], flow.cell, flow.inner_cell
        inputs = total.inputs if ctx.needs_input_grad[3] else None
        contexts = flow.context, flow.inner_context
        results = (inputs, *contexts, *of_state, *total[7:15], *backward.norm_gradients())
        return None, None, None, *results


def _weight_gradients(
    layout: Layout,
    given: HyperOperands,
    history: HyperHistory,
    backward: HyperBackward,
    engine: HyperEngine,
) -> HyperOperands:
    """Returns the gradients of inputs and weights, of some steps at once, by running all steps."""
    total = HyperOperands(*map(torch.zeros_like, given))
    past_rows, size = layout.past_rows(given.inputs.device), given.hidden.shape[1]
    chunks = [
        (slice(layout.rows(a).start, layout.rows(b - 1).stop), a, b) for a, b in layout.chunks()
    ]
    room = HyperChunk.empty(max(rows.stop - rows.start for rows, _, _ in chunks), history)
    for rows, first, stop in chunks:
        chunk = room.rows(slice(rows.stop - rows.start))
        backward.run(first, stop, chunk)
        past, inputs = history.entered[past_rows[rows]], given.inputs[rows].to(chunk.gates.dtype)
        new_inner = history.entered[layout.batch + rows.start : layout.batch + rows.stop, size:]
        groups = history.embedded[rows].unflatten(1, given.factor_weight.shape[:2])
        d_factors = chunk.factors.unflatten(1, (12, -1))
        factors = zip(total.factor_weight, groups.unbind(1), d_factors.unbind(1), strict=True)
        for weight, left, right in (
            (total.input_weight, inputs, chunk.from_inputs),
            (total.recurrent_weight, past[:, :size], chunk.recurrent),
            (total.inner_input_weight, inputs, chunk.inner_gates),
            (total.past_weight, past, chunk.inner_gates),
            (total.embedding_weight, new_inner, chunk.embedded),
            *factors,
        ):
            engine.add_product(weight, left, right)
        exact = total.bias.dtype
        total.bias.add_(chunk.gates.sum(dim=0, dtype=exact))
        total.embedding_bias.add_(chunk.embedded.sum(dim=0, dtype=exact))
        torch.mm(chunk.from_inputs.to(exact), given.input_weight.t(), out=total.inputs[rows])
        total.inputs[rows].addmm_(chunk.inner_gates.to(exact), given.inner_input_weight.t())
    return total
