"""The base of the fused backends: it passes a cell's weights to an engine as operands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from torch import Tensor

from sketch_rnn.kernels.hyper_operands import HyperEngine
from sketch_rnn.kernels.operands import Engine, Layout, Operands
from sketch_rnn.kernels.sequence import hyper_unroll, run_sequence
from sketch_rnn.model.cells.cell import Cell, Context, State
from sketch_rnn.model.cells.hyper import HyperLSTMCell
from sketch_rnn.model.cells.layer_norm import LayerNormLSTMCell
from sketch_rnn.model.cells.lstm import LSTMCell
from sketch_rnn.model.dropout import Dropout

FUSED_CELLS: Final = (LSTMCell, LayerNormLSTMCell, HyperLSTMCell)


class FusedBackend(ABC):
    """A backend that runs whole sequences in an engine, with a hand-written backward."""

    def supports(self, cell: Cell, inputs: Tensor) -> bool:
        """Whether it can run this cell over these inputs now."""
        return (
            type(cell) in FUSED_CELLS
            and inputs.dtype == next(cell.parameters()).dtype
            and self.can_run(cell, inputs)
        )

    @abstractmethod
    def can_run(self, cell: Cell, inputs: Tensor) -> bool:
        """Whether it can run a cell of `FUSED_CELLS` over these inputs now."""

    @abstractmethod
    def engine(self, cell: Cell) -> Engine:
        """The engine for a supported lstm or layer_norm cell."""

    @abstractmethod
    def hyper_engine(self, cell: HyperLSTMCell) -> HyperEngine:
        """The engine for a supported hyper cell."""

    def unroll(
        self,
        cell: Cell,
        inputs: Tensor,
        active: tuple[int, ...],
        context: Context,
        state: State,
        dropout: Dropout | None,
    ) -> tuple[Tensor, State]:
        """The packed outputs and the final state; see `unroll_plain`."""
        layout = Layout.of(active)
        if isinstance(cell, HyperLSTMCell):
            engine = self.hyper_engine(cell)
            return hyper_unroll(cell, inputs, layout, context, state, dropout, engine)
        hidden, memory = reordered(cell, state)
        operands = Operands(
            dropout=dropout,
            inputs=inputs,
            input_weight=cell.get_parameter("input_weight")[: inputs.shape[1]],
            recurrent_weight=cell.get_parameter("recurrent_weight"),
            context=context[0],
            hidden=hidden,
            cell=memory,
            norm=norm_parameters(cell),
        )
        outputs, hidden, memory = run_sequence(layout, operands, self.engine(cell))
        return outputs, reordered(cell, (hidden, memory))


def reordered(cell: Cell, state: State) -> State:
    """Converts (hidden, cell) to the order of a cell's state, and back."""
    return state[::-1] if cell.output_part else state


def norm_parameters(cell: Cell) -> tuple[Tensor, ...]:
    """`Operands.norm` of a cell."""
    if not isinstance(cell, LayerNormLSTMCell):
        return ()
    gates, memory = cell.gate_norm, cell.cell_norm
    return gates.weight, gates.bias, memory.weight, memory.bias
