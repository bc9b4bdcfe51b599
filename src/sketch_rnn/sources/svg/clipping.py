"""Cuts lines by regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import groupby
from typing import Any, Final, NamedTuple

import numpy as np
import shapely

from sketch_rnn.io.budget import Meter
from sketch_rnn.lines import Polyline

STEPS: Final = "steps of clipping"
_AT_END: Final = 1e-9
_CROSSING: Final = 500
_MOST_STEPS: Final = 500_000
_POLYGON: Final = 3
# Of the square of a shape's size; where edges all but touch, rounding leaves areas of no width.
_SLIVER: Final = 1e-7


class Area(NamedTuple):
    """A filled shape that is part of a region.

    Attributes:
        lines: its closed lines.
        even_odd: whether inside is by the even-odd rule.
        seen_through: the regions, `shapely` geometries, that it is cut by.
        hides: whether it is taken away from the areas before it instead of added.
    """

    lines: list[Polyline]
    even_odd: bool
    seen_through: list[Any]
    hides: bool = False


def region_of(areas: Sequence[Area], meter: Meter) -> Any:
    """The region that areas cover, a `shapely` geometry; `meter` pays for the steps it takes."""
    for area in areas:
        meter.spend(STEPS, _steps(area.lines, area.even_odd))
    region = shapely.Polygon()
    for hides, some in groupby(areas, key=lambda area: area.hides):
        parts = [reduce(shapely.intersection, a.seen_through, _filled(*a[:2])) for a in some]
        whole = shapely.union_all(parts)
        if hides:
            region = shapely.difference(region, whole)
        else:
            region = whole if shapely.is_empty(region) else shapely.union(region, whole)
    shapely.prepare(region)
    return region


def _steps(lines: list[Polyline], even_odd: bool) -> int:
    """Estimates the steps that the region of these rings takes, many where they cross often."""
    points = np.concatenate([np.zeros((0, 2)), *lines])
    size = np.hypot(*np.ptp(points, axis=0)) if len(points) else 0.0
    length = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines)
    # Straight lines of random directions cross about so often.
    crossings = min((length / size) ** 2, len(points) ** 2) if 0 < size < np.inf else 0.0
    return int(_CROSSING * crossings) + len(points) * (len(lines) if even_odd else 1)


def cut(lines: list[Polyline], region: Any, meter: Meter) -> list[Polyline]:
    """The parts of polylines `(n, 2)` that are in a region, in order."""
    return [part for line in lines for part in _parts(line, region, meter)]


def _parts(line: Polyline, region: Any, meter: Meter) -> list[Polyline]:
    if len(line) == 1:
        return [line] if shapely.intersects_xy(region, *line[0]) else []
    if shapely.covers(region, shapely.linestrings(line)):
        return [line]
    parts: list[list[Any]] = []
    goes_on = False
    for start, end, shares in _segments(line, region, meter):
        for first, last in shares:
            if not (goes_on and first <= _AT_END):
                parts.append([start + first * (end - start)])
            parts[-1].append(start + last * (end - start))
            goes_on = last >= 1 - _AT_END
        goes_on = goes_on and bool(shares)
    found = [np.array(part) for part in parts]
    # A closed line is cut where it is cut, not also where it happens to begin.
    is_closed = len(found) > 1 and np.array_equal(line[0], line[-1])
    if is_closed and np.array_equal(found[0][0], line[0]) and np.allclose(found[-1][-1], line[-1]):
        found[0] = np.concatenate([found.pop(), found[0][1:]])
    return found


def shown(
    lines: list[Polyline], even_odd: bool, regions: Sequence[Any], meter: Meter
) -> list[Polyline]:
    """The outlines of what shows of a filled shape through regions.

    They are the shape's own closed lines if all of it shows. The lines of a shape that seems to
    cross itself very often are cut instead.
    """
    if not lines or all(_shows(region, lines) for region in regions):
        return lines
    steps = _steps([*lines, *map(shapely.get_coordinates, regions)], even_odd)
    if steps > _MOST_STEPS:
        for region in regions:
            lines = cut(lines, region, meter)
        return lines
    meter.spend(STEPS, steps)
    filled = _filled(lines, even_odd)
    if all(shapely.covers(region, filled) for region in regions):
        return lines
    seen = reduce(shapely.intersection, regions, filled)
    parts = [part for part in shapely.get_parts(seen) if shapely.get_type_id(part) == _POLYGON]
    rings = [ring for part in parts for ring in shapely.get_rings(part)]
    areas = shapely.area(shapely.polygons(rings)) if rings else []
    least = _SLIVER * float(np.ptp(np.concatenate(lines), axis=0).max()) ** 2
    return [
        shapely.get_coordinates(ring)
        for ring, area in zip(rings, areas, strict=True)
        if area > least
    ]


def _shows(region: Any, lines: list[Polyline]) -> bool:
    """Whether a region is without holes, so that lines in it hold nothing else, and holds these."""
    if shapely.get_num_interior_rings(shapely.get_parts(region)).any():
        return False
    whole = shapely.multilinestrings([shapely.linestrings(line) for line in lines])
    return bool(shapely.covers(region, whole))


def _segments(
    line: Polyline, region: Any, meter: Meter
) -> Iterator[tuple[Any, Any, list[tuple[float, float]]]]:
    """Yields the ends of each segment, and the shares of it that are in the region."""
    segments = shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1))
    inside = shapely.covers(region, segments)
    crossing = ~inside & shapely.intersects(region, segments)
    meter.spend(STEPS, int(crossing.sum() * shapely.get_num_coordinates(region)))
    for start, end, segment, is_in, crosses in zip(
        line[:-1], line[1:], segments, inside, crossing, strict=True
    ):
        shares = [(0.0, 1.0)] if is_in else []
        if crosses:
            shares = _shares(start, end, shapely.intersection(segment, region))
        yield start, end, shares


def _shares(start: Any, end: Any, pieces: Any) -> list[tuple[float, float]]:
    way = end - start
    found = []
    for piece in shapely.get_parts(pieces):
        ends = shapely.get_coordinates(piece)
        if len(ends) > 1:
            places = np.sort((ends - start) @ way / (way @ way))
            found.append((float(max(places[0], 0.0)), float(min(places[-1], 1.0))))
    return sorted(found)


def _filled(lines: list[Polyline], even_odd: bool) -> Any:
    rings = [line for line in lines if len(np.unique(line, axis=0)) > 2]
    polygons = [shapely.make_valid(shapely.polygons(line)) for line in rings]
    if even_odd:
        return reduce(shapely.symmetric_difference, polygons, shapely.Polygon())
    # Rings that turn the other way are holes.
    turns = [shapely.is_ccw(shapely.linearrings(line)) for line in rings]
    sides = [
        shapely.union_all([p for p, turn in zip(polygons, turns, strict=True) if turn == side])
        for side in (True, False)
    ]
    return shapely.symmetric_difference(*sides)
