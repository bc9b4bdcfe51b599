"""Flattens the curves of many outlines at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from sketch_rnn.lines import Indices, Lines, Mask, Polyline, starts_of
from sketch_rnn.sources.svg.outline import CLOSE, LINE, MOVE, Outline, hulls_of, points_on
from sketch_rnn.sources.svg.viewport import Transform

_FEWEST: Final = 9
_MOST: Final = 1025
_BOX_POINTS: Final = 33
# In pixels; of numbers beyond it, products of four overflow.
_FARTHEST: Final = 1e75
# Points of curves computed at once; more would take memory and no less time.
_BLOCK: Final = 100_000

Placed = tuple[Outline, Transform]


class _Segments(NamedTuple):
    """The segments of several outlines.

    Attributes:
        outline: all of them.
        matrices: `(n, 3, 3)`, from the units of each to pixels.
        owners: `(n,)`, the index of the outline that each is of.
    """

    outline: Outline
    matrices: Transform
    owners: Indices

    @classmethod
    def of(cls, placed: Sequence[Placed]) -> _Segments:
        owners = np.repeat(np.arange(len(placed)), [len(outline.kinds) for outline, _ in placed])
        kinds = [np.zeros(0, np.int8), *(outline.kinds for outline, _ in placed)]
        points = [np.zeros((0, 6, 2)), *(outline.points for outline, _ in placed)]
        matrices = np.array([matrix for _, matrix in placed]).reshape(-1, 3, 3)
        outline = Outline(np.concatenate(kinds), np.concatenate(points))
        return cls(outline, matrices[owners], owners)

    def select(self, chosen: Mask | slice) -> _Segments:
        outline = Outline(self.outline.kinds[chosen], self.outline.points[chosen])
        return _Segments(outline, self.matrices[chosen], self.owners[chosen])

    def at(self, owners: Indices, shares: Polyline) -> Polyline:
        """Points of curves in pixels; see `points_on`."""
        return _placed(points_on(self.outline, owners, shares), self.matrices[owners])

    def column(self, column: int) -> Polyline:
        """The starts (0) or ends (1) in pixels."""
        return _placed(self.outline.points[:, column], self.matrices)

    def evenly(self, count: int) -> Polyline:
        """As many points on each, `(n, count, 2)`."""
        owners = np.repeat(np.arange(len(self.owners)), count)
        shares = np.tile(np.linspace(0, 1, count), len(self.owners))
        return self.at(owners, shares).reshape(-1, count, 2)


def box_of(placed: Sequence[Placed]) -> tuple[Polyline, Polyline]:
    """The left-top and right-bottom corner of outlines in pixels; zero if there is nothing."""
    segments = _Segments.of(placed)
    corners = [_corners(np.concatenate([segments.column(0), segments.column(1)]))]
    curves = segments.select(segments.outline.kinds > LINE)
    curves = curves.select(_may_leave(curves, *corners[0]))
    for block in _blocks(np.full(len(curves.owners), _BOX_POINTS)):
        corners.append(_corners(curves.select(block).evenly(_BOX_POINTS).reshape(-1, 2)))
    lows, highs = np.array(corners).transpose(1, 0, 2)
    low, high = lows.min(axis=0), highs.max(axis=0)
    return (low, high) if np.isfinite(low).all() else (np.zeros(2), np.zeros(2))


def _may_leave(curves: _Segments, low: Polyline, high: Polyline) -> Mask:
    """Whether curves, whose ends are in a box, may leave it: the points that hold them do."""
    hulls = hulls_of(curves.outline)
    points = np.stack([_placed(hulls[:, column], curves.matrices) for column in range(4)])
    is_inside = (points >= low) & (points <= high)
    return np.asarray(~is_inside.all(axis=(0, 2)), bool)


def _corners(points: Polyline) -> tuple[Polyline, Polyline]:
    points = points[_are_near(points)]
    return points.min(axis=0, initial=np.inf), points.max(axis=0, initial=-np.inf)


def flattened(placed: Sequence[Placed], tolerance: float) -> list[list[Polyline]]:
    """The polylines of the parts of each outline in pixels, a part of no length as a dot.

    Parts that are not finite, or absurdly far away, are left out.

    Args:
        placed: outlines, each with the matrix from its units to pixels.
        tolerance: how far a polyline may leave its curve, in pixels.
    """
    segments = _Segments.of(placed)
    kinds = segments.outline.kinds
    is_first = np.diff(segments.owners, prepend=-1) > 0
    after = np.roll(kinds, 1)
    begins = (kinds != MOVE) & (is_first | (after == MOVE) | (after == CLOSE))
    is_curve, is_straight = kinds > LINE, (kinds == LINE) | (kinds == CLOSE)
    curve_points, curve_counts = _curves(segments.select(is_curve), tolerance)
    counts = (kinds != MOVE).astype(np.int64)
    counts[is_curve] = curve_counts
    starts = starts_of(counts + begins)
    points = np.empty((starts[-1], 2))
    begin_places, line_places = starts[:-1][begins], starts[1:][is_straight] - 1
    on_curve = np.ones(len(points), bool)
    on_curve[begin_places] = on_curve[line_places] = False
    points[begin_places] = segments.column(0)[begins]
    points[line_places] = segments.column(1)[is_straight]
    points[on_curve] = curve_points
    return _parts(points, begin_places, segments.owners[begins], len(placed))


def _are_near(points: Polyline) -> Mask:
    return np.asarray((np.abs(points) < _FARTHEST).all(axis=1), bool)


def _parts(points: Polyline, starts: Indices, owners: Indices, count: int) -> list[list[Polyline]]:
    """The parts of points without repetitions, for each of their owners."""
    found: list[list[Polyline]] = [[] for _ in range(count)]
    if not len(points):
        return found
    kept = np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])
    kept[starts] = True
    is_near = np.logical_and.reduceat(_are_near(points), starts)
    ends = starts_of(np.add.reduceat(kept, starts, dtype=np.int64)).tolist()
    points = points[kept]
    for index, owner in enumerate(owners.tolist()):
        if is_near[index]:
            found[owner].append(points[ends[index] : ends[index + 1]])
    return found


def _curves(curves: _Segments, tolerance: float) -> tuple[Polyline, Indices]:
    """The points of curves after their starts, and how many each has."""
    points, counts = [np.zeros((0, 2))], [np.zeros(0, np.int64)]
    for block in _blocks(np.full(len(curves.owners), _FEWEST)):
        some = curves.select(block)
        wanted = _wanted(some, tolerance)
        for inner in _blocks(wanted):
            lines = _simplified(some.select(inner), wanted[inner], tolerance)
            points.append(np.delete(lines.points, lines.line_starts[:-1], axis=0))
            counts.append(np.diff(lines.line_starts) - 1)
    return np.concatenate(points), np.concatenate(counts)


def _wanted(curves: _Segments, tolerance: float) -> Indices:
    """How many points are computed of each curve."""
    rough = curves.evenly(_FEWEST)
    lengths = np.hypot(*np.moveaxis(np.diff(rough, axis=1), 2, 0)).sum(axis=1)
    if not tolerance > 0:
        return np.full(len(lengths), _FEWEST)
    # A circle of this length needs 2.2 times the root; more, since curves bend unevenly.
    wanted = np.clip(6 * np.sqrt(lengths / tolerance), _FEWEST, _MOST)
    return np.where(np.isfinite(lengths), wanted, _FEWEST).astype(np.int64)


def _simplified(curves: _Segments, counts: Indices, tolerance: float) -> Lines:
    """Each curve as the polyline that is needed of so many of its points."""
    starts = starts_of(counts)
    owners = np.repeat(np.arange(len(counts)), counts)
    shares = (np.arange(starts[-1]) - starts[owners]) * (1 / (counts - 1))[owners]
    shares[starts[1:] - 1] = 1.0
    lines = Lines(curves.at(owners, shares), starts, np.arange(len(starts)))
    is_finite = np.logical_and.reduceat(np.isfinite(lines.points).all(axis=1), starts[:-1])
    # What is not finite is left out later.
    lines.points[np.repeat(~is_finite, counts)] = np.nan
    return lines.simplified(tolerance * 0.7) if tolerance > 0 else lines


def _placed(points: Polyline, matrices: Transform) -> Polyline:
    """Points `(n, 2)` transformed by matrices `(n, 3, 3)`, alike wherever they are in the array."""
    x, y = points.T
    with np.errstate(all="ignore"):
        placed = [
            matrices[:, row, 0] * x + matrices[:, row, 1] * y + matrices[:, row, 2]
            for row in (0, 1)
        ]
    return np.stack(placed, axis=1)


def _blocks(counts: Indices) -> Iterator[slice]:
    """Yields slices of items with a bounded number of points together, or of one item."""
    numbers = np.cumsum(counts) // _BLOCK
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(counts)]
    yield from (slice(a, b) for a, b in itertools.pairwise(edges) if b > a)
