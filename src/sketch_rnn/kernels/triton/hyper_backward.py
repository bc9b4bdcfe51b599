"""The derivative of the hyper cell's sequence as a Triton kernel.

A step has eight phases: three of the large cell, as of a layer_norm one, the last of them with the
gradients of its factors; that of what these are made of; three of the small cell; and the products
with the recurrent weights. The group waits after all but the last.

`sizes` is B, H, D, I, E and the distance between the rows of the chunk's factors; `weights` are the
recurrent one `(H, 4H)`, the small cell's of the past `(H + I, 4I)`, the embedding's `(I, 12E)` and
the factors' `(12, E, H)`; `operands`, `factored` and `how` are as in `hyper.py`; `history` and
`flow` as in `launch.py`, with the small cell's own in `inner_history` and `inner_flow`, where
`d_hidden` is the same array of both, and `d_gates` the chunk's factors and inner gates; `chunk` is
the rest of it, `(from_inputs, recurrent, embedded)`: see `HyperChunk`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.hyper import (
    factors_of,
    from_inputs,
    num_embedding_blocks,
    owned_embedding,
    owned_of_both,
    recurrent_part,
)
from sketch_rnn.kernels.triton.layer_norm_backward import (
    gate_gradients,
    normal_gradients,
    sum_cell,
    sum_gates,
)
from sketch_rnn.kernels.triton.primitives import (
    add_to_gates,
    first_rows,
    load_factors,
    load_tile,
    store_gates,
    store_tile,
    wait_for_group,
)
from sketch_rnn.kernels.triton.products import transposed_product


@triton.jit(do_not_specialize=["first", "stop", "last_step", "base"])
def hyper_backward(
    steps,
    counters,
    first,
    stop,
    last_step,
    base,
    sizes,
    weights,
    operands,
    dropout,
    history,
    inner_history,
    factored,
    flow,
    inner_flow,
    chunk,
    norm,
    inner_norm,
    pairs,
    is_dropped: tl.constexpr,
    rows: tl.constexpr,
    units: tl.constexpr,
    inner_units: tl.constexpr,
    blocks: tl.constexpr,
    depth: tl.constexpr,
    precision: tl.constexpr,
):
    """Runs the phases from `first` to before `stop`, eight for each step from `last_step` down."""
    first_row = tl.program_id(1) * rows
    common = (sizes, pairs + 2 * first_row, factored, chunk)
    cells = (
        (history, flow, norm, operands, weights, dropout),
        (inner_history, inner_flow, inner_norm, weights),
    )
    target = 0
    for phase in range(first, stop):
        step, part = last_step - phase // 8, phase % 8
        running = tl.load(steps + 4 * step)
        if first_row < running:
            owns = owned_of_both(running, first_row, sizes, rows, units, inner_units)
            at = first_rows(steps, step, sizes[0], first_row)
            place = (at, at[3] - base)
            # Not given a name: Triton would make numbers of what it knows.
            _run(part, cells, common, place, owns, (is_dropped, blocks, depth, precision))
            if (part != 7) & (phase + 1 < stop):
                target += tl.num_programs(0)
                wait_for_group(counters + tl.program_id(1), target)


@triton.jit
def _run(part, cells, common, place, owns, how):
    """Runs one of the eight phases of a step."""
    at, row = place
    given, inner_given = cells
    own, inner = owns
    _, flow, _, _, weights, _ = given
    if part < 3:
        if own[2] < own[3]:
            _run_outer(part, given, common, at, row, own, how)
    elif part == 3:
        _embed(weights[3], flow, common, row, own, how)
    elif part < 7:
        if inner[2] < inner[3]:
            _run_inner(part, inner_given, common, at, row, inner, how)
    else:
        _multiply(weights, flow, inner_given[1], common, at, row, own, inner, how)


@triton.jit
def _run_outer(part, given, common, at, row, own, how):
    """Runs one of the three phases of the large cell."""
    history, flow, norm, operands, weights, dropout = given
    sizes, pairs, _, _ = common
    batch, size, _, _, _, stride = sizes
    d_norm = norm[4] + tl.program_id(1) * 10 * size
    # The gates' gradients lie behind those of eight factors.
    of_step = flow[4] + row * stride + 8 * size
    cell = (history, norm, pairs, batch)
    if part == 0:
        sum_cell(cell, flow, d_norm, at, own, True)
    elif part == 1:
        factors = load_factors(dropout, at, own, how[0])
        tiles = normal_gradients(cell, flow, factors, at, own, True, how[1])
        sum_gates(of_step, stride, tiles, cell, d_norm, at, own)
    else:
        tiles = gate_gradients(of_step, stride, cell, at, own, how[1])
        store_gates(of_step, stride, tiles, own)
        _scale(tiles, weights[3], operands, flow, common, at, row, own, how)


@triton.jit
def _run_inner(part, given, common, at, row, own, how):
    """Runs one of the three phases of the small cell."""
    history, flow, norm, weights = given
    _, d_past, d_cell, d_context, d_gates, past_stride = flow
    sizes, pairs, _, _ = common
    batch, size, _, inner_size, _, _ = sizes
    stride = 4 * inner_size
    d_norm = norm[4] + tl.program_id(1) * 10 * inner_size
    of_step = d_gates + row * stride
    cell = (history, norm, pairs, batch)
    beside = (d_past, d_past + size, d_cell, d_context, d_gates, past_stride)
    if part == 4:
        _add_embedded(weights[2], beside, common, at, row, own, how)
        sum_cell(cell, beside, d_norm, at, own, False)
    elif part == 5:
        tiles = normal_gradients(cell, beside, 1.0, at, own, False, how[1])
        sum_gates(of_step, stride, tiles, cell, d_norm, at, own)
    else:
        tiles = gate_gradients(of_step, stride, cell, at, own, how[1])
        add_to_gates(d_context + at[0] * stride, tiles, own)
        store_gates(of_step, stride, tiles, own)


@triton.jit
def _scale(d_gates, factor_weight, operands, flow, common, at, row, own, how):
    """Stores the gradients of a step's factors and of what they scale, from those of its gates."""
    sizes, pairs, factored, chunk = common
    d_from_inputs, d_recurrent, _ = chunk
    batch, size, width, inner_size, length, stride = sizes
    forward = ((batch, size, width, inner_size, length), pairs, factored)
    d_factors = flow[4] + row * stride
    given = from_inputs(operands, forward, at, own, how)
    store_gates(d_factors, stride, _times(d_gates, given), own)
    recurrent = recurrent_part(forward, at, own)
    store_gates(d_factors + 4 * size, stride, _times(d_gates, recurrent), own)
    of_inputs = factors_of(0, factor_weight, forward, at, own, how)
    d_given = _times(d_gates, of_inputs)
    store_gates(d_from_inputs + row * 4 * size, 4 * size, d_given, own)
    add_to_gates(flow[3] + at[0] * 4 * size, d_given, own)
    of_recurrent = factors_of(1, factor_weight, forward, at, own, how)
    store_gates(d_recurrent + row * 4 * size, 4 * size, _times(d_gates, of_recurrent), own)


