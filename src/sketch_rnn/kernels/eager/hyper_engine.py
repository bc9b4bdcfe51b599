"""The engine of hyper cells made of PyTorch operations."""

from __future__ import annotations

import torch
from torch import Tensor

from sketch_rnn.kernels.eager.pointwise import LayerNormPointwise, StepBackward, StepForward
from sketch_rnn.kernels.hyper_operands import (
    HyperChunk,
    HyperFlow,
    HyperHistory,
    HyperOperands,
)
from sketch_rnn.kernels.operands import Layout
from sketch_rnn.kernels.sequence import add_product
from sketch_rnn.model.dropout import Dropout


class EagerHyperEngine:
    """Runs a few products and operations a step, without an autograd graph.

    With bfloat16 products it rounds their operands, as `EagerEngine` does.
    """

    add_product = staticmethod(add_product)

    def __init__(self, products: torch.dtype | None = None) -> None:
        self.products = products

    def forward(
        self, layout: Layout, given: HyperOperands, dropout: Dropout | None
    ) -> HyperHistory:
        """The history of a sequence."""
        history = HyperHistory.start(layout, given, self.products)
        rounded = given.rounded(history.entered.dtype)
        columnwise = rounded._replace(
            recurrent_weight=_columnwise(rounded.recurrent_weight),
            past_weight=_columnwise(rounded.past_weight),
        )
        norms = [LayerNormPointwise(*norm) for norm in given.norms()]
        for step in range(len(layout.active)):
            _run_inner(layout, step, columnwise, history, norms[1])
            _run_outer(layout, step, columnwise, history, norms[0], dropout)
        return history

    def backward(
        self,
        layout: Layout,
        given: HyperOperands,
        dropout: Dropout | None,
        history: HyperHistory,
        flow: HyperFlow,
    ) -> EagerHyperBackward:
        """The backward pass over the steps of a history."""
        return EagerHyperBackward(layout, given, dropout, history, flow)


def _columnwise(weight: Tensor) -> Tensor:
    """The same matrix in the order of memory in which small products are fastest."""
    return weight.t().contiguous().t()


def _run_inner(
    layout: Layout,
    step: int,
    given: HyperOperands,
    history: HyperHistory,
    norm: LayerNormPointwise,
) -> None:
    """Writes the small cell's step and the embeddings that the large cell reads."""
    rows, before, after = layout.rows(step), layout.before(step), layout.after(step)
    context, size = given.inner_context[: layout.active[step]], given.hidden.shape[1]
    gates, hidden = history.inner_gates[rows], history.past[after, size:]
    torch.addmm(context, given.inputs[rows], given.inner_input_weight, out=gates)
    gates.addmm_(history.entered[before].to(gates.dtype), given.past_weight)
    cells = history.inner_cells
    norm.forward(StepForward(gates, None, cells[before], cells[after], hidden))
    entered = history.enter(after, slice(size, None)).to(gates.dtype)
    embedded = torch.addmm(given.embedding_bias, entered, given.embedding_weight)
    history.embedded[rows] = embedded


def _run_outer(
    layout: Layout,
    step: int,
    given: HyperOperands,
    history: HyperHistory,
    norm: LayerNormPointwise,
    dropout: Dropout | None,
) -> None:
    """Writes the large cell's step."""
    rows, before, after = layout.rows(step), layout.before(step), layout.after(step)
    active, size = layout.active[step], given.hidden.shape[1]
    recurrent, gates = history.recurrent[rows], history.gates[rows].unflatten(1, (4, -1))
    entered = history.entered[before, :size].to(gates.dtype)
    torch.mm(entered, given.recurrent_weight, out=recurrent)
    from_inputs = torch.addmm(given.context[:active], given.inputs[rows], given.input_weight)
    of_inputs, of_recurrent, shift = _factors(history.embedded[rows], given.factor_weight)
    torch.mul(of_inputs, from_inputs.unflatten(1, (4, -1)), out=gates)
    gates.addcmul_(of_recurrent, recurrent.unflatten(1, (4, -1))).add_(shift)
    gates.add_(given.bias.unflatten(0, (4, -1)))
    mask = None if dropout is None else dropout.factors(rows, gates.dtype)
    cells, hidden = history.cells, history.past[after, :size]
    norm.forward(StepForward(history.gates[rows], mask, cells[before], cells[after], hidden))
    history.enter(after, slice(size))


