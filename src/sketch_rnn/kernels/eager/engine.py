"""The engine made of PyTorch operations."""

from __future__ import annotations

import torch
from torch import Tensor

from sketch_rnn.kernels.eager.pointwise import (
    LayerNormPointwise,
    LSTMPointwise,
    Pointwise,
    StepBackward,
    StepForward,
)
from sketch_rnn.kernels.operands import Flow, History, Layout, Operands
from sketch_rnn.kernels.sequence import add_product


class EagerEngine:
    """Runs one product and a few operations a step, without an autograd graph.

    With bfloat16 products it rounds their operands and multiplies in float32: the results of the
    compiled code, but no faster.
    """

    add_product = staticmethod(add_product)

    def __init__(self, products: torch.dtype | None = None) -> None:
        self.products = products

    def forward(self, layout: Layout, operands: Operands, *, keep: bool) -> History:
        """The history of a sequence, for a backward if `keep`."""
        history = History.start(layout, operands, self.products, keep=keep)
        hiddens, cells = history.hiddens, history.cells
        pointwise = _pointwise(operands)
        recurrent_weight = _transposed(operands, history).t()
        for step, active in enumerate(layout.active):
            rows, running = layout.rows(step), slice(active)
            gates = history.gates[rows if keep else running]
            context, inputs = operands.context[:active], operands.inputs[rows]
            torch.addmm(context, inputs, operands.input_weight, out=gates)
            gates.addmm_(history.entered[layout.before(step)].to(gates.dtype), recurrent_weight)
            pointwise.forward(
                StepForward(
                    gates=gates,
                    mask=_step_mask(operands, rows),
                    before=cells[layout.before(step) if keep else running],
                    after=cells[layout.after(step) if keep else running],
                    hidden=hiddens[layout.after(step)],
                )
            )
            if history.is_rounded:
                history.entered[layout.after(step)] = hiddens[layout.after(step)]
        return history

    def backward(
        self, layout: Layout, operands: Operands, history: History, flow: Flow
    ) -> EagerBackward:
        """The backward pass over the steps of a history."""
        return EagerBackward(layout, operands, history, flow)


class EagerBackward:
    """The derivative of `EagerEngine.forward`; for the arguments see `Engine.backward`."""

    def __init__(self, layout: Layout, operands: Operands, history: History, flow: Flow) -> None:
        self.layout = layout
        self.operands = operands
        self.history = history
        self.flow = flow
        self.pointwise = _pointwise(operands)
        self.transposed = _transposed(operands, history)

    def run(self, first: int, stop: int, d_gates: Tensor) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`."""
        base = self.layout.past(first).start
        for step in reversed(range(first, stop)):
            before, past = self.layout.before(step), self.layout.past(step)
            d_gates[before.stop - base : past.stop - base] = 0
            self._run_step(step, d_gates[before.start - base : before.stop - base])

    def _run_step(self, step: int, d_gates: Tensor) -> None:
        layout, history, flow = self.layout, self.history, self.flow
        rows, active = layout.rows(step), layout.active[step]
        d_hidden = flow.hidden[:active]
        if flow.outputs is not None:
            d_hidden += flow.outputs[rows]
        self.pointwise.backward(
            StepBackward(
                gates=history.gates[rows],
                mask=_step_mask(self.operands, rows),
                before=history.cells[layout.before(step)],
                after=history.cells[layout.after(step)],
                d_hidden=d_hidden,
                d_cell=flow.cell[:active],
                d_gates=d_gates,
            )
        )
        flow.context[:active] += d_gates
        torch.mm(d_gates.to(d_hidden.dtype), self.transposed, out=d_hidden)

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """The gradients of `Operands.norm` over all steps run."""
        return self.pointwise.gradients()


def _pointwise(operands: Operands) -> Pointwise:
    return LayerNormPointwise(*operands.norm) if operands.norm else LSTMPointwise()


def _transposed(operands: Operands, history: History) -> Tensor:
    """The recurrent weight `(4H, H)`, the order in which small products are fastest."""
    weight = operands.recurrent_weight.t().contiguous()
    return weight.to(history.entered.dtype).to(weight.dtype)


def _step_mask(operands: Operands, rows: slice) -> Tensor | None:
    dropout = operands.dropout
    return None if dropout is None else dropout.factors(rows, operands.inputs.dtype)
