"""The outlines of SVG's basic shapes, where browsers begin and in the direction they go."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element

import svgelements

from sketch_rnn.sources.svg.viewport import Viewport, length, numbers


def _path(element: Element, viewport: Viewport) -> Any:
    path = svgelements.Path()
    # Like a browser, what comes before a mistake is drawn.
    with contextlib.suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        path.parse(element.get("d", ""))
    return path if len(path) else None


def _line(element: Element, viewport: Viewport) -> Any:
    x1, y1 = _lengths(element, viewport, "x1", "y1")
    x2, y2 = _lengths(element, viewport, "x2", "y2")
    return svgelements.Path(svgelements.Move((x1, y1)), svgelements.Line((x1, y1), (x2, y2)))


def _polyline(element: Element, viewport: Viewport) -> Any:
    return _straight(element, closed=False)


def _polygon(element: Element, viewport: Viewport) -> Any:
    return _straight(element, closed=True)


def _straight(element: Element, *, closed: bool) -> Any:
    values = numbers(element.get("points"))
    points = list(zip(values[::2], values[1::2], strict=False))
    if not points:
        return None
    shape = svgelements.Polygon(points) if closed else svgelements.Polyline(points)
    return svgelements.Path(shape)


def _rectangle(element: Element, viewport: Viewport) -> Any:
    x, y = _lengths(element, viewport, "x", "y")
    width, height = _lengths(element, viewport, "width", "height")
    if not (width > 0 and height > 0):
        return None
    rx = length(element.get("rx"), -1.0, viewport.width)
    ry = length(element.get("ry"), -1.0, viewport.height)
    rx, ry = (rx if rx >= 0 else max(ry, 0.0)), (ry if ry >= 0 else max(rx, 0.0))
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    corners = {"rx": rx, "ry": ry} if rx > 0 and ry > 0 else {}
    return svgelements.Path(svgelements.Rect(x, y, width, height, **corners))


def _circle(element: Element, viewport: Viewport) -> Any:
    x, y = _lengths(element, viewport, "cx", "cy")
    radius = length(element.get("r"), 0.0, viewport.diagonal)
    return _ellipse_path(x, y, radius, radius)


def _ellipse(element: Element, viewport: Viewport) -> Any:
    x, y = _lengths(element, viewport, "cx", "cy")
    rx = length(element.get("rx"), -1.0, viewport.width)
    ry = length(element.get("ry"), -1.0, viewport.height)
    return _ellipse_path(x, y, rx if rx >= 0 else ry, ry if ry >= 0 else rx)


def _ellipse_path(x: float, y: float, rx: float, ry: float) -> Any:
    if not (rx > 0 and ry > 0):
        return None
    return svgelements.Path(svgelements.Ellipse(cx=x, cy=y, rx=rx, ry=ry))


def _lengths(element: Element, viewport: Viewport, across: str, down: str) -> tuple[float, float]:
    """Returns a horizontal and a vertical length, 0 where missing."""
    return (
        length(element.get(across), 0.0, viewport.width),
        length(element.get(down), 0.0, viewport.height),
    )


SHAPES: Final[Mapping[str, Callable[[Element, Viewport], Any]]] = {
    "path": _path,
    "line": _line,
    "polyline": _polyline,
    "polygon": _polygon,
    "rect": _rectangle,
    "circle": _circle,
    "ellipse": _ellipse,
}
