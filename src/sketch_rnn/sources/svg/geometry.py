"""Shapes; flattens their curves to polylines and cuts these by clips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from xml.etree.ElementTree import Element

import numpy as np

from sketch_rnn.io.budget import Meter
from sketch_rnn.lines import Polyline
from sketch_rnn.sources.svg.clipping import Area, cut, region_of, shown
from sketch_rnn.sources.svg.flattening import box_of, flattened
from sketch_rnn.sources.svg.outline import Outline
from sketch_rnn.sources.svg.transforms import Box
from sketch_rnn.sources.svg.viewport import Transform

_CLIP_SHARE: Final = 0.0005
# Of a triangle in a line; a line that is all but straight is measured exactly.
_CLEARLY_WIDE: Final = 1e-3


@dataclass(frozen=True, eq=False)
class Shape:
    """An outline to draw.

    Attributes:
        outline: in its own units.
        matrix: from its own units to pixels.
        is_stroked: whether its outline is drawn; otherwise it is only filled.
        is_even_odd: the rule that says what is inside.
        clips: what it is seen through.
        trail: the outermost elements around it, from the top, itself where there are few.
        hides: in a clip, whether what it covers is hidden instead of shown.
        is_seen: whether it has paint; others only count for the box around a group.
    """

    outline: Outline
    matrix: Transform
    is_stroked: bool = False
    is_even_odd: bool = False
    clips: tuple[Clip, ...] = ()
    trail: tuple[Element, ...] = ()
    hides: bool = False
    is_seen: bool = True

    def within(self, clips: tuple[Clip, ...]) -> Shape:
        """The shape seen through more clips."""
        return replace(self, clips=(*self.clips, *clips)) if clips else self


@dataclass(frozen=True, eq=False)
class Clip:
    """A region outside of which others are cut off: the union of shapes, in the order given."""

    shapes: tuple[Shape, ...]


def moved(shapes: Iterable[Shape], matrix: Transform) -> list[Shape]:
    """The shapes with their clips, transformed; a clip of several stays one."""
    made: dict[Clip, Clip] = {}

    def clip_moved(clip: Clip) -> Clip:
        if clip not in made:
            made[clip] = Clip(tuple(map(shape_moved, clip.shapes)))
        return made[clip]

    def shape_moved(shape: Shape) -> Shape:
        clips = tuple(map(clip_moved, shape.clips))
        return replace(shape, matrix=matrix @ shape.matrix, clips=clips)

    return list(map(shape_moved, shapes))


def bounds(shapes: Sequence[Shape]) -> Box:
    """The box around these shapes in pixels, without the width of their strokes."""
    low, high = box_of([(shape.outline, shape.matrix) for shape in shapes])
    return Box(float(low[0]), float(low[1]), *map(float, high - low))


class Clipper:
    """Cuts shapes by clips, and builds the region of each clip once.

    Args:
        meter: pays for the work of clipping.

    Attributes:
        num_without_area: lines of filled shapes that are left out, since they show nothing.
    """

    def __init__(self, meter: Meter) -> None:
        self.num_without_area = 0
        self._meter = meter
        self._regions: dict[Clip, Any] = {}

    def inked(self, shape: Shape, lines: list[Polyline]) -> list[Polyline]:
        """The polylines of a shape that have ink, in pixels.

        A shape without a stroke is closed, and parts of it that have no area are left out.
        """
        if shape.is_stroked:
            return lines
        areas = [_closed(line) for line in lines if _has_area(line)]
        self.num_without_area += len(lines) - len(areas)
        return areas

    def seen(self, shape: Shape, lines: list[Polyline]) -> list[Polyline]:
        """What can be seen of a shape's polylines, in pixels.

        Strokes are cut where clips end. A fill is outlined where it can be seen.
        """
        regions = [self._region(clip) for clip in shape.clips]
        if not shape.is_stroked:
            return shown(lines, shape.is_even_odd, regions, self._meter)
        for region in regions:
            lines = cut(lines, region, self._meter)
        return lines

    def _region(self, clip: Clip) -> Any:
        if clip not in self._regions:
            lines = lines_of(clip.shapes, rough_size(clip.shapes) * _CLIP_SHARE)
            self._regions[clip] = region_of(
                [
                    Area(own, shape.is_even_odd, list(map(self._region, shape.clips)), shape.hides)
                    for shape, own in zip(clip.shapes, lines, strict=True)
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
    a, b, c = (line[len(line) * third // 3] for third in range(3))
    (x1, y1), (x2, y2) = (b - a).tolist(), (c - a).tolist()
    if abs(x1 * y2 - y1 * x2) > _CLEARLY_WIDE * float(np.ptp(line, axis=0).max()) ** 2:
        return True
    widths = np.linalg.svd(line - line.mean(axis=0), compute_uv=False)
    return bool(widths[1] > 1e-9 * widths[0])


def rough_size(shapes: Sequence[Shape]) -> float:
    """Returns about the longer side of the box around these shapes, in pixels."""
    box = bounds(shapes)
    return max(box.width, box.height)


def lines_of(shapes: Sequence[Shape], tolerance: float) -> list[list[Polyline]]:
    """The polylines of each shape in pixels; see `flattened`."""
    return flattened([(shape.outline, shape.matrix) for shape in shapes], tolerance)
