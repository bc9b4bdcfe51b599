"""Outlines: the segments of paths in flat arrays, so that all curves are computed at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import svgelements

from sketch_rnn.lines import Indices

Array = npt.NDArray[np.float64]
Kinds = npt.NDArray[np.int8]

MOVE, CLOSE, LINE, QUADRATIC, CUBIC, ARC = range(6)
_COLUMNS: Final = 6
_QUARTER: Final = np.pi / 2


class Outline(NamedTuple):
    """The segments of one path in its own units.

    Attributes:
        kinds: `(n,)`, of the constants above.
        points: `(n, 6, 2)`, for each segment its start and end, and then the control points of a
            curve; or of an arc the centre, the axes as vectors, and its first angle with its sweep
            in radians. A move starts where it ends.
    """

    kinds: Kinds
    points: Array

    @classmethod
    def of_path(cls, path: Iterable[Any]) -> Self:
        """The segments of an `svgelements.Path`, without those that begin nowhere."""
        rows = [
            row
            for segment in path
            if segment.end is not None
            and (segment.start is not None or isinstance(segment, svgelements.Move))
            for row in [_row(segment)]
        ]
        points = np.zeros((len(rows), 2 * _COLUMNS))
        for index, (_, numbers) in enumerate(rows):
            points[index, : len(numbers)] = numbers
        kinds = np.array([kind for kind, _ in rows], np.int8)
        return cls(kinds, points.reshape(-1, _COLUMNS, 2))

    @classmethod
    def of_corners(cls, corners: npt.ArrayLike, *, closed: bool) -> Self:
        """The outline that joins these points, `(n, 2)`."""
        ends = np.asarray(corners, np.float64)
        if closed:
            ends = np.concatenate([ends, ends[:1]])
        kinds = np.full(len(ends), LINE, np.int8)
        kinds[0] = MOVE
        kinds[-1] = CLOSE if closed else kinds[-1]
        points = np.zeros((len(ends), _COLUMNS, 2))
        points[:, 1] = ends
        points[0, 0], points[1:, 0] = ends[0], ends[:-1]
        return cls(kinds, points)

    @classmethod
    def of_ellipse(cls, x: float, y: float, rx: float, ry: float) -> Self:
        """The outline of an ellipse, four arcs from its right end clockwise."""
        points = _CIRCLE * np.array([rx, ry])
        points[:, :3] += np.array([x, y])
        points[:, 5] = _CIRCLE[:, 5]
        return cls(_CIRCLE_KINDS, points)


def _row(segment: Any) -> tuple[int, tuple[float, ...]]:
    """The kind of a segment and the numbers of its points."""
    end = segment.end
    if isinstance(segment, svgelements.Move):
        return MOVE, (end.x, end.y, end.x, end.y)
    ends = (segment.start.x, segment.start.y, end.x, end.y)
    if isinstance(segment, svgelements.CubicBezier):
        first, second = segment.control1, segment.control2
        return CUBIC, (*ends, first.x, first.y, second.x, second.y)
    if isinstance(segment, svgelements.QuadraticBezier):
        return QUADRATIC, (*ends, segment.control.x, segment.control.y)
    if isinstance(segment, svgelements.Arc) and segment.sweep != 0:
        return ARC, (*ends, *_arc(segment))
    return (CLOSE if isinstance(segment, svgelements.Close) else LINE), ends


def _arc(arc: Any) -> tuple[float, ...]:
    angle, rx, ry = float(arc.get_rotation()), arc.rx, arc.ry
    cos, sin = np.cos(angle), np.sin(angle)
    axes = (rx * cos, rx * sin, -ry * sin, ry * cos)
    return (arc.center.x, arc.center.y, *axes, float(arc.get_start_t()), float(arc.sweep))


def _unit_circle() -> Array:
    ends = [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 0)]
    arcs = [
        [start, end, (0, 0), (1, 0), (0, 1), (number * _QUARTER, _QUARTER)]
        for number, (start, end) in enumerate(itertools.pairwise(ends))
    ]
    still = [(1, 0), (1, 0), *[(0, 0)] * 4]
    return np.array([still, *arcs, still], np.float64)


_CIRCLE: Final = _unit_circle()
_CIRCLE_KINDS: Final = np.array([MOVE, *[ARC] * 4, CLOSE], np.int8)


def points_on(curves: Outline, owners: Indices, shares: Array) -> Array:
    """The points `(m, 2)` of curves at shares of their way, exact at the ends.

    Args:
        curves: all to choose from.
        owners: `(m,)`, the index of the curve that each point is on.
        shares: `(m,)`, from 0 to 1.
    """
    found = np.empty((len(owners), 2))
    kinds = curves.kinds[owners]
    for kind, curve in ((QUADRATIC, _quadratic), (CUBIC, _cubic), (ARC, _on_arc)):
        chosen = kinds == kind
        if chosen.any():
            found[chosen] = curve(curves.points[owners[chosen]], shares[chosen, None])
    for share, column in ((0.0, 0), (1.0, 1)):
        at_end = shares == share
        found[at_end] = curves.points[owners[at_end], column]
    return found


def hulls_of(curves: Outline) -> Array:
    """Four points `(n, 4, 2)` for each curve that hold it, together with its ends."""
    kinds, points = curves
    hulls = points[:, [2, 2, 2, 2]]
    is_cubic, is_arc = kinds == CUBIC, kinds == ARC
    hulls[is_cubic, 2:] = points[is_cubic, 3, None]
    across, down = points[is_arc, 3], points[is_arc, 4]
    hulls[is_arc] += np.stack([across + down, across - down, down - across, -across - down], axis=1)
    return hulls


def _quadratic(p: Array, t: Array) -> Array:
    s = 1 - t
    curve: Array = s * s * p[:, 0] + 2 * (s * t) * p[:, 2] + t * t * p[:, 1]
    return curve


def _cubic(p: Array, t: Array) -> Array:
    s = 1 - t
    middle = s * s * t * p[:, 2] + t * t * s * p[:, 3]
    curve: Array = s * s * s * p[:, 0] + 3 * middle + t * t * t * p[:, 1]
    return curve


def _on_arc(p: Array, t: Array) -> Array:
    angle = p[:, 5, :1] + p[:, 5, 1:] * t
    curve: Array = p[:, 2] + p[:, 3] * np.cos(angle) + p[:, 4] * np.sin(angle)
    return curve
