"""A whole ragged sequence of the hyper cell with a hand-written backward.

Names follow the cell: the large cell's hidden output and the small one's lie side by side in one
`past` `(rows, H + I)`, because the small cell reads both. From the small cell's new output come
`factors` `(rows, 12, H)`: for each gate one of the input's part, then one of the recurrent part,
then a shift. What PyTorch's autograd would do a step at a time, products for the gradients of the
weights, is done here for many steps at once.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from sketch_rnn.model.cells import Context, HyperLSTMCell, State
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.kernels.hyper_backward import HyperBackward
from sketch_rnn.model.kernels.hyper_operands import (
    HyperHistory,
    HyperOperands,
    gate_factors,
    step_mask,
)
from sketch_rnn.model.kernels.layout import Layout
from sketch_rnn.model.kernels.pointwise import LayerNormPointwise, StepForward


def hyper_unroll(
    cell: HyperLSTMCell,
    inputs: Tensor,
    active: tuple[int, ...],
    context: Context,
    state: State,
    dropout: Dropout | None,
) -> tuple[Tensor, State]:
    """Returns packed outputs and the final state; for the arguments see `fused_unroll`."""
    layout = Layout.of(active)
    given = HyperOperands.of(cell, inputs, context, state)
    past, cells, inner_cells = HyperSequence.apply(layout, dropout, *given)  # type: ignore[no-untyped-call]
    last, size = layout.last_rows(), cell.hidden_size
    final = past[last]
    state = final[:, :size], final[:, size:], cells[last], inner_cells[last]
    return past[layout.batch :, :size], state


class HyperSequence(torch.autograd.Function):
    """Outputs and cells of all steps as functions of `HyperOperands`."""

    @staticmethod
    def forward(
        ctx: Any, layout: Layout, dropout: Dropout | None, *tensors: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the `past`, `cells` and `inner_cells` of `HyperHistory`."""
        given = HyperOperands(*tensors)
        history = HyperHistory.start(layout, given)
        norms = given.norms()
        columnwise = given._replace(
            recurrent_weight=_columnwise(given.recurrent_weight),
            past_weight=_columnwise(given.past_weight),
        )
        for step in range(len(layout.active)):
            _forward_step(layout, step, columnwise, history, norms, dropout)
        ctx.layout, ctx.dropout = layout, dropout
        ctx.save_for_backward(*tensors, *history)
        return history.past, history.cells, history.inner_cells

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Returns the gradients of `forward`'s arguments."""
        count = len(HyperOperands._fields)
        given = HyperOperands(*ctx.saved_tensors[:count])
        history = HyperHistory(*ctx.saved_tensors[count:])
        wants_inputs = ctx.needs_input_grad[2]
        backward = HyperBackward(ctx.layout, ctx.dropout, given, history, gradients)
        return None, None, *backward.run(wants_inputs=wants_inputs)


def _columnwise(weight: Tensor) -> Tensor:
    """Returns the same matrix in the order of memory in which small products are fastest."""
    return weight.t().contiguous().t()


def _forward_step(
    layout: Layout,
    step: int,
    given: HyperOperands,
    history: HyperHistory,
    norms: tuple[LayerNormPointwise, LayerNormPointwise],
    dropout: Dropout | None,
) -> None:
    rows, before, after = layout.rows(step), layout.before(step), layout.after(step)
    active, size = layout.active[step], given.hidden.shape[1]
    past, inputs = history.past[before], given.inputs[rows]
    inner_gates = history.inner_gates[rows]
    torch.addmm(
        given.inner_context[:active], inputs, given.inner_input_weight, out=inner_gates
    ).addmm_(past, given.past_weight)
    inner_hidden = history.past[after, size:]
    norms[1].forward(
        StepForward(
            inner_gates, None, history.inner_cells[before], history.inner_cells[after], inner_hidden
        )
    )
    embedded, recurrent = history.embedded[rows], history.recurrent[rows]
    torch.addmm(given.embedding_bias, inner_hidden, given.embedding_weight, out=embedded)
    torch.mm(past[:, :size], given.recurrent_weight, out=recurrent)
    from_inputs = torch.addmm(given.context[:active], inputs, given.input_weight)
    of_inputs, of_recurrent, shift = gate_factors(embedded, given.factor_weight)
    gates = history.gates[rows]
    torch.mul(of_inputs, from_inputs.unflatten(1, (4, -1)), out=gates.unflatten(1, (4, -1)))
    gates.unflatten(1, (4, -1)).addcmul_(of_recurrent, recurrent.unflatten(1, (4, -1))).add_(shift)
    gates.add_(given.bias)
    norms[0].forward(
        StepForward(
            gates,
            step_mask(dropout, rows, gates),
            history.cells[before],
            history.cells[after],
            history.past[after, :size],
        )
    )
