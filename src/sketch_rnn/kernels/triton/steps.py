"""What a step of lstm and of layer_norm have in common, forwards and backwards."""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.names import Gates, Places
from sketch_rnn.kernels.triton.primitives import load_tile


@triton.jit
def places_of_step(history, at, size, stride, is_kept: tl.constexpr):
    """The `Places` of a step, its outputs in rows `stride` apart."""
    if is_kept:
        of_step = history.gates + at.packed * 4 * size
        old_cells = history.cells + at.before * size
        new_cells = history.cells + at.after * size
    else:
        of_step = history.gates + at.row * 4 * size
        old_cells = history.cells + at.row * size
        new_cells = old_cells
    return Places(of_step, old_cells, new_cells, history.hiddens + at.after * stride, stride)


@triton.jit
def output_gradient(flow, at, own, has_outputs: tl.constexpr):
    """The gradient `(rows, units)` of a step's outputs, from later ones and outside."""
    size = own.size
    d_new = load_tile(flow.d_hidden + at.row * flow.stride, flow.stride, own)
    if has_outputs:
        d_new += load_tile(flow.d_outputs + at.packed * size, size, own)
    return d_new


@triton.jit
def before_opening(opened, d_memory, factors, old, d_out):
    """The gradients of the gates i, j, f, o before they were opened.

    Args:
        opened: the gates.
        d_memory: of the cell after the step.
        factors: dropout of the candidate.
        old: the cell before the step.
        d_out: of the opened output gate.
    """
    write, candidate, keep, out = opened
    d_written = d_memory * factors
    return Gates(
        d_written * candidate * write * (1.0 - write),
        d_written * write * (1.0 - candidate * candidate),
        d_memory * old * keep * (1.0 - keep),
        d_out * out * (1.0 - out),
    )