def _factors(embedded: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    """The factors of the input's and of the recurrent part and the shift, `(a, 4, H)`."""
    groups = embedded.to(weight.dtype).unflatten(1, weight.shape[:2]).transpose(0, 1)
    factors = torch.bmm(groups, weight).transpose(0, 1)
    return factors[:, :4], factors[:, 4:8], factors[:, 8:]


class EagerHyperBackward:
    """The derivative of `EagerHyperEngine.forward`; for the arguments see `HyperEngine`."""

    def __init__(
        self,
        layout: Layout,
        given: HyperOperands,
        dropout: Dropout | None,
        history: HyperHistory,
        flow: HyperFlow,
    ) -> None:
        self.layout, self.dropout = layout, dropout
        self.given = given.rounded(history.entered.dtype)
        self.history, self.flow = history, flow
        self.norms = [LayerNormPointwise(*norm) for norm in given.norms()]
        self.recurrent_transposed = self.given.recurrent_weight.t().contiguous()
        self.past_transposed = self.given.past_weight.t().contiguous()

    def run(self, first: int, stop: int, chunk: HyperChunk) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`, and fills their chunk."""
        start = self.layout.rows(first).start
        for step in reversed(range(first, stop)):
            rows = self.layout.rows(step)
            self._run_step(step, chunk.rows(slice(rows.start - start, rows.stop - start)))

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """The gradients of `HyperOperands.norms`, one cell's after the other's."""
        return *self.norms[0].gradients(), *self.norms[1].gradients()

    def _run_step(self, step: int, d: HyperChunk) -> None:
        layout, history, flow = self.layout, self.history, self.flow
        rows, before, after = layout.rows(step), layout.before(step), layout.after(step)
        active, size = layout.active[step], self.given.hidden.shape[1]
        d_past = flow.past[:active]
        mask = None if self.dropout is None else self.dropout.factors(rows, d_past.dtype)
        self.norms[0].backward(
            StepBackward(
                history.gates[rows],
                mask,
                history.cells[before],
                history.cells[after],
                d_past[:, :size] + flow.outputs[rows],
                flow.cell[:active],
                d.gates,
            )
        )
        self.norms[1].backward(
            StepBackward(
                history.inner_gates[rows],
                None,
                history.inner_cells[before],
                history.inner_cells[after],
                d_past[:, size:] + self._through_factors(rows, active, d),
                flow.inner_cell[:active],
                d.inner_gates,
            )
        )
        flow.context[:active].add_(d.from_inputs)
        flow.inner_context[:active].add_(d.inner_gates)
        torch.mm(d.inner_gates.to(d_past.dtype), self.past_transposed, out=d_past)
        d_past[:, :size].addmm_(d.recurrent.to(d_past.dtype), self.recurrent_transposed)

    def _through_factors(self, rows: slice, active: int, d: HyperChunk) -> Tensor:
        """Fills the rest of `d` from its gates, returns the gradient of the small cell's output."""
        given, history, gates = self.given, self.history, (4, -1)
        weight, embedded = given.factor_weight, history.embedded[rows]
        from_inputs = torch.addmm(given.context[:active], given.inputs[rows], given.input_weight)
        of_inputs, of_recurrent, _ = _factors(embedded, weight)
        d_factors = d.factors.unflatten(1, (12, -1))
        d_gates = d_factors[:, 8:]
        torch.mul(d_gates, of_inputs, out=d.from_inputs.unflatten(1, gates))
        torch.mul(d_gates, of_recurrent, out=d.recurrent.unflatten(1, gates))
        torch.mul(d_gates, from_inputs.unflatten(1, gates), out=d_factors[:, :4])
        torch.mul(d_gates, history.recurrent[rows].unflatten(1, gates), out=d_factors[:, 4:8])
        d_groups = torch.bmm(d_factors.to(weight.dtype).transpose(0, 1), weight.transpose(1, 2))
        d.embedded.unflatten(1, weight.shape[:2]).copy_(d_groups.transpose(0, 1))
        return d.embedded.to(weight.dtype) @ given.embedding_weight.t()
