"""Fast paths of `unroll`, each proven equal to the plain one by law tests."""

from __future__ import annotations

import torch
from torch import Tensor

from sketch_rnn.model.cells import Cell, Context, LayerNormLSTMCell, LSTMCell, State
from sketch_rnn.model.kernels.layout import Layout
from sketch_rnn.model.kernels.sequence import (
    FusedSequence,
    Operands,
    results,
    run_forward,
)

FUSED_DTYPES = (torch.float32, torch.float64)


def is_fused(cell: Cell, inputs: Tensor) -> bool:
    """Returns whether `fused_unroll` can run this cell over these inputs."""
    return (
        cell.fused
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
    mask: Tensor | None,
) -> tuple[Tensor, State]:
    """Returns packed outputs and the final state of a cell that `is_fused`.

    Args:
        cell: the cell.
        inputs: `(P, D)` packed inputs.
        active: number of running sequences at each step.
        context: of the batch, longest sequence first like all else of the batch.
        state: the state before the first step.
        mask: `(P, H)` packed recurrent dropout, or None.
    """
    layout = Layout.of(active)
    hidden_part = cell.output_part
    hidden, memory = state[hidden_part], state[1 - hidden_part]
    norm: tuple[Tensor, ...] = ()
    if isinstance(cell, LayerNormLSTMCell):
        norms = cell.gate_norm, cell.cell_norm
        norm = tuple(part for each in norms for part in (each.weight, each.bias))
    input_weight = cell.input_weight[: inputs.shape[1]]
    others = (input_weight, cell.recurrent_weight, context[0], hidden, memory, *norm)
    wants_grad = any(part.requires_grad for part in (inputs, *others))
    if torch.is_grad_enabled() and wants_grad:
        outputs, hidden, memory = FusedSequence.apply(layout, inputs, mask, *others)
    else:
        operands = Operands(inputs, mask, *others[:5], norm=norm)
        outputs, hidden, memory = results(layout, run_forward(layout, operands, keep=False))
    return outputs, (memory, hidden) if hidden_part else (hidden, memory)
