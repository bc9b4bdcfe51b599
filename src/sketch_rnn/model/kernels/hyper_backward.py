"""The derivative of a sequence of the hyper cell."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.kernels.hyper_operands import (
    HyperHistory,
    HyperOperands,
    gate_factors,
    step_mask,
)
from sketch_rnn.model.kernels.layout import Layout
from sketch_rnn.model.kernels.pointwise import StepBackward


class HyperBackward:
    """The derivative of a sequence, steps last first, weights' products some steps at a time."""

    def __init__(
        self,
        layout: Layout,
        dropout: Dropout | None,
        given: HyperOperands,
        history: HyperHistory,
        gradients: tuple[Tensor, ...],
    ) -> None:
        self.layout, self.dropout, self.given, self.history = layout, dropout, given, history
        self.norms = given.norms()
        self.d_past, self.d_cells, self.d_inner_cells = gradients
        # Of the state after the step that comes next, by row of the batch.
        batch = layout.batch
        self.past = torch.zeros_like(history.past[:batch])
        self.cell = torch.zeros_like(given.cell)
        self.inner_cell = torch.zeros_like(given.inner_cell)
        self.d_given = HyperOperands(*map(torch.zeros_like, given))
        self.recurrent_transposed = given.recurrent_weight.t().contiguous()
        self.past_transposed = given.past_weight.t().contiguous()

    def run(self, *, wants_inputs: bool) -> tuple[Tensor | None, ...]:
        """Returns the gradients of `HyperOperands`."""
        past_rows = self.layout.past_rows()
        for first, stop in self.layout.chunks():
            self._run_chunk(first, stop, past_rows)
        given, batch, size = self.d_given, self.layout.batch, self.given.hidden.shape[1]
        start = self.past + self.d_past[:batch]
        values = given._replace(
            hidden=start[:, :size],
            inner_hidden=start[:, size:],
            cell=self.cell + self.d_cells[:batch],
            inner_cell=self.inner_cell + self.d_inner_cells[:batch],
        )
        norms = (gradient for norm in self.norms for gradient in norm.gradients())
        inputs = given.inputs if wants_inputs else None
        return inputs, *values[1:15], *norms

    def _run_chunk(self, first: int, stop: int, past_rows: Tensor) -> None:
        layout, given, history, total = self.layout, self.given, self.history, self.d_given
        start = layout.rows(first).start
        rows = slice(start, layout.rows(stop - 1).stop)
        count, size = rows.stop - rows.start, given.hidden.shape[1]
        new = given.hidden.new_empty
        chunk = _Chunk(
            gates=new(count, 4 * size),
            from_inputs=new(count, 4 * size),
            recurrent=new(count, 4 * size),
            inner_gates=new(count, history.inner_gates.shape[1]),
            embedded=new(count, history.embedded.shape[1]),
        )
        for step in reversed(range(first, stop)):
            self._run_step(step, chunk.rows(layout.rows(step), start))
        past, inputs = history.past[past_rows[rows]], given.inputs[rows].t()
        after = slice(layout.batch + rows.start, layout.batch + rows.stop)
        total.bias.add_(chunk.gates.sum(dim=0))
        total.input_weight.addmm_(inputs, chunk.from_inputs)
        total.recurrent_weight.addmm_(past[:, :size].t(), chunk.recurrent)
        total.inner_input_weight.addmm_(inputs, chunk.inner_gates)
        total.past_weight.addmm_(past.t(), chunk.inner_gates)
        total.embedding_weight.addmm_(history.past[after, size:].t(), chunk.embedded)
        total.embedding_bias.add_(chunk.embedded.sum(dim=0))
        torch.mm(chunk.from_inputs, given.input_weight.t(), out=total.inputs[rows])
        total.inputs[rows].addmm_(chunk.inner_gates, given.inner_input_weight.t())

    def _run_step(self, step: int, d: _Chunk) -> None:
        layout, given, history, total = self.layout, self.given, self.history, self.d_given
        rows, before, after = layout.rows(step), layout.before(step), layout.after(step)
        active, size = layout.active[step], given.hidden.shape[1]
        d_past = self.past[:active].add_(self.d_past[after])
        d_hidden, d_inner_hidden = d_past[:, :size].contiguous(), d_past[:, size:]
        self.norms[0].backward(
            StepBackward(
                history.gates[rows],
                step_mask(self.dropout, rows, history.gates),
                history.cells[before],
                history.cells[after],
                d_hidden,
                self.cell[:active].add_(self.d_cells[after]),
                d.gates,
            )
        )
        d_inner_hidden = d_inner_hidden + self._through_factors(rows, active, d)
        self.norms[1].backward(
            StepBackward(
                history.inner_gates[rows],
                None,
                history.inner_cells[before],
                history.inner_cells[after],
                d_inner_hidden,
                self.inner_cell[:active].add_(self.d_inner_cells[after]),
                d.inner_gates,
            )
        )
        total.context[:active].add_(d.from_inputs)
        total.inner_context[:active].add_(d.inner_gates)
        torch.mm(d.inner_gates, self.past_transposed, out=d_past)
        d_past[:, :size].addmm_(d.recurrent, self.recurrent_transposed)

    def _through_factors(self, rows: slice, active: int, d: _Chunk) -> Tensor:
        """Fills the rest of `d` from its gates, returns the gradient of the small cell's output."""
        given, history = self.given, self.history
        weight, embedded = given.factor_weight, history.embedded[rows]
        from_inputs = torch.addmm(given.context[:active], given.inputs[rows], given.input_weight)
        of_inputs, of_recurrent, _ = gate_factors(embedded, weight)
        d_gates = d.gates.unflatten(1, (4, -1))
        torch.mul(d_gates, of_inputs, out=d.from_inputs.unflatten(1, (4, -1)))
        torch.mul(d_gates, of_recurrent, out=d.recurrent.unflatten(1, (4, -1)))
        # Gate after gate, as the products below read them.
        d_factors = d_gates.new_empty(len(weight), active, weight.shape[2])
        by_gate = d_gates.transpose(0, 1)
        torch.mul(by_gate, from_inputs.unflatten(1, (4, -1)).transpose(0, 1), out=d_factors[:4])
        recurrent = history.recurrent[rows].unflatten(1, (4, -1)).transpose(0, 1)
        torch.mul(by_gate, recurrent, out=d_factors[4:8])
        d_factors[8:] = by_gate
        groups = embedded.unflatten(1, weight.shape[:2])
        self.d_given.factor_weight.baddbmm_(groups.permute(1, 2, 0), d_factors)
        d_groups = torch.bmm(d_factors, weight.transpose(1, 2))
        d.embedded.unflatten(1, weight.shape[:2]).copy_(d_groups.transpose(0, 1))
        return d.embedded @ given.embedding_weight.t()


class _Chunk(NamedTuple):
    """Gradients of some packed rows, kept until the weights' products."""

    gates: Tensor
    from_inputs: Tensor
    recurrent: Tensor
    inner_gates: Tensor
    embedded: Tensor

    def rows(self, rows: slice, start: int) -> _Chunk:
        """Returns the packed `rows` of a chunk whose first one is `start`."""
        return _Chunk(*(part[rows.start - start : rows.stop - start] for part in self))
