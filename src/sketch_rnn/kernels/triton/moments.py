"""Sums over all units of a layer, of which each program knows its own: what layer norm needs.

A program leaves a pair of numbers for each of its sequences and for each part: the four gates, and
the cell. It reads those of the whole group once that has waited. They lie in an array `pairs`
`(5, blocks, B, 2)`, blocks being the programs of a group, of which the last ones may own none of
the layer's units; functions get it from the program's first sequence on.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def store_moments(pairs, part, batch, values, own):
    """Stores the mean of a program's units and the sum of their squared distances from it.

    Args:
        pairs: see above.
        part: number of the gate, 4 for the cell.
        batch: B.
        values: `(rows, units)`.
        own: see `names`.
    """
    is_tile, first_unit, size = own.is_tile, own.first_unit, own.size
    count = tl.minimum(size - first_unit, is_tile.shape[1])
    mean = tl.sum(tl.where(is_tile, values, 0.0), 1) / count
    distance = tl.where(is_tile, values - mean[:, None], 0.0)
    _store_pairs(pairs, part, batch, mean, tl.sum(distance * distance, 1), own)


@triton.jit
def load_moments(pairs, part, batch, epsilon, own, blocks: tl.constexpr):
    """The mean and 1 / sigma `(rows,)` over all units.

    The squared distances within the blocks and of their means are added, which loses no digits
    where a mean is large (Chan, Golub & LeVeque 1979).
    """
    is_tile, size = own.is_tile, own.size
    units: tl.constexpr = is_tile.shape[1]
    count = tl.minimum(tl.maximum(size - tl.arange(0, blocks) * units, 0), units)[None, :]
    means, squares = _load_pairs(pairs, part, batch, own, blocks)
    mean = tl.sum(means * count, 1) / size
    distance = means - mean[:, None]
    variance = tl.sum(squares + count * distance * distance, 1) / size
    return mean, 1.0 / tl.sqrt(variance + epsilon)


@triton.jit
def store_sums(pairs, part, batch, first, second, own):
    """Stores the sums of `first` and `second` `(rows, units)` over a program's units."""
    is_tile = own.is_tile
    first = tl.sum(tl.where(is_tile, first, 0.0), 1)
    second = tl.sum(tl.where(is_tile, second, 0.0), 1)
    _store_pairs(pairs, part, batch, first, second, own)


@triton.jit
def load_means(pairs, part, batch, own, blocks: tl.constexpr):
    """The means `(rows, 1)` over all units of what `store_sums` was given."""
    size = own.size
    first, second = _load_pairs(pairs, part, batch, own, blocks)
    return (tl.sum(first, 1) / size)[:, None], (tl.sum(second, 1) / size)[:, None]


@triton.jit
def load_units(values, part, own):
    """Loads a program's share `(1, units)` of a part of `values` `(parts * H,)`."""
    is_tile, first_unit, size = own.is_tile, own.first_unit, own.size
    unit = first_unit + tl.arange(0, is_tile.shape[1])
    return tl.load(values + part * size + unit, mask=unit < size, other=0.0)[None, :]


@triton.jit
def add_to_units(values, part, tile, own):
    """Adds the sums of `tile` `(rows, units)` over the rows to what `load_units` loads."""
    is_tile, first_unit, size = own.is_tile, own.first_unit, own.size
    unit = first_unit + tl.arange(0, is_tile.shape[1])
    places = values + part * size + unit
    total = tl.sum(tl.where(is_tile, tile, 0.0), 0)
    tl.store(places, tl.load(places, mask=unit < size, other=0.0) + total, mask=unit < size)


@triton.jit
def _store_pairs(pairs, part, batch, first, second, own):
    """Stores two numbers `(rows,)` of a program."""
    is_row, is_tile = own.is_row, own.is_tile
    block = part * tl.num_programs(0) + tl.program_id(0)
    place = pairs + block * 2 * batch + tl.arange(0, is_tile.shape[0]) * 2
    tl.store(place, first, mask=is_row)
    tl.store(place + 1, second, mask=is_row)


@triton.jit
def _load_pairs(pairs, part, batch, own, blocks: tl.constexpr):
    """The numbers `(rows, blocks)` of all programs with units, zeros beyond the last."""
    is_row, is_tile, size = own.is_row, own.is_tile, own.size
    block = tl.arange(0, blocks)[None, :]
    is_pair = is_row[:, None] & (block * is_tile.shape[1] < size)
    row = tl.arange(0, is_tile.shape[0])[:, None]
    place = pairs + (part * tl.num_programs(0) + block) * 2 * batch + row * 2
    first = tl.load(place, mask=is_pair, other=0.0, cache_modifier=".cg")
    second = tl.load(place + 1, mask=is_pair, other=0.0, cache_modifier=".cg")
    return first, second