@triton.jit
def _times(first, second):
    """Returns the products of four tiles with four others."""
    return (
        first[0] * second[0],
        first[1] * second[1],
        first[2] * second[2],
        first[3] * second[3],
    )


@triton.jit
def _embed(factor_weight, flow, common, row, own, how):
    """Stores the gradients of what the factors are made of, in blocks as forwards."""
    num_blocks = num_embedding_blocks(common[0][4], own)
    for block in range(tl.program_id(0), num_blocks, tl.num_programs(0)):
        _embed_block(block, factor_weight, flow, common, row, own, how)


@triton.jit
def _embed_block(block, factor_weight, flow, common, row, own, how):
    """Stores one of the blocks."""
    sizes, _, _, chunk = common
    _, size, _, _, length, stride = sizes
    _, _, d_embedded = chunk
    which, columns = owned_embedding(block, length, own)
    left = flow[4] + row * stride + which * size
    weight = factor_weight + which * length * size
    total = tl.zeros(columns[1].shape, tl.float32)
    total = transposed_product(total, left, stride, weight, size, columns, how[2], how[3])
    wide = 12 * length
    store_tile(d_embedded + row * wide + which * length, wide, total, columns)


@triton.jit
def _add_embedded(weight, flow, common, at, row, own, how):
    """Adds to the gradient of the small cell's output that of what the factors are made of."""
    sizes, _, _, chunk = common
    _, _, _, _, length, _ = sizes
    _, _, d_embedded = chunk
    wide, stride = 12 * length, flow[5]
    left = d_embedded + row * wide
    d_inner = flow[1] + at[0] * stride
    total = load_tile(d_inner, stride, own)
    total = transposed_product(total, left, wide, weight, wide, own, how[2], how[3])
    store_tile(d_inner, stride, total, own)
    # What one thread stores others of the same program may load next.
    tl.debug_barrier()


@triton.jit
def _multiply(weights, flow, inner_flow, common, at, row, own, inner, how):
    """Stores the gradients of both outputs that entered a step."""
    sizes, _, _, chunk = common
    _, size, _, inner_size, _, _ = sizes
    _, d_recurrent, _ = chunk
    recurrent_weight, past_weight, _, _ = weights
    stride, wide, inner_wide = flow[5], 4 * size, 4 * inner_size
    d_past = flow[1] + at[0] * stride
    d_gates = inner_flow[4] + row * inner_wide
    if own[2] < own[3]:
        left = d_recurrent + row * wide
        total = tl.zeros(own[1].shape, tl.float32)
        total = transposed_product(
            total, d_gates, inner_wide, past_weight, inner_wide, own, how[2], how[3]
        )
        total = transposed_product(total, left, wide, recurrent_weight, wide, own, how[2], how[3])
        store_tile(d_past, stride, total, own)
    if inner[2] < inner[3]:
        weight = past_weight + size * inner_wide
        total = tl.zeros(inner[1].shape, tl.float32)
        total = transposed_product(
            total, d_gates, inner_wide, weight, inner_wide, inner, how[2], how[3]
        )
        store_tile(d_past + size, stride, total, inner)
    # The group does not wait here, but what a thread stored others of its program load next.
    tl.debug_barrier()
