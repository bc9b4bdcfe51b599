"""Markers, such as arrow heads: their vertices, angles and transforms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element

import numpy as np
import svgelements

from sketch_rnn.sources.svg.viewport import Transform, Viewport, length, translation, view_box

MARKERS: Final = ("marker-start", "marker-mid", "marker-end")
MARKED: Final = ("path", "line", "polyline", "polygon")
_ENDS: Final = (0.0, 1e-3, 1 - 1e-3, 1.0)
_DEFAULT_SIZE: Final = "3"


class Vertex(NamedTuple):
    """A point of a path with the property that may put a marker there, and its angle in radians."""

    x: float
    y: float
    marker: str
    angle: float


class Placed(NamedTuple):
    """How a marker lies at a vertex.

    Attributes:
        matrix: from the marker's content to the path's own units.
        viewport: what its content is drawn on.
        edge: from a box of `size` to the path's own units; what is outside is cut off.
        size: its width and height.
    """

    matrix: Transform
    viewport: Viewport
    edge: Transform
    size: tuple[float, float]


def placed_on(
    path: Any, markers: Mapping[str, Element], values: Mapping[str, str], viewport: Viewport
) -> Iterator[tuple[Element, Placed]]:
    """Yields the markers on a path in its order.

    Args:
        path: an `svgelements.Path`.
        markers: the `marker` elements by property.
        values: of the path's properties.
        viewport: what the path is drawn on.
    """
    width = length(values.get("stroke-width"), 1.0, viewport.diagonal)
    for vertex in vertices(path) if markers else ():
        marker = markers.get(vertex.marker)
        place = None if marker is None else placed(marker, vertex, width)
        if marker is not None and place is not None and np.isfinite(place.matrix).all():
            yield marker, place


def vertices(path: Any) -> list[Vertex]:
    """The points of a path, in its own units, that may have a marker."""
    points: list[Any] = []
    # Directions in which the pen comes to each point and leaves it.
    comes: list[Any] = []
    leaves: list[Any] = []
    for segment in path:
        if segment.end is None:
            continue
        if isinstance(segment, svgelements.Move) or segment.start is None:
            start = end = None
        elif isinstance(segment, svgelements.Linear):
            start = end = np.subtract(segment.end, segment.start, dtype=float)
        else:
            ends = np.asarray(segment.npoint(np.array(_ENDS)), float)
            start, end = ends[1] - ends[0], ends[3] - ends[2]
        if leaves:
            leaves[-1] = start
        points.append(segment.end)
        comes.append(end)
        leaves.append(None)
    if points and isinstance(path[-1], svgelements.Close):
        comes[0], leaves[-1] = comes[-1], leaves[0]
    last = len(points) - 1
    return [
        Vertex(
            float(point[0]),
            float(point[1]),
            MARKERS[0 if index == 0 else 2 if index == last else 1],
            _between(comes[index], leaves[index]),
        )
        for index, point in enumerate(points)
    ]


def placed(marker: Element, vertex: Vertex, stroke_width: float) -> Placed | None:
    """How a `marker` element lies at a vertex; None if it has no size."""
    texts = [marker.get(name, _DEFAULT_SIZE) for name in ("markerWidth", "markerHeight")]
    inside, viewport = view_box(marker, Viewport(3, 3), (texts[0], texts[1]))
    size = length(texts[0], 3, 3), length(texts[1], 3, 3)
    scale = 1.0 if marker.get("markerUnits") == "userSpaceOnUse" else stroke_width
    if not (min(size) > 0 and scale > 0):
        return None
    reference = (
        length(_NAMED.get(text, text), 0.0, whole)
        for text, whole in (
            (marker.get("refX", "0"), viewport.width),
            (marker.get("refY", "0"), viewport.height),
        )
    )
    corner = inside @ np.array([*reference, 1.0])
    angle = _angle(marker.get("orient", "0"), vertex)
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    turned = np.array([[cos, -sin, vertex.x], [sin, cos, vertex.y], [0, 0, 1]])
    edge = turned @ translation(-corner[0], -corner[1])
    return Placed(edge @ inside, viewport, edge, size)


_NAMED: Final = {
    **dict.fromkeys(("left", "top"), "0%"),
    "center": "50%",
    **dict.fromkeys(("right", "bottom"), "100%"),
}


def _angle(orient: str, vertex: Vertex) -> float:
    if orient == "auto-start-reverse" and vertex.marker == MARKERS[0]:
        return vertex.angle + math.pi
    if orient.startswith("auto"):
        return vertex.angle
    units = {"grad": math.pi / 200, "rad": 1.0, "turn": 2 * math.pi, "deg": math.pi / 180, "": 1.0}
    unit = next(unit for unit in units if orient.endswith(unit))
    degrees = length(orient.removesuffix(unit), 0.0, 0.0)
    return degrees * (units[unit] if unit else math.pi / 180)


def _between(comes: Any, leaves: Any) -> float:
    """The angle half way between two directions, of which either may be unknown."""
    known = [way / np.hypot(*way) for way in (comes, leaves) if way is not None and way.any()]
    if not known:
        return 0.0
    middle = sum(known)
    if not np.abs(middle).max() > 1e-9:
        middle = np.array([-known[0][1], known[0][0]])
    return math.atan2(middle[1], middle[0])
