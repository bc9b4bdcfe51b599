"""The forward sequence of the hyper cell as a Triton kernel.

Its large and its small cell are both divided among the programs of a group, so that one may own
units of one of them only. A step has seven phases, and the group waits after each: three of the
small cell, as of a layer_norm one, with the large cell's recurrent product in the first; the
embeddings of the factors; and three of the large cell.

The tuples are described in `names` and `hyper_names`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.hyper_names import Both, Common, How, Inner, Outer
from sketch_rnn.kernels.triton.layer_norm import squash, store_normed_gates, update
from sketch_rnn.kernels.triton.moments import load_units
from sketch_rnn.kernels.triton.names import Gates, History, Own
from sketch_rnn.kernels.triton.primitives import (
    first_rows,
    load_factors,
    load_gates,
    owned,
    store_gates,
    store_tile,
    wait_for_group,
)
from sketch_rnn.kernels.triton.products import (
    gate_product,
    no_gates,
    pre_activations,
    product,
    split_gates,
    with_inputs,
)
from sketch_rnn.kernels.triton.steps import places_of_step


@triton.jit(do_not_specialize=["first", "stop"])
def hyper_forward(
    steps,
    counters,
    first,
    stop,
    sizes,
    operands,
    inner_operands,
    embedding,
    dropout,
    history,
    inner_history,
    factored,
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
    """Runs the phases from `first` to before `stop`, seven a step; see above and `launch.py`."""
    first_row = tl.program_id(1) * rows
    common = Common(sizes, pairs + 2 * first_row, factored)
    cells = Both(
        Outer(operands, embedding, history, norm, dropout),
        Inner(inner_operands, inner_history, inner_norm),
    )
    target = 0
    for phase in range(first, stop):
        step, part = phase // 7, phase % 7
        running = tl.load(steps + 4 * step)
        if first_row < running:
            owns = owned_of_both(running, first_row, sizes, rows, units, inner_units)
            at = first_rows(steps, step, sizes.batch, first_row)
            # Inlined: Triton would turn a named constant into a tensor.
            _run(part, cells, common, at, owns, How(is_dropped, blocks, depth, precision))
            if phase + 1 < stop:
                target += tl.num_programs(0)
                wait_for_group(counters + tl.program_id(1), target)


@triton.jit
def owned_of_both(
    running, first_row, sizes, rows: tl.constexpr, units: tl.constexpr, inner_units: tl.constexpr
):
    """`Own` at a step of the large and of the small cell."""
    first, first_inner = tl.program_id(0) * units, tl.program_id(0) * inner_units
    return Both(
        owned(running, first_row, first, sizes.size, rows, units),
        owned(running, first_row, first_inner, sizes.inner_size, rows, inner_units),
    )


@triton.jit
def _run(part, cells, common, at, owns, how):
    """Runs one of the seven phases of a step."""
    own, inner = owns.outer, owns.inner
    if part < 3:
        if (part == 0) & (own.first_unit < own.size):
            _multiply(cells.outer, common, at, own, how)
        if inner.first_unit < inner.size:
            _run_inner(part, cells.inner, common, at, inner, how)
    elif part == 3:
        _embed(cells.outer, common, at, own, how)
    elif own.first_unit < own.size:
        _run_outer(part, cells.outer, common, at, own, how)


@triton.jit
def _multiply(given, common, at, own, how):
    """Stores the recurrent part of the large cell's gates before it is scaled."""
    size = common.sizes.size
    stride = size + common.sizes.inner_size
    left = given.history.hiddens + at.before * stride
    weight = given.operands.recurrent_weight
    total = gate_product(no_gates(own), left, stride, weight, size, own, how.depth, how.precision)
    to = common.factored.recurrent + at.packed * 4 * size
    store_gates(to, 4 * size, split_gates(total), own)


@triton.jit
def _run_inner(part, given, common, at, own, how):
    """Runs one of the three phases of the small cell."""
    history, norm, sizes, pairs = given.history, given.norm, common.sizes, common.pairs
    stride = sizes.size + sizes.inner_size
    # Its outputs lie beside the large cell's.
    beside = History(history.hiddens + sizes.size, history.cells, history.gates)
    places = places_of_step(beside, at, sizes.inner_size, stride, True)
    if part == 0:
        operands, past, width = given.operands, history.hiddens, sizes.width
        new = pre_activations(operands, past, stride, at, own, width, how.depth, how.precision)
        store_normed_gates(places, new, pairs, sizes.batch, own)
    elif part == 1:
        update(places, norm, 1.0, pairs, sizes.batch, own, how.blocks)
    else:
        squash(places, norm, pairs, sizes.batch, own, how.blocks)


@triton.jit
def num_embedding_blocks(length, own):
    """The number of column blocks that the twelve embeddings are divided into."""
    return 12 * tl.cdiv(length, own.is_tile.shape[1])


