"""A whole ragged sequence as one autograd function with a hand-written backward."""

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
from sketch_rnn.kernels.operands import Engine, Flow, History, Layout, Operands
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.model.cells.hyper import HyperLSTMCell
from sketch_rnn.model.dropout import Dropout

Results = tuple[Tensor, Tensor, Tensor]
# Rows a multiple of 4096 bytes apart would share cache lines.
ROW_PADDING = 16


def run_sequence(layout: Layout, operands: Operands, engine: Engine) -> Results:
    """The outputs `(P, H)`, and the final outputs and cells `(B, H)`, in packed order."""
    tensors = operands.tensors()
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        results: Results = FusedSequence.apply(layout, engine, operands.dropout, *tensors)  # type: ignore[no-untyped-call]
        return results
    return _results(layout, engine.forward(layout, operands, keep=False))


class FusedSequence(torch.autograd.Function):
    """The results of `run_sequence` as functions of the operands."""

    @staticmethod
    def forward(
        ctx: Any, layout: Layout, engine: Engine, dropout: Dropout | None, *tensors: Tensor
    ) -> Results:
        """The outputs, final outputs and final cells."""
        history = engine.forward(layout, Operands.of(dropout, tensors), keep=True)
        ctx.layout, ctx.engine, ctx.dropout = layout, engine, dropout
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(
            *tensors, history.hiddens, history.cells, history.gates, history.entered
        )
        return _results(layout, history)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        """The gradients of `forward`'s arguments."""
        *tensors, hiddens, cells, gates, entered = ctx.saved_tensors
        operands = Operands.of(ctx.dropout, tuple(tensors))
        history = History(hiddens, cells, gates, entered)
        inputs_wanted = ctx.needs_input_grad[3]
        outputs, hidden, cell = gradients
        flow = Flow(
            outputs=None if outputs is None else outputs.contiguous(),
            hidden=_copy_or_zeros(hidden, operands.hidden),
            cell=_copy_or_zeros(cell, operands.cell),
            context=hiddens.new_zeros(operands.context.shape),
        )
        engine = ctx.engine
        return (
            None,
            None,
            None,
            *_gradients(ctx.layout, operands, history, flow, engine, inputs_wanted=inputs_wanted),
        )


def _gradients(
    layout: Layout,
    operands: Operands,
    history: History,
    flow: Flow,
    engine: Engine,
    *,
    inputs_wanted: bool,
) -> tuple[Tensor | None, ...]:
    """The gradients of `operands.tensors()`."""
    past_rows = layout.past_rows(operands.inputs.device)
    # The inputs, in the rows of the outputs that enter the same step.
    past_inputs = operands.inputs.new_zeros(len(history.hiddens), operands.inputs.shape[1])
    past_inputs.index_copy_(0, past_rows, operands.inputs)
    d_inputs = torch.empty_like(past_inputs) if inputs_wanted else None
    d_input_weight = torch.zeros_like(operands.input_weight)
    d_recurrent_weight = torch.zeros_like(operands.recurrent_weight)

    backward = engine.backward(layout, operands, history, flow)
    chunks = layout.chunks()
    buffer = _chunk_buffer(layout, chunks, operands.context.to(history.entered.dtype))
    for first, stop in chunks:
        past = layout.pasts(first, stop)
        d_gates = buffer[: past.stop - past.start]
        backward.run(first, stop, d_gates)
        for total, left in ((d_recurrent_weight, history.entered), (d_input_weight, past_inputs)):
            entered = left[past].to(d_gates.dtype)
            engine.add_product(total, entered, d_gates)
        if d_inputs is not None:
            torch.mm(d_gates.to(d_inputs.dtype), operands.input_weight.t(), out=d_inputs[past])
    return (
        None if d_inputs is None else d_inputs[past_rows],
        d_input_weight,
        d_recurrent_weight,
        flow.context,
        flow.hidden,
        flow.cell,
        *backward.norm_gradients(),
    )


def add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Adds the transpose of `left` times `right` by PyTorch's product, see `Engine.add_product`."""
    total.addmm_(left.to(total.dtype).t(), right.to(total.dtype))


def _chunk_buffer(layout: Layout, chunks: list[tuple[int, int]], like: Tensor) -> Tensor:
    """`(rows, 4H)` for the gradients of the gates of any one of the chunks."""
    pasts = [layout.pasts(first, stop) for first, stop in chunks]
    rows = max(past.stop - past.start for past in pasts)
    width = like.shape[1]
    return like.new_empty(rows, width + ROW_PADDING)[:, :width]


def _copy_or_zeros(gradient: Tensor | None, like: Tensor) -> Tensor:
    if gradient is None:
        return like.new_zeros(like.shape)
    return gradient.clone(memory_format=torch.contiguous_format)


def _results(layout: Layout, history: History) -> Results:
    hiddens, cells = history.hiddens, history.cells
    last = layout.last_rows(hiddens.device)
    is_kept = len(cells) == len(hiddens)
    return hiddens[layout.batch :], hiddens[last], cells[last] if is_kept else cells


def hyper_unroll(
    cell: HyperLSTMCell,
    inputs: Tensor,
    layout: Layout,
    context: Context,
    state: State,
    dropout: Dropout | None,
    engine: HyperEngine,
) -> tuple[Tensor, State]:
    """The packed outputs and the final state; for the arguments see `FusedBackend.unroll`."""
    given = HyperOperands.of(cell, inputs, context, state)
    outputs, *state_parts = HyperSequence.apply(layout, engine, dropout, *given)  # type: ignore[no-untyped-call]
    return outputs, tuple(state_parts)


class HyperSequence(torch.autograd.Function):
    """Outputs and final state as functions of `HyperOperands`.

    The large cell's hidden output and the small one's lie side by side in one `past`
    `(rows, H + I)`, because the small cell reads both. From the small cell's new output come
    `factors` `(rows, 12, H)`: for each gate one of the input's part, then one of the recurrent
    part, then a shift.
    """

    @staticmethod
    def forward(
        ctx: Any, layout: Layout, engine: HyperEngine, dropout: Dropout | None, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        """The outputs `(P, H)`, and the four parts of the state, `(B, ...)`."""
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
        """The gradients of `forward`'s arguments."""
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
    """The gradients of inputs and weights, of some steps at once, by running all steps."""
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
