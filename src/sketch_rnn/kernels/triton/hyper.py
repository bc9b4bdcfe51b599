"""The forward sequence of the hyper cell as a Triton kernel.

Its large and its small cell are both divided among the programs of a group, so that one may own
units of one of them only. A step has seven phases, and the group waits after each: three of the
small cell, as of a layer_norm one, with the large cell's recurrent product in the first; what the
factors are made of; and three of the large cell.

`sizes` is B, H, D, I and E; `operands` and `inner_operands` are as for `pre_activations`;
`embedding` is the embedding's weight `(I, 12E)` and bias, the factors' weight `(12, E, H)` and the
gates' bias; `history` is `(past, cells, gates)` of the large cell, `inner_history` that of the
small one from the same `past`, `factored` is `(recurrent, embedded)`: see `HyperHistory`.
Functions get as `how` what is known when they are compiled: `(is_dropped, blocks, depth,
precision)`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.layer_norm import squash, store_normed_gates, update
from sketch_rnn.kernels.triton.moments import load_units
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
    common = (sizes, pairs + 2 * first_row, factored)
    cells = (
        (operands, embedding, history, norm, dropout),
        (inner_operands, inner_history, inner_norm),
    )
    target = 0
    for phase in range(first, stop):
        step, part = phase // 7, phase % 7
        running = tl.load(steps + 4 * step)
        if first_row < running:
            owns = owned_of_both(running, first_row, sizes, rows, units, inner_units)
            at = first_rows(steps, step, sizes[0], first_row)
            # Not given a name: Triton would make numbers of what it knows.
            _run(part, cells, common, at, owns, (is_dropped, blocks, depth, precision))
            if phase + 1 < stop:
                target += tl.num_programs(0)
                wait_for_group(counters + tl.program_id(1), target)


@triton.jit
def owned_of_both(
    running, first_row, sizes, rows: tl.constexpr, units: tl.constexpr, inner_units: tl.constexpr
):
    """Returns `own` at a step of the large and of the small cell."""
    first, first_inner = tl.program_id(0) * units, tl.program_id(0) * inner_units
    return (
        owned(running, first_row, first, sizes[1], rows, units),
        owned(running, first_row, first_inner, sizes[3], rows, inner_units),
    )


@triton.jit
def _run(part, cells, common, at, owns, how):
    """Runs one of the seven phases of a step."""
    given, inner_given = cells
    own, inner = owns
    operands, embedding, history, _, _ = given
    if part < 3:
        if (part == 0) & (own[2] < own[3]):
            _multiply(operands, history, common, at, own, how)
        if inner[2] < inner[3]:
            _run_inner(part, inner_given, common, at, inner, how)
    elif part == 3:
        _embed(embedding, history[0], common, at, own, how)
    elif own[2] < own[3]:
        _run_outer(part, given, common, at, own, how)


@triton.jit
def _multiply(operands, history, common, at, own, how):
    """Stores the recurrent part of the large cell's gates before it is scaled."""
    sizes, _, factored = common
    _, size, _, inner_size, _ = sizes
    recurrent, _ = factored
    stride = size + inner_size
    left = history[0] + at[1] * stride
    total = gate_product(no_gates(own), left, stride, operands[3], size, own, how[2], how[3])
    store_gates(recurrent + at[3] * 4 * size, 4 * size, split_gates(total), own)


@triton.jit
def _run_inner(part, given, common, at, own, how):
    """Runs one of the three phases of the small cell."""
    operands, history, norm = given
    past, cells, gates = history
    sizes, pairs, _ = common
    batch, size, width, inner_size, _ = sizes
    stride = size + inner_size
    # Its outputs lie beside the large cell's.
    beside = (past + size, cells, gates)
    places = places_of_step(beside, at, inner_size, stride, True)
    if part == 0:
        new = pre_activations(operands, past, stride, at, own, width, how[2], how[3])
        store_normed_gates(places, new, pairs, batch, own)
    elif part == 1:
        update(places, norm, 1.0, pairs, batch, own, how[1])
    else:
        squash(places, norm, pairs, batch, own, how[1])


@triton.jit
def num_embedding_blocks(length, own):
    """Returns in how many blocks of columns the twelve embeddings are divided."""
    return 12 * tl.cdiv(length, own[1].shape[1])


@triton.jit
def owned_embedding(block, length, own):
    """Returns which of the twelve embeddings a block of columns is in, and `own` of those."""
    is_row, is_tile, _, _ = own
    units: tl.constexpr = is_tile.shape[1]
    each = tl.cdiv(length, units)
    first = block % each * units
    is_unit = first + tl.arange(0, units) < length
    return block // each, (is_row, is_row[:, None] & is_unit[None, :], first, length)


