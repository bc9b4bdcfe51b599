"""A whole ragged sequence as one autograd function with a hand-written backward."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from sketch_rnn.model.kernels.layout import Layout
from sketch_rnn.model.kernels.pointwise import (
    LayerNormPointwise,
    LSTMPointwise,
    Pointwise,
    StepBackward,
    StepForward,
)

Grads = tuple[Tensor | None, ...]


@dataclass(frozen=True, eq=False)
class Operands:
    """What a fused sequence computes from; rows of the batch are in packed order.

    Attributes:
        inputs: `(P, D)`.
        mask: `(P, H)` or None.
        input_weight: `(D, 4H)`.
        recurrent_weight: `(H, 4H)`.
        context: `(B, 4H)`.
        hidden: `(B, H)` the output before the first step.
        cell: `(B, H)` the cell before the first step.
        norm: the four parameters of `LayerNormPointwise`, or none for an lstm.
    """

    inputs: Tensor
    mask: Tensor | None
    input_weight: Tensor
    recurrent_weight: Tensor
    context: Tensor
    hidden: Tensor
    cell: Tensor
    norm: tuple[Tensor, ...] = field(default=())

    def pointwise(self) -> Pointwise:
        """Returns the part that differs between cells."""
        return LayerNormPointwise(*self.norm) if self.norm else LSTMPointwise()

    def step_mask(self, rows: slice) -> Tensor | None:
        """Returns the mask of a step's rows."""
        return None if self.mask is None else self.mask[rows]


@dataclass(frozen=True, eq=False)
class History:
    """What a sequence leaves behind.

    Attributes:
        hiddens: `(B + P, H)` outputs, after the initial one.
        cells: `(B + P, H)` cells, or `(B, H)` the final ones where no backward follows.
        gates: `(P, 4H)`, or `(B, 4H)` of no use where no backward follows.
    """

    hiddens: Tensor
    cells: Tensor
    gates: Tensor


def run_forward(layout: Layout, operands: Operands, *, keep: bool) -> History:
    """Returns the history of a sequence.

    Args:
        layout: the places of its steps.
        operands: what it is computed from.
        keep: whether a backward follows; otherwise cells and gates are kept for one step only.
    """
    batch, size = operands.hidden.shape
    new = operands.hidden.new_empty
    hiddens = new(batch + layout.num_rows, size)
    cells = new(batch + (layout.num_rows if keep else 0), size)
    gates = new(layout.num_rows if keep else batch, 4 * size)
    hiddens[:batch] = operands.hidden
    cells[:batch] = operands.cell
    pointwise = operands.pointwise()
    for step, active in enumerate(layout.active):
        rows, running = layout.rows(step), slice(active)
        step_gates = gates[rows if keep else running]
        torch.addmm(
            operands.context[:active], operands.inputs[rows], operands.input_weight, out=step_gates
        )
        step_gates.addmm_(hiddens[layout.before(step)], operands.recurrent_weight)
        pointwise.forward(
            StepForward(
                gates=step_gates,
                mask=operands.step_mask(rows),
                before=cells[layout.before(step) if keep else running],
                after=cells[layout.after(step) if keep else running],
                hidden=hiddens[layout.after(step)],
            )
        )
    return History(hiddens, cells, gates)


class Gradients:
    """The gradients of a sequence's operands, summed while its steps are read backwards.

    Args:
        layout: the places of its steps.
        operands: what it was computed from.
        inputs_wanted: whether the gradient of the inputs is wanted too.
    """

    def __init__(self, layout: Layout, operands: Operands, *, inputs_wanted: bool) -> None:
        self.operands = operands
        self.inputs = torch.empty_like(operands.inputs) if inputs_wanted else None
        self.input_weight = torch.zeros_like(operands.input_weight)
        self.recurrent_weight = torch.zeros_like(operands.recurrent_weight)
        self.context = torch.zeros_like(operands.context)
        # Inputs beside the hidden outputs that entered the same step.
        width = operands.inputs.shape[1]
        past = operands.inputs.new_zeros(layout.batch + layout.num_rows, width)
        self.past_inputs = past.index_copy_(0, layout.past_rows(), operands.inputs)

    def add_step(self, rows: slice, d_gates: Tensor) -> None:
        """Adds one step's share, given the gradient of its gates."""
        self.context[: len(d_gates)] += d_gates
        if self.inputs is not None:
            torch.mm(d_gates, self.operands.input_weight.t(), out=self.inputs[rows])

    def add_chunk(self, history_rows: slice, hiddens: Tensor, d_gates: Tensor) -> None:
        """Adds many steps' share of the weights."""
        self.recurrent_weight.addmm_(hiddens[history_rows].t(), d_gates)
        self.input_weight.addmm_(self.past_inputs[history_rows].t(), d_gates)


