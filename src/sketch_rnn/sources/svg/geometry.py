"""Shapes; flattens their curves to polylines and cuts these by clips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from xml.etree.ElementTree import Element

import numpy as np
import svgelements

from sketch_rnn.io.budget import Meter
from sketch_rnn.lines import Lines, Polyline
from sketch_rnn.sources.svg.clipping import cut, region_of
from sketch_rnn.sources.svg.transforms import Box
from sketch_rnn.sources.svg.viewport import Transform

_FEWEST: Final = 9
_MOST: Final = 1025
_BOX_POINTS: Final = 33
_CLIP_SHARE: Final = 0.0005


@dataclass(frozen=True, eq=False)
class Shape:
    """An outline to draw.

    Attributes:
        path: its outline in its own units, an `svgelements.Path`.
        matrix: from its own units to pixels.
        is_stroked: whether its outline is drawn; otherwise it is only filled.
        is_even_odd: the rule that says what is inside.
        clips: what it is seen through.
        trail: the outermost elements around it, from the top, itself where there are few.
    """

    path: Any
    matrix: Transform
    is_stroked: bool = False
    is_even_odd: bool = False
    clips: tuple[Clip, ...] = ()
    trail: tuple[Element, ...] = ()

    def within(self, clips: tuple[Clip, ...]) -> Shape:
        """The shape seen through more clips."""
        return replace(self, clips=(*self.clips, *clips)) if clips else self

    def moved(self, matrix: Transform) -> Shape:
        """The shape with its clips, transformed."""
        clips = tuple(
            Clip(tuple(shape.moved(matrix) for shape in clip.shapes)) for clip in self.clips
        )
        return replace(self, matrix=matrix @ self.matrix, clips=clips)


@dataclass(frozen=True, eq=False)
class Clip:
    """A region, the union of shapes, outside of which others are cut off."""

    shapes: tuple[Shape, ...]


def bounds(shapes: Sequence[Shape]) -> Box:
    """The box around these shapes in pixels, without the width of their strokes."""
    parts = [_placed(_points(shape.path, _BOX_POINTS), shape) for shape in shapes]
    points = np.concatenate([np.zeros((0, 2)), *(part for part in parts if len(part))])
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return Box(0, 0, 0, 0)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    return Box(float(low[0]), float(low[1]), float(size[0]), float(size[1]))


class Clipper:
    """Cuts lines by clips, and builds the region of each clip once.

    Args:
        meter: pays for the work of clipping.

    Attributes:
        num_without_area: lines of filled shapes that are left out, since they show nothing.
    """

    def __init__(self, meter: Meter) -> None:
        self.num_without_area = 0
        self._meter = meter
        self._regions: dict[Clip, Any] = {}

    def lines(self, shape: Shape, tolerance: float) -> list[Polyline]:
        """The polylines of a shape that can be seen, in pixels.

        A shape without a stroke is closed, and parts of it that have no area are left out.
        """
        lines = list(flattened(shape, tolerance))
        if not shape.is_stroked:
            areas = [_closed(line) for line in lines if _has_area(line)]
            self.num_without_area += len(lines) - len(areas)
            lines = areas
        for clip in shape.clips:
            lines = [part for line in lines for part in cut(line, self._region(clip), self._meter)]
        return lines

    def _region(self, clip: Clip) -> Any:
        if clip not in self._regions:
            tolerance = rough_size(clip.shapes) * _CLIP_SHARE
            self._regions[clip] = region_of(
                [
                    (
                        list(flattened(shape, tolerance)),
                        shape.is_even_odd,
                        [self._region(other) for other in shape.clips],
                    )
                    for shape in clip.shapes
                ],
                self._meter,
            )
        return self._regions[clip]


def _closed(line: Polyline) -> Polyline:
    return line if np.array_equal(line[0], line[-1]) else np.concatenate([line, line[:1]])


def _has_area(line: Polyline) -> bool:
    """Whether a polyline is not all on one straight line."""
    if len(line) < 3:
        return False
    widths = np.linalg.svd(line - line.mean(axis=0), compute_uv=False)
    return bool(widths[1] > 1e-9 * widths[0])


def rough_size(shapes: Sequence[Shape]) -> float:
    """Returns about the longer side of the box around these shapes, in pixels."""
    box = bounds(shapes)
    return max(box.width, box.height)


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
    """The points of one segment after its start."""
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