@triton.jit
def _embed(embedding, past, common, at, own, how):
    """Stores what the factors are made of, in blocks of columns that the programs share."""
    num_blocks = num_embedding_blocks(common[0][4], own)
    for block in range(tl.program_id(0), num_blocks, tl.num_programs(0)):
        _embed_block(block, embedding, past, common, at, own, how)


@triton.jit
def _embed_block(block, embedding, past, common, at, own, how):
    """Stores one of the blocks."""
    sizes, _, factored = common
    _, size, _, inner_size, length = sizes
    _, embedded = factored
    weight, bias, _, _ = embedding
    which, columns = owned_embedding(block, length, own)
    is_row, is_tile, first, _ = columns
    stride, wide = size + inner_size, 12 * length
    total = product(
        tl.zeros(is_tile.shape, tl.float32),
        past + at[2] * stride + size,
        stride,
        is_row,
        weight + which * length + first,
        wide,
        1,
        first + tl.arange(0, is_tile.shape[1]) < length,
        inner_size,
        how[2],
        how[3],
    )
    to = embedded + at[3] * wide + which * length
    store_tile(to, wide, total + load_units(bias, which, columns), columns)


@triton.jit
def _run_outer(part, given, common, at, own, how):
    """Runs one of the last three phases, of the large cell."""
    operands, embedding, history, norm, dropout = given
    sizes, pairs, _ = common
    batch, size, _, inner_size, _ = sizes
    places = places_of_step(history, at, size, size + inner_size, True)
    if part == 4:
        gates = _scaled_gates(operands, embedding, common, at, own, how)
        store_normed_gates(places, gates, pairs, batch, own)
    elif part == 5:
        factors = load_factors(dropout, at, own, how[0])
        update(places, norm, factors, pairs, batch, own, how[1])
    else:
        squash(places, norm, pairs, batch, own, how[1])


@triton.jit
def from_inputs(operands, common, at, own, how):
    """Returns the input's part of the gates i, j, f, o before it is scaled."""
    sizes, _, _ = common
    _, _, width, _, _ = sizes
    return with_inputs(no_gates(own), operands, at, own, width, how[3])


@triton.jit
def recurrent_part(common, at, own):
    """Returns the recurrent part of the gates i, j, f, o before it is scaled."""
    _, _, factored = common
    recurrent, _ = factored
    _, _, _, size = own
    return load_gates(recurrent + at[3] * 4 * size, 4 * size, own)


@triton.jit
def factors_of(kind, weight, common, at, own, how):
    """Returns the factors of the gates i, j, f, o, each `(rows, units)`.

    Args:
        kind: 0 for those of the input's part, 1 of the recurrent part, 2 for the shifts.
        weight: `(12, E, H)`.
        common: see above.
        at: see `first_rows`.
        own: see `primitives`.
        how: see above.
    """
    first = 4 * kind
    return (
        _factor(first, weight, common, at, own, how),
        _factor(first + 1, weight, common, at, own, how),
        _factor(first + 2, weight, common, at, own, how),
        _factor(first + 3, weight, common, at, own, how),
    )


@triton.jit
def _factor(which, weight, common, at, own, how):
    """Returns one of the twelve factors."""
    sizes, _, factored = common
    _, _, _, _, length = sizes
    _, embedded = factored
    is_row, is_tile, first_unit, size = own
    wide = 12 * length
    left = embedded + at[3] * wide + which * length
    right = weight + which * length * size + first_unit
    is_column = first_unit + tl.arange(0, is_tile.shape[1]) < size
    total = tl.zeros(is_tile.shape, tl.float32)
    return product(total, left, wide, is_row, right, size, 1, is_column, length, how[2], how[3])


@triton.jit
def _scaled_gates(operands, embedding, common, at, own, how):
    """Returns the gates i, j, f, o of the large cell before they are normalised."""
    _, _, weight, bias = embedding
    given = from_inputs(operands, common, at, own, how)
    recurrent = recurrent_part(common, at, own)
    of_inputs = factors_of(0, weight, common, at, own, how)
    of_recurrent = factors_of(1, weight, common, at, own, how)
    shift = factors_of(2, weight, common, at, own, how)
    write = of_inputs[0] * given[0] + of_recurrent[0] * recurrent[0] + shift[0]
    candidate = of_inputs[1] * given[1] + of_recurrent[1] * recurrent[1] + shift[1]
    keep = of_inputs[2] * given[2] + of_recurrent[2] * recurrent[2] + shift[2]
    out = of_inputs[3] * given[3] + of_recurrent[3] * recurrent[3] + shift[3]
    return (
        write + load_units(bias, 0, own),
        candidate + load_units(bias, 1, own),
        keep + load_units(bias, 2, own),
        out + load_units(bias, 3, own),
    )
