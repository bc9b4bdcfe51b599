"""Curves as polylines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import svgelements

from sketch_rnn.lines import Lines
from sketch_rnn.sources.svg.document import Shape

Polyline = npt.NDArray[np.float64]

_FEWEST: Final = 9
_MOST: Final = 1025


def rough_size(shapes: Sequence[Shape]) -> float:
    """Returns about the longer side of the box around these shapes, in pixels."""
    parts = [_placed(_points(shape.path, _FEWEST), shape) for shape in shapes]
    points = np.concatenate([np.zeros((0, 2)), *(part for part in parts if len(part))])
    points = points[np.isfinite(points).all(axis=1)]
    return float(np.ptp(points, axis=0).max()) if len(points) else 0.0


def flattened(shape: Shape, tolerance: float) -> Iterator[Polyline]:
    """Yields the polyline of each part of a shape in pixels, a part of no length as a dot.

    Args:
        shape: the shape.
        tolerance: how far a polyline may leave its curve, in pixels.
    """
    parts: list[list[Polyline]] = []
    is_open = False
    for segment in shape.path:
        if isinstance(segment, svgelements.Move):
            is_open = False
            continue
        if segment.start is None or segment.end is None:
            continue
        if not is_open:
            parts.append([_placed(np.array([segment.start], float), shape)])
        parts[-1].append(_segment(segment, shape, tolerance))
        is_open = not isinstance(segment, svgelements.Close)
    for part in parts:
        points = np.concatenate(part)
        if not np.isfinite(points).all():
            continue
        moves = np.any(np.diff(points, axis=0) != 0, axis=1)
        yield points[np.concatenate([[True], moves])]


def _segment(segment: Any, shape: Shape, tolerance: float) -> Polyline:
    """Returns the points of one segment after its start."""
    if isinstance(segment, svgelements.Linear):
        return _placed(np.array([segment.end], float), shape)
    rough = _placed(_curve(segment, _FEWEST), shape)
    with np.errstate(all="ignore"):
        length = float(np.hypot(*np.diff(rough, axis=0).T).sum())
    if not np.isfinite(length) or not tolerance > 0:
        return rough[1:]
    # A circle of this length needs 2.2 times the root; more, since curves bend unevenly.
    count = int(np.clip(6 * np.sqrt(length / tolerance), _FEWEST, _MOST))
    curve = _placed(_curve(segment, count), shape)
    return Lines.from_polylines([[curve]]).simplified(tolerance * 0.7).points[1:]


def _curve(segment: Any, count: int) -> Polyline:
    with np.errstate(all="ignore"):
        points: Polyline = np.asarray(segment.npoint(np.linspace(0, 1, count)), float)
    points[0], points[-1] = segment.start, segment.end
    return points


def _points(path: Any, count: int) -> Polyline:
    """Returns points of all segments, in the path's own units."""
    parts = [
        np.array([segment.end], float)
        if isinstance(segment, (svgelements.Linear, svgelements.Move))
        else _curve(segment, count)
        for segment in path
        if segment.end is not None
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 2))


def _placed(points: Polyline, shape: Shape) -> Polyline:
    with np.errstate(all="ignore"):
        placed: Polyline = points @ shape.matrix[:2, :2].T + shape.matrix[:2, 2]
    return placed