@triton.jit
def owned_embedding(block, length, own):
    """The number, of twelve, of the embedding that a column block is in, and its `Own`."""
    is_row, is_tile = own.is_row, own.is_tile
    units: tl.constexpr = is_tile.shape[1]
    each = tl.cdiv(length, units)
    first = block % each * units
    is_unit = first + tl.arange(0, units) < length
    return block // each, Own(is_row, is_row[:, None] & is_unit[None, :], first, length)


@triton.jit
def _embed(given, common, at, own, how):
    """Stores the embeddings of the factors, in blocks of columns shared among the programs."""
    num_blocks = num_embedding_blocks(common.sizes.length, own)
    for block in range(tl.program_id(0), num_blocks, tl.num_programs(0)):
        _embed_block(block, given, common, at, own, how)


@triton.jit
def _embed_block(block, given, common, at, own, how):
    """Stores one of the blocks."""
    sizes, embedding = common.sizes, given.embedding
    length = sizes.length
    which, columns = owned_embedding(block, length, own)
    stride, wide = sizes.size + sizes.inner_size, 12 * length
    total = product(
        tl.zeros(columns.is_tile.shape, tl.float32),
        given.history.hiddens + at.after * stride + sizes.size,
        stride,
        columns.is_row,
        embedding.weight + which * length + columns.first_unit,
        wide,
        1,
        columns.first_unit + tl.arange(0, columns.is_tile.shape[1]) < length,
        sizes.inner_size,
        how.depth,
        how.precision,
    )
    to = common.factored.embedded + at.packed * wide + which * length
    store_tile(to, wide, total + load_units(embedding.bias, which, columns), columns)


@triton.jit
def _run_outer(part, given, common, at, own, how):
    """Runs one of the last three phases, of the large cell."""
    norm, sizes, pairs = given.norm, common.sizes, common.pairs
    stride = sizes.size + sizes.inner_size
    places = places_of_step(given.history, at, sizes.size, stride, True)
    if part == 4:
        gates = _scaled_gates(given.operands, given.embedding, common, at, own, how)
        store_normed_gates(places, gates, pairs, sizes.batch, own)
    elif part == 5:
        factors = load_factors(given.dropout, at, own, how.is_dropped)
        update(places, norm, factors, pairs, sizes.batch, own, how.blocks)
    else:
        squash(places, norm, pairs, sizes.batch, own, how.blocks)


@triton.jit
def from_inputs(operands, common, at, own, how):
    """The input's part of the gates i, j, f, o before it is scaled."""
    return with_inputs(no_gates(own), operands, at, own, common.sizes.width, how.precision)


@triton.jit
def recurrent_part(common, at, own):
    """The recurrent part of the gates i, j, f, o before it is scaled."""
    wide = 4 * own.size
    return load_gates(common.factored.recurrent + at.packed * wide, wide, own)


@triton.jit
def factors_of(kind, weight, common, at, own, how):
    """The factors of the gates i, j, f, o, each `(rows, units)`.

    Args:
        kind: 0 for those of the input's part, 1 of the recurrent part, 2 for the shifts.
        weight: `(12, E, H)`.
        common: see `hyper_names`.
        at: see `names`.
        own: see `names`.
        how: see `hyper_names`.
    """
    first = 4 * kind
    return Gates(
        _factor(first, weight, common, at, own, how),
        _factor(first + 1, weight, common, at, own, how),
        _factor(first + 2, weight, common, at, own, how),
        _factor(first + 3, weight, common, at, own, how),
    )


@triton.jit
def _factor(which, weight, common, at, own, how):
    """One of the twelve factors."""
    length, size = common.sizes.length, own.size
    wide = 12 * length
    is_column = own.first_unit + tl.arange(0, own.is_tile.shape[1]) < size
    return product(
        tl.zeros(own.is_tile.shape, tl.float32),
        common.factored.embedded + at.packed * wide + which * length,
        wide,
        own.is_row,
        weight + which * length * size + own.first_unit,
        size,
        1,
        is_column,
        length,
        how.depth,
        how.precision,
    )


@triton.jit
def _scaled_gates(operands, embedding, common, at, own, how):
    """The gates i, j, f, o of the large cell before they are normalised."""
    weight, bias = embedding.factors, embedding.gate_bias
    given = from_inputs(operands, common, at, own, how)
    past = recurrent_part(common, at, own)
    of_inputs = factors_of(0, weight, common, at, own, how)
    of_past = factors_of(1, weight, common, at, own, how)
    shift = factors_of(2, weight, common, at, own, how)
    write = of_inputs.write * given.write + of_past.write * past.write + shift.write
    candidate = of_inputs.candidate * given.candidate + of_past.candidate * past.candidate
    candidate += shift.candidate
    keep = of_inputs.keep * given.keep + of_past.keep * past.keep + shift.keep
    out = of_inputs.out * given.out + of_past.out * past.out + shift.out
    return Gates(
        write + load_units(bias, 0, own),
        candidate + load_units(bias, 1, own),
        keep + load_units(bias, 2, own),
        out + load_units(bias, 3, own),
    )
