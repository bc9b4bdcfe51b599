"""What the kernels of all cells share: products, gates, and waiting for one another.

A program owns `units` hidden units, all four gates of them, of `rows` sequences, at every step. The
programs that own the same sequences form a group: each step of theirs reads what the whole group
wrote in the one before, and between the two all of them pass `wait_for_group`.

What a program owns at a step goes from function to function as one tuple `own`: `is_row` `(rows,)`,
which of its sequences are running; `is_tile` `(rows, units)`, those that have units, too, which are
fewer in the last program of a group; `first_unit`; and `size`, H.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def wait_for_group(counter, target):
    """Waits until the programs of a group have arrived `target` times, all of them together.

    What any of them stored before is then seen by all. In the terms of PTX's memory model: the
    block's barrier orders its threads' stores before the one thread that executes the atomic; a
    `release` and the `acquire` that reads what it wrote (both of GPU scope, Triton's `sem` and
    `scope`) synchronise the two blocks; the second barrier passes that on to all threads of the
    waiting block. Causality order is transitive, so their later loads see the stores, and an
    acquire empties the multiprocessor's first-level cache. What others write is loaded past that
    cache nevertheless (`.cg`), as far as Triton can.

    It would wait forever if the programs of a group were not all running at once: the host
    launches several phases only where they are.
    """
    tl.debug_barrier()
    tl.atomic_add(counter, 1, sem="release", scope="gpu")
    while tl.atomic_add(counter, 0, sem="acquire", scope="gpu") < target:
        pass
    tl.debug_barrier()


@triton.jit
def owned(running, first_row, first_unit, size, rows: tl.constexpr, units: tl.constexpr):
    """Returns `own` at a step with so many running sequences."""
    is_row = first_row + tl.arange(0, rows) < running
    is_unit = first_unit + tl.arange(0, units) < size
    return is_row, is_row[:, None] & is_unit[None, :], first_unit, size


@triton.jit
def first_rows(steps, step, batch, first_row):
    """Returns `at`: a program's first row of a step in each kind of array.

    In those of the batch `(B, ...)`; in those of the history `(B + P, ...)` before and after the
    step; and in packed ones `(P, ...)`.
    """
    before = tl.load(steps + 4 * step + 2) + first_row
    packed = tl.load(steps + 4 * step + 3) + first_row
    # As wide as the others, in which more than 2^31 numbers may lie before a row.
    return packed * 0 + first_row, before, packed + batch, packed


@triton.jit
def tile_of(stride, own):
    """Returns the places `(rows, units)` of what a program owns in rows `stride` apart."""
    _, is_tile, first_unit, _ = own
    row = tl.arange(0, is_tile.shape[0])
    return row[:, None] * stride + first_unit + tl.arange(0, is_tile.shape[1])[None, :]


@triton.jit
def product(
    total,
    left,
    left_stride,
    is_row,
    right,
    depth_stride,
    column_stride,
    is_column,
    length,
    depth: tl.constexpr,
    precision: tl.constexpr,
):
    """Returns `total` `(rows, columns)` plus `left` `(rows, length)` times `right`.

    Args:
        total: what to add to.
        left: its first row; it may have been written by other programs.
        left_stride: between rows.
        is_row: which rows exist.
        right: its first row and column.
        depth_stride: between its rows.
        column_stride: between its columns.
        is_column: which columns exist.
        length: how many products each sum has.
        depth: how much of `length` is held at once, at least 16.
        precision: `ieee` for float32 products.
    """
    row = tl.arange(0, total.shape[0])
    column = tl.arange(0, total.shape[1])
    for start in range(0, length, depth):
        place = start + tl.arange(0, depth)
        is_place = place < length
        ours = tl.load(
            left + row[:, None] * left_stride + place[None, :],
            mask=is_row[:, None] & is_place[None, :],
            other=0.0,
            cache_modifier=".cg",
        )
        theirs = tl.load(
            right + place[:, None] * depth_stride + column[None, :] * column_stride,
            mask=is_place[:, None] & is_column[None, :],
            other=0.0,
        )
        total = tl.dot(ours, theirs, total, input_precision=precision)
    return total


@triton.jit
def pre_activations(
    operands, hiddens, at, own, width, depth: tl.constexpr, precision: tl.constexpr
):
    """Returns the gates i, j, f, o `(rows, units)` of a step before they are opened.

    Args:
        operands: inputs `(P, D)`, their weight `(D, H, 4)`, the context `(B, 4H)` and the recurrent
            weight `(H, H, 4)`.
        hiddens: `(B + P, H)`.
        at: see `first_rows`.
        own: see above.
        width: D.
        depth: see `product`.
        precision: see `product`.
    """
    inputs, input_weight, context, recurrent_weight = operands
    row, before, _, packed = at
    is_row, is_tile, first_unit, size = own
    rows: tl.constexpr = is_tile.shape[0]
    units: tl.constexpr = is_tile.shape[1]
    wide = 4 * size
    first = 4 * first_unit
    is_column = first + tl.arange(0, 4 * units) < wide
    total = tl.zeros((rows, 4 * units), tl.float32)
    left = hiddens + before * size
    right = recurrent_weight + first
    total = product(total, left, size, is_row, right, wide, 1, is_column, size, depth, precision)
    left = inputs + packed * width
    right = input_weight + first
    total = product(total, left, width, is_row, right, wide, 1, is_column, width, 16, precision)
    even, odd = tl.split(tl.reshape(total, (rows, units, 2, 2)))
    write, keep = tl.split(even)
    candidate, out = tl.split(odd)
    static = load_gates(context + row * wide, wide, own)
    return write + static[0], candidate + static[1], keep + static[2], out + static[3]


@triton.jit
def output_gradients(
    d_gates,
    d_gates_stride,
    recurrent_weight,
    flow,
    at,
    own,
    depth: tl.constexpr,
    precision: tl.constexpr,
):
    """Stores the gradient of the outputs that entered a step, from that of its gates.

    Args:
        d_gates: `(rows, 4H)`, in rows `d_gates_stride` apart.
        d_gates_stride: see there.
        recurrent_weight: `(H, 4H)`.
        flow: see `launch.py`; its `d_hidden` is overwritten.
        at: see `first_rows`.
        own: see above.
        depth: see `product`.
        precision: see `product`.
    """
    is_row, is_tile, first_unit, size = own
    units: tl.constexpr = is_tile.shape[1]
    total = product(
        tl.zeros((is_tile.shape[0], units), tl.float32),
        d_gates,
        d_gates_stride,
        is_row,
        recurrent_weight + first_unit * 4 * size,
        1,
        4 * size,
        first_unit + tl.arange(0, units) < size,
        4 * size,
        depth,
        precision,
    )
    tl.store(flow[1] + at[0] * size + tile_of(size, own), total, mask=is_tile)


@triton.jit
def load_tile(values, own):
    """Returns what a program owns of `values` `(rows, H)`, zeros where that is nothing."""
    _, is_tile, _, size = own
    return tl.load(values + tile_of(size, own), mask=is_tile, other=0.0)


@triton.jit
def store_tile(values, tile, own):
    """Stores what a program owns of `values` `(rows, H)`."""
    _, is_tile, _, size = own
    tl.store(values + tile_of(size, own), tile, mask=is_tile)


@triton.jit
def load_factors(dropout, at, own, is_dropped: tl.constexpr):
    """Returns dropout's zeros and scale `(rows, units)`; ones where nothing is dropped."""
    kept, scale = dropout
    _, is_tile, _, size = own
    if is_dropped:
        bits = tl.load(kept + at[3] * size + tile_of(size, own), mask=is_tile, other=0)
        factors = bits.to(tl.float32) * scale
    else:
        factors = tl.where(is_tile, 1.0, 0.0)
    return factors


