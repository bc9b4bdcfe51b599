"""Markers, such as arrow heads: their vertices, angles and transforms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element

import numpy as np

from sketch_rnn.sources.svg.outline import CLOSE, LINE, MOVE, Outline, points_on
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
    outline: Outline, markers: Mapping[str, Element], values: Mapping[str, str], viewport: Viewport
) -> Iterator[tuple[Element, Placed]]:
    """Yields the markers on a path in its order.

    Args:
        outline: of the path.
        markers: the `marker` elements by property.
        values: of the path's properties.
        viewport: what the path is drawn on.
    """
    width = length(values.get("stroke-width"), 1.0, viewport.diagonal)
    for vertex in vertices(outline) if markers else ():
        marker = markers.get(vertex.marker)
        place = None if marker is None else placed(marker, vertex, width)
        if marker is not None and place is not None and np.isfinite(place.matrix).all():
            yield marker, place


def vertices(outline: Outline) -> list[Vertex]:
    """The points of a path, in its own units, that may have a marker."""
    starts, ends = _directions(outline)
    kinds, points = outline
    comes = list(ends)
    # The pen leaves each point as the next segment does, unless that is a move.
    leaves = [*starts[1:], None]
    if len(kinds) and kinds[-1] == CLOSE:
        comes[0], leaves[-1] = comes[-1], leaves[0]
    last = len(kinds) - 1
    return [
        Vertex(
            float(x),
            float(y),
            MARKERS[0 if index == 0 else 2 if index == last else 1],
            _between(comes[index], leaves[index]),
        )
        for index, (x, y) in enumerate(points[:, 1])
    ]


def _directions(outline: Outline) -> tuple[list[Any], list[Any]]:
    """The directions in which each segment starts and ends, None for a move."""
    kinds, points = outline
    along = points[:, 1] - points[:, 0]
    starts: list[Any] = [
        None if kind == MOVE else way for kind, way in zip(kinds, along, strict=True)
    ]
    ends = list(starts)
    curves = np.flatnonzero(kinds > LINE)
    shares = np.tile(_ENDS, len(curves))
    found = points_on(outline, np.repeat(curves, len(_ENDS)), shares).reshape(-1, len(_ENDS), 2)
    for index, on_curve in zip(curves, found, strict=True):
        starts[index], ends[index] = on_curve[1] - on_curve[0], on_curve[3] - on_curve[2]
    return starts, ends


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
