"""Fast paths of `unroll`, each proven equal to the plain one by law tests."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from sketch_rnn.model.cells import (
    Cell,
    Context,
    HyperLSTMCell,
    LayerNormLSTMCell,
    LSTMCell,
    State,
)
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.kernels.build import compiled_engine, kernel_switch
from sketch_rnn.model.kernels.compiled import CompiledEngine
from sketch_rnn.model.kernels.engine import TorchEngine
from sketch_rnn.model.kernels.gpu.switch import triton_engine_for, triton_hyper_engine_for
from sketch_rnn.model.kernels.hyper.compiled import CompiledHyperEngine
from sketch_rnn.model.kernels.hyper.engine import TorchHyperEngine
from sketch_rnn.model.kernels.hyper.operands import HyperEngine
from sketch_rnn.model.kernels.hyper.sequence import hyper_unroll
from sketch_rnn.model.kernels.layout import Layout
from sketch_rnn.model.kernels.operands import Engine, Operands
from sketch_rnn.model.kernels.sequence import run_sequence

FUSED_CELLS: Final = (LSTMCell, LayerNormLSTMCell, HyperLSTMCell)
FUSED_DTYPES: Final = (torch.float32, torch.float64)
FUSED_DEVICES: Final = ("cpu", "cuda")


def is_fused(cell: Cell, inputs: Tensor) -> bool:
    """Returns whether `fused_unroll` can and may run this cell over these inputs."""
    return (
        cell.kernel != "plain"
        and type(cell) in FUSED_CELLS
        and inputs.device.type in FUSED_DEVICES
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
    if isinstance(cell, HyperLSTMCell):
        return hyper_unroll(cell, inputs, active, context, state, dropout, _hyper_engine(cell))
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
    engine = _engine(cell)
    outputs, hidden, memory = run_sequence(Layout.of(active), operands, engine)
    return outputs, reordered(cell, (hidden, memory))


def reordered(cell: Cell, state: State) -> State:
    """Returns (hidden, cell) as a cell's state, and the other way round."""
    return state[::-1] if cell.output_part else state


def norm_parameters(cell: Cell) -> tuple[Tensor, ...]:
    """Returns `Operands.norm` of a cell."""
    if not isinstance(cell, LayerNormLSTMCell):
        return ()
    gates, memory = cell.gate_norm, cell.cell_norm
    return gates.weight, gates.bias, memory.weight, memory.bias


def compiled_engine_for(cell: Cell, *, may_compile: bool) -> CompiledEngine | None:
    """Returns the compiled engine, or None where it is not there or cannot run this cell."""
    weight = cell.get_parameter("recurrent_weight")
    is_for_it = type(cell) in FUSED_CELLS and weight.device.type == "cpu"
    if not is_for_it or cell.kernel not in ("auto", "compiled"):
        return None
    must = cell.kernel == "compiled"
    engine = compiled_engine("on" if must else kernel_switch(), may_compile=may_compile or must)
    if engine is None:
        return None
    return engine if engine.supports(cell.hidden_size, weight.dtype) else None


def _engine(cell: Cell) -> Engine:
    """Returns the fastest engine that can run a cell."""
    on_gpu = triton_engine_for(cell)
    if on_gpu is not None:
        return on_gpu
    products = _products(cell)
    return _compiled(cell, products) or TorchEngine(products)


def _hyper_engine(cell: Cell) -> HyperEngine:
    """Returns the fastest engine that can run a hyper cell."""
    on_gpu = triton_hyper_engine_for(cell)
    if on_gpu is not None:
        return on_gpu
    products = _products(cell)
    engine = _compiled(cell, products)
    return TorchHyperEngine(products) if engine is None else CompiledHyperEngine(engine)


def _products(cell: Cell) -> torch.dtype | None:
    """Returns the numbers of a cell's products; None for those of all else."""
    return torch.bfloat16 if cell.training and cell.precision == "bfloat16" else None


def _compiled(cell: Cell, products: torch.dtype | None) -> CompiledEngine | None:
    """Returns the compiled engine with products of such numbers, or None.

    Nothing is compiled for a network that is only used: one drawing takes less time than that.
    """
    weight = cell.get_parameter("recurrent_weight")
    is_training = torch.is_grad_enabled() and weight.requires_grad
    engine = compiled_engine_for(cell, may_compile=is_training)
    if engine is None or products is None:
        return engine
    engine = CompiledEngine(engine.library, products)
    return engine if engine.supports(cell.hidden_size, weight.dtype) else None
