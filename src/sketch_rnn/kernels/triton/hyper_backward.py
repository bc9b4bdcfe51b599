"""The derivative of the hyper cell's sequence as a Triton kernel.

A step has eight phases: three of the large cell, as of a layer_norm one, the last of them with the
gradients of its factors; that of their embeddings; three of the small cell; and the products
with the recurrent weights. The group waits after all but the last.

The tuples are described in `names` and `hyper_names`. In the flow of both cells
`d_hidden` is the same array, `(B, H + I)`; `d_gates` are the factors of the chunk for the large
cell, and its inner gates for the small one.
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
from sketch_rnn.kernels.triton.hyper_names import (
    BackwardCommon,
    BackwardInner,
    BackwardOuter,
    Both,
    How,
)
from sketch_rnn.kernels.triton.layer_norm_backward import (
    gate_gradients,
    normal_gradients,
    sum_cell,
    sum_gates,
)
from sketch_rnn.kernels.triton.names import Flow, Gates, NormedLayer
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
    common = BackwardCommon(sizes, pairs + 2 * first_row, factored, chunk)
    cells = Both(
        BackwardOuter(history, flow, norm, operands, weights, dropout),
        BackwardInner(inner_history, inner_flow, inner_norm, weights),
    )
    target = 0
    for phase in range(first, stop):
        step, part = last_step - phase // 8, phase % 8
        running = tl.load(steps + 4 * step)
        if first_row < running:
            owns = owned_of_both(running, first_row, sizes, rows, units, inner_units)
            at = first_rows(steps, step, sizes.batch, first_row)
            row = at.packed - base
            # Inlined: Triton would turn a named constant into a tensor.
            _run(part, cells, common, at, row, owns, How(is_dropped, blocks, depth, precision))
            if (part != 7) & (phase + 1 < stop):
                target += tl.num_programs(0)
                wait_for_group(counters + tl.program_id(1), target)


@triton.jit
def _run(part, cells, common, at, row, owns, how):
    """Runs one of the eight phases of a step, whose gradients begin at a row of the chunk."""
    given, own, inner = cells.outer, owns.outer, owns.inner
    if part < 3:
        if own.first_unit < own.size:
            _run_outer(part, given, common, at, row, own, how)
    elif part == 3:
        _embed(given, common, row, own, how)
    elif part < 7:
        if inner.first_unit < inner.size:
            _run_inner(part, cells.inner, common, at, row, inner, how)
    else:
        _multiply(cells, common, at, row, owns, how)


@triton.jit
def _run_outer(part, given, common, at, row, own, how):
    """Runs one of the three phases of the large cell."""
    flow, size, stride = given.flow, common.sizes.size, common.sizes.stride
    d_norm = given.norm.d_norm + tl.program_id(1) * 10 * size
    # The gates' gradients lie behind those of eight factors.
    of_step = flow.d_gates + row * stride + 8 * size
    layer = NormedLayer(given.history, given.norm, common.pairs, common.sizes.batch)
    if part == 0:
        sum_cell(layer, flow, d_norm, at, own, True)
    elif part == 1:
        factors = load_factors(given.dropout, at, own, how.is_dropped)
        tiles = normal_gradients(layer, flow, factors, at, own, True, how.blocks)
        sum_gates(of_step, stride, tiles, layer, d_norm, at, own)
    else:
        tiles = gate_gradients(of_step, stride, layer, at, own, how.blocks)
        store_gates(of_step, stride, tiles, own)
        _scale(tiles, given, common, at, row, own, how)


@triton.jit
def _run_inner(part, given, common, at, row, own, how):
    """Runs one of the three phases of the small cell."""
    flow, size, inner_size = given.flow, common.sizes.size, common.sizes.inner_size
    stride = 4 * inner_size
    d_norm = given.norm.d_norm + tl.program_id(1) * 10 * inner_size
    of_step = flow.d_gates + row * stride
    layer = NormedLayer(given.history, given.norm, common.pairs, common.sizes.batch)
    # The gradients of its outputs lie beside those of the large cell's, and stand in for those of
    # the sequence's outputs, which only the large cell has.
    d_hidden = flow.d_hidden + size
    beside = Flow(flow.d_hidden, d_hidden, flow.d_cell, flow.d_context, flow.d_gates, flow.stride)
    if part == 4:
        _add_embedded(given.weights.embedding, beside, common, at, row, own, how)
        sum_cell(layer, beside, d_norm, at, own, False)
    elif part == 5:
        tiles = normal_gradients(layer, beside, 1.0, at, own, False, how.blocks)
        sum_gates(of_step, stride, tiles, layer, d_norm, at, own)
    else:
        tiles = gate_gradients(of_step, stride, layer, at, own, how.blocks)
        add_to_gates(flow.d_context + at.row * stride, tiles, own)
        store_gates(of_step, stride, tiles, own)


@triton.jit
def _scale(d_gates, given, common, at, row, own, how):
    """Stores the gradients of a step's factors and of the parts that they scale."""
    flow, chunk, factor_weight = given.flow, common.chunk, given.weights.factors
    size, stride = common.sizes.size, common.sizes.stride
    d_factors = flow.d_gates + row * stride
    unscaled = from_inputs(given.operands, common, at, own, how)
    store_gates(d_factors, stride, _times(d_gates, unscaled), own)
    recurrent = recurrent_part(common, at, own)
    store_gates(d_factors + 4 * size, stride, _times(d_gates, recurrent), own)
    of_inputs = factors_of(0, factor_weight, common, at, own, how)
    d_unscaled = _times(d_gates, of_inputs)
    store_gates(chunk.from_inputs + row * 4 * size, 4 * size, d_unscaled, own)
    add_to_gates(flow.d_context + at.row * 4 * size, d_unscaled, own)
    of_recurrent = factors_of(1, factor_weight, common, at, own, how)
    store_gates(chunk.recurrent + row * 4 * size, 4 * size, _times(d_gates, of_recurrent), own)