def run_backward(
    layout: Layout,
    operands: Operands,
    history: History,
    gradient: tuple[Tensor | None, Tensor | None, Tensor | None],
    *,
    inputs_wanted: bool,
) -> Grads:
    """Returns the gradients of the operands, in their order, the mask's None.

    Args:
        layout: the places of the steps.
        operands: what `run_forward` was given.
        history: what it returned.
        gradient: of the packed outputs, the final outputs and the final cells.
        inputs_wanted: whether the gradient of the inputs is wanted too.
    """
    d_outputs, d_hidden, d_cell = gradient
    d_hidden = _copy_or_zeros(d_hidden, operands.hidden)
    d_cell = _copy_or_zeros(d_cell, operands.cell)
    grads = Gradients(layout, operands, inputs_wanted=inputs_wanted)
    pointwise = operands.pointwise()
    backward_weight = operands.recurrent_weight.t()
    for first, stop in layout.chunks():
        base, end = layout.past(first).start, layout.past(stop - 1).stop
        chunk = operands.context.new_empty(end - base, operands.context.shape[1])
        for step in reversed(range(first, stop)):
            active, rows, before = layout.active[step], layout.rows(step), layout.before(step)
            # Sequences that ended at the step before have no part in this one.
            chunk[before.stop - base : layout.past(step).stop - base] = 0
            if d_outputs is not None:
                d_hidden[:active] += d_outputs[rows]
            backward = StepBackward(
                gates=history.gates[rows],
                mask=operands.step_mask(rows),
                before=history.cells[before],
                after=history.cells[layout.after(step)],
                d_hidden=d_hidden[:active],
                d_cell=d_cell[:active],
                d_gates=chunk[before.start - base : before.stop - base],
            )
            pointwise.backward(backward)
            grads.add_step(rows, backward.d_gates)
            torch.mm(backward.d_gates, backward_weight, out=backward.d_hidden)
        grads.add_chunk(slice(base, end), history.hiddens, chunk)
    weights = grads.input_weight, grads.recurrent_weight, grads.context
    return grads.inputs, None, *weights, d_hidden, d_cell, *pointwise.gradients()


def _copy_or_zeros(gradient: Tensor | None, like: Tensor) -> Tensor:
    if gradient is None:
        return torch.zeros_like(like, memory_format=torch.contiguous_format)
    return gradient.clone(memory_format=torch.contiguous_format)


class FusedSequence(torch.autograd.Function):
    """Outputs, final outputs and final cells of a sequence, as functions of its operands."""

    @staticmethod
    def forward(
        ctx: Any,
        layout: Layout,
        inputs: Tensor,
        mask: Tensor | None,
        *others: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns outputs `(P, H)`, and final outputs and cells `(B, H)`."""
        operands = _operands(inputs, mask, others)
        history = run_forward(layout, operands, keep=True)
        ctx.layout = layout
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(
            inputs, mask, *others, history.hiddens, history.cells, history.gates
        )
        return results(layout, history)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradient: Tensor | None) -> Grads:
        """Returns the gradients of `forward`'s arguments."""
        *saved, hiddens, cells, gates = ctx.saved_tensors
        operands = _operands(saved[0], saved[1], tuple(saved[2:]))
        d_outputs, d_hidden, d_cell = gradient
        return None, *run_backward(
            ctx.layout,
            operands,
            History(hiddens, cells, gates),
            (d_outputs, d_hidden, d_cell),
            inputs_wanted=ctx.needs_input_grad[1],
        )


def results(layout: Layout, history: History) -> tuple[Tensor, Tensor, Tensor]:
    """Returns packed outputs, and final outputs and cells in packed order."""
    last = layout.last_rows()
    hiddens, cells = history.hiddens, history.cells
    final_cell = cells if len(cells) == layout.batch else cells[last]
    return hiddens[layout.batch :], hiddens[last], final_cell


def _operands(inputs: Tensor, mask: Tensor | None, others: tuple[Tensor, ...]) -> Operands:
    return Operands(inputs, mask, *others[:5], norm=others[5:])
