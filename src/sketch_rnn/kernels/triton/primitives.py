"""What the kernels of all cells share: units, gates, and waiting for one another.

A program owns `units` hidden units, all four gates of them, of `rows` sequences, at every step. The
programs that own the same sequences form a group: each step of theirs reads what the whole group
wrote in the one before, and between the two all of them pass `wait_for_group`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.names import At, Gates, Own


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
    """`Own` at a step with `active` running sequences."""
    is_row = first_row + tl.arange(0, rows) < running
    is_unit = first_unit + tl.arange(0, units) < size
    return Own(is_row, is_row[:, None] & is_unit[None, :], first_unit, size)


@triton.jit
def first_rows(steps, step, batch, first_row):
    """`At` of a step, for a program with this first row."""
    before = tl.load(steps + 4 * step + 2) + first_row
    packed = tl.load(steps + 4 * step + 3) + first_row
    # As wide as the others, in which more than 2^31 numbers may lie before a row.
    return At(packed * 0 + first_row, before, packed + batch, packed)


@triton.jit
def tile_of(stride, own):
    """The places `(rows, units)` of what a program owns in rows `stride` apart."""
    is_tile, first_unit = own.is_tile, own.first_unit
    row = tl.arange(0, is_tile.shape[0])
    return row[:, None] * stride + first_unit + tl.arange(0, is_tile.shape[1])[None, :]


@triton.jit
def load_tile(values, stride, own):
    """Loads a program's tile from rows `stride` apart, zeros beyond its units."""
    return tl.load(values + tile_of(stride, own), mask=own.is_tile, other=0.0)


@triton.jit
def store_tile(values, stride, tile, own):
    """Stores what a program owns in rows `stride` apart."""
    tl.store(values + tile_of(stride, own), tile, mask=own.is_tile)


@triton.jit
def load_factors(dropout, at, own, is_dropped: tl.constexpr):
    """The dropout factors `(rows, units)`: 0 or the scale; ones without dropout."""
    is_tile, size = own.is_tile, own.size
    if is_dropped:
        bits = tl.load(dropout.kept + at.packed * size + tile_of(size, own), mask=is_tile, other=0)
        factors = bits.to(tl.float32) * dropout.scale
    else:
        factors = tl.where(is_tile, 1.0, 0.0)
    return factors


@triton.jit
def load_gates(gates, stride, own):
    """Loads a program's tiles of the gates i, j, f, o from rows `stride` apart."""
    is_tile, size = own.is_tile, own.size
    places = gates + tile_of(stride, own)
    write = tl.load(places, mask=is_tile, other=0.0)
    candidate = tl.load(places + size, mask=is_tile, other=0.0)
    keep = tl.load(places + 2 * size, mask=is_tile, other=0.0)
    out = tl.load(places + 3 * size, mask=is_tile, other=0.0)
    return Gates(write, candidate, keep, out)


@triton.jit
def store_gates(gates, stride, tiles, own):
    """Stores what a program owns of each of the gates i, j, f, o, in rows `stride` apart."""
    is_tile, size = own.is_tile, own.size
    places = gates + tile_of(stride, own)
    tl.store(places, tiles.write, mask=is_tile)
    tl.store(places + size, tiles.candidate, mask=is_tile)
    tl.store(places + 2 * size, tiles.keep, mask=is_tile)
    tl.store(places + 3 * size, tiles.out, mask=is_tile)


@triton.jit
def add_to_gates(gates, tiles, own):
    """Adds to what a program owns of each of the gates in `gates` `(rows, 4H)`."""
    size = own.size
    old = load_gates(gates, 4 * size, own)
    sums = Gates(
        old.write + tiles.write,
        old.candidate + tiles.candidate,
        old.keep + tiles.keep,
        old.out + tiles.out,
    )
    store_gates(gates, 4 * size, sums, own)


@triton.jit
def sigmoid(values):
    """1 / (1 + exp(-values)), without overflow."""
    decay = tl.exp(-tl.abs(values))
    return tl.where(values >= 0, 1.0, decay) / (1.0 + decay)


@triton.jit
def tanh(values):
    """The hyperbolic tangent, also of small values to full precision."""
    distance = tl.abs(values)
    decay = tl.exp(-2.0 * distance)
    far = (1.0 - decay) / (1.0 + decay)
    square = tl.minimum(distance, 1.0) * tl.minimum(distance, 1.0)
    series = -17.0 / 315.0 + square * (62.0 / 2835.0)
    series = 1.0 + square * (-1.0 / 3.0 + square * (2.0 / 15.0 + square * series))
    result = tl.where(distance < 0.25, distance * series, far)
    return tl.where(values < 0, -result, result)