@triton.jit
def _times(first, second):
    """The products of four tiles with four others."""
    return Gates(
        first.write * second.write,
        first.candidate * second.candidate,
        first.keep * second.keep,
        first.out * second.out,
    )


@triton.jit
def _embed(given, common, row, own, how):
    """Stores the gradients of the embeddings, in the blocks of the forward kernel."""
    num_blocks = num_embedding_blocks(common.sizes.length, own)
    for block in range(tl.program_id(0), num_blocks, tl.num_programs(0)):
        _embed_block(block, given, common, row, own, how)


@triton.jit
def _embed_block(block, given, common, row, own, how):
    """Stores one of the blocks."""
    size, length = common.sizes.size, common.sizes.length
    which, columns = owned_embedding(block, length, own)
    left = given.flow.d_gates + row * common.sizes.stride + which * size
    weight = given.weights.factors + which * length * size
    total = tl.zeros(columns.is_tile.shape, tl.float32)
    stride = common.sizes.stride
    total = transposed_product(total, left, stride, weight, size, columns, how.depth, how.precision)
    wide = 12 * length
    store_tile(common.chunk.embedded + row * wide + which * length, wide, total, columns)


@triton.jit
def _add_embedded(weight, flow, common, at, row, own, how):
    """Adds the gradient of the embeddings to that of the small cell's output."""
    wide, stride = 12 * common.sizes.length, flow.stride
    left = common.chunk.embedded + row * wide
    d_inner = flow.d_hidden + at.row * stride
    total = load_tile(d_inner, stride, own)
    total = transposed_product(total, left, wide, weight, wide, own, how.depth, how.precision)
    store_tile(d_inner, stride, total, own)
    # Other threads of the same program may load next what one thread stores here.
    tl.debug_barrier()


@triton.jit
def _multiply(cells, common, at, row, owns, how):
    """Stores the gradients of both outputs that entered a step."""
    own, inner, weights = owns.outer, owns.inner, cells.outer.weights
    size, stride = common.sizes.size, cells.outer.flow.stride
    wide, inner_wide = 4 * size, 4 * common.sizes.inner_size
    d_past = cells.outer.flow.d_hidden + at.row * stride
    d_gates = cells.inner.flow.d_gates + row * inner_wide
    if own.first_unit < own.size:
        left = common.chunk.recurrent + row * wide
        total = tl.zeros(own.is_tile.shape, tl.float32)
        total = transposed_product(
            total, d_gates, inner_wide, weights.past, inner_wide, own, how.depth, how.precision
        )
        total = transposed_product(
            total, left, wide, weights.recurrent, wide, own, how.depth, how.precision
        )
        store_tile(d_past, stride, total, own)
    if inner.first_unit < inner.size:
        weight = weights.past + size * inner_wide
        total = tl.zeros(inner.is_tile.shape, tl.float32)
        total = transposed_product(
            total, d_gates, inner_wide, weight, inner_wide, inner, how.depth, how.precision
        )
        store_tile(d_past + size, stride, total, inner)
    # The group does not wait here, but other threads of a program load next what one stored.
    tl.debug_barrier()