@triton.jit
def load_gates(gates, stride, own):
    """Returns what a program owns of each of the gates i, j, f, o, in rows `stride` apart."""
    _, is_tile, _, size = own
    places = gates + tile_of(stride, own)
    write = tl.load(places, mask=is_tile, other=0.0)
    candidate = tl.load(places + size, mask=is_tile, other=0.0)
    keep = tl.load(places + 2 * size, mask=is_tile, other=0.0)
    out = tl.load(places + 3 * size, mask=is_tile, other=0.0)
    return write, candidate, keep, out


@triton.jit
def store_gates(gates, stride, tiles, own):
    """Stores what a program owns of each of the gates i, j, f, o, in rows `stride` apart."""
    _, is_tile, _, size = own
    write, candidate, keep, out = tiles
    places = gates + tile_of(stride, own)
    tl.store(places, write, mask=is_tile)
    tl.store(places + size, candidate, mask=is_tile)
    tl.store(places + 2 * size, keep, mask=is_tile)
    tl.store(places + 3 * size, out, mask=is_tile)


@triton.jit
def add_to_gates(gates, tiles, own):
    """Adds to what a program owns of each of the gates in `gates` `(rows, 4H)`."""
    _, _, _, size = own
    write, candidate, keep, out = tiles
    first, second, third, fourth = load_gates(gates, 4 * size, own)
    sums = (first + write, second + candidate, third + keep, fourth + out)
    store_gates(gates, 4 * size, sums, own)


@triton.jit
def sigmoid(values):
    """Returns 1 / (1 + exp(-values)), without overflow."""
    decay = tl.exp(-tl.abs(values))
    return tl.where(values >= 0, 1.0, decay) / (1.0 + decay)


@triton.jit
def tanh(values):
    """Returns the hyperbolic tangent, also of small values to full precision."""
    distance = tl.abs(values)
    decay = tl.exp(-2.0 * distance)
    far = (1.0 - decay) / (1.0 + decay)
    square = tl.minimum(distance, 1.0) * tl.minimum(distance, 1.0)
    series = -17.0 / 315.0 + square * (62.0 / 2835.0)
    series = 1.0 + square * (-1.0 / 3.0 + square * (2.0 / 15.0 + square * series))
    result = tl.where(distance < 0.25, distance * series, far)
    return tl.where(values < 0, -result, result)
