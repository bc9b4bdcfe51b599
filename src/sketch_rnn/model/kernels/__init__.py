"""Fast paths of `unroll`, each proven equal to the plain one by law tests."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from sketch_rnn.model.cells import Cell, Context, LayerNormLSTMCell, LSTMCell, State
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.kernels.build import compiled_engine, kernel_switch
from sketch_rnn.model.kernels.engine import TorchEngine
from sketch_rnn.model.kernels.layout import Layout
from sketch_rnn.model.kernels.operands import Engine, Operands
from sketch_rnn.model.kernels.sequence import run_sequence

FUSED_DTYPES: Final = (torch.float32, torch.float64)


def is_fused(cell: Cell, inputs: Tensor) -> bool:
    """Returns whether `fused_unroll` can and may run this cell over these inputs."""
    return (
        cell.kernel != "plain"
        and type(cell) in (LSTMCell, LayerNormLSTMCell)
        and inputs.device.type == "cpu"
        and inputs.dtype in FUSED_DTYPES
        and inputs.dtype == next(cell.parameters()).dtype
    )


def fused_unroll(
    cell: Cell,
    inputs: Tensor,
    active: tuple[int, ...],
    context: Context,
    state: State,
    dropout: Dropout | None,
) -> tuple[Tensor, State]:
    """Returns packed outputs and the final state of a cell that `is_fused`.

    Args:
        cell: the cell.
        inputs: `(P, D)` packed inputs.
        active: number of running sequences at each step.
        context: of the batch, longest sequence first like all else of the batch.
        state: the state before the first step.
        dropout: of the candidate updates, `(P, H)` packed, or None.
    """
    hidden, memory = _reordered(cell, state)
    operands = Operands(
        dropout=dropout,
        inputs=inputs,
        input_weight=cell.get_parameter("input_weight")[: inputs.shape[1]],
        recurrent_weight=cell.get_parameter("recurrent_weight"),
        context=context[0],
        hidden=hidden,
        cell=memory,
        norm=_norm_parameters(cell),
    )
    engine = _engine(cell, operands)
    outputs, hidden, memory = run_sequence(Layout.of(active), operands, engine)
    return outputs, _reordered(cell, (hidden, memory))


def _reordered(cell: Cell, state: State) -> State:
    """Returns a state with its two parts exchanged if the hidden output is the second."""
    return state[::-1] if cell.output_part else state


def _norm_parameters(cell: Cell) -> tuple[Tensor, ...]:
    if not isinstance(cell, LayerNormLSTMCell):
        return ()
    gates, memory = cell.gate_norm, cell.cell_norm
    return gates.weight, gates.bias, memory.weight, memory.bias


def _engine(cell: Cell, operands: Operands) -> Engine:
    """Returns the fastest engine that can run these operands.

    Nothing is compiled for a network that is only used: one drawing takes less time than that.
    """
    if cell.kernel == "fused":
        return TorchEngine()
    must = cell.kernel == "compiled"
    is_training = torch.is_grad_enabled() and operands.recurrent_weight.requires_grad
    switch = "on" if must else kernel_switch()
    engine = compiled_engine(switch, may_compile=is_training or must)
    if engine is not None and engine.supports(cell.hidden_size, operands.inputs.dtype):
        return engine
    return TorchEngine()
