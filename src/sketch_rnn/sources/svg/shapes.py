"""The outlines of SVG's basic shapes, where browsers begin and in the direction they go."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import svgelements

from sketch_rnn.sources.svg.outline import Outline
from sketch_rnn.sources.svg.viewport import Viewport, length, numbers

Attributes = Mapping[str, str]

_CSS_PATH: Final = re.compile(r"""path\(\s*(["'])(.*)\1\s*\)""", re.S)


class _Path(svgelements.Path):  # type: ignore[misc]
    """A path whose S reflects the control point of a cubic curve only, and T of a quadratic."""

    _mirrored: type = object
    _begun: Any = None

    def append(self, value: Any) -> None:
        """Adds a segment."""
        if isinstance(value, svgelements.Move):
            self._begun = value
        super().append(value)

    @property
    def z_point(self) -> Any:
        """Where the current part began; the inherited one looks for it through all segments."""
        return super().z_point if self._begun is None else self._begun.end

    def _validate_close(self, index: int) -> None:
        if self._begun is None or index != len(self) - 1:
            super()._validate_close(index)
        else:
            self[index].end = svgelements.Point(self._begun.end)

    @property
    def smooth_point(self) -> Any:
        """The first control point of S and T: the current point after any other command."""
        is_same = len(self) and isinstance(self[-1], self._mirrored)
        return super().smooth_point if is_same else self.current_point

    def smooth_cubic(self, *points: Any, **options: Any) -> Any:
        """Adds the curves of S."""
        self._mirrored = svgelements.CubicBezier
        return super().smooth_cubic(*points, **options)

    def smooth_quad(self, *points: Any, **options: Any) -> Any:
        """Adds the curves of T; each reflects a control point that may itself be a reflection."""
        self._mirrored = svgelements.QuadraticBezier
        return super().smooth_quad(*points, **options)


def _path(attributes: Attributes, viewport: Viewport) -> Outline | None:
    path = _Path()
    # Like a browser, what comes before a mistake is drawn.
    with contextlib.suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        path.parse(_data(attributes.get("d", "")))
    return Outline.of_path(path) if len(path) else None


def _data(text: str) -> str:
    """Returns path data, which CSS puts into `path("...")`."""
    match = _CSS_PATH.fullmatch(text.strip())
    return match[2] if match else "" if text.strip() == "none" else text


def _line(attributes: Attributes, viewport: Viewport) -> Outline | None:
    x1, y1 = _lengths(attributes, viewport, "x1", "y1")
    x2, y2 = _lengths(attributes, viewport, "x2", "y2")
    return Outline.of_corners([(x1, y1), (x2, y2)], closed=False)


def _polyline(attributes: Attributes, viewport: Viewport) -> Outline | None:
    return _straight(attributes, closed=False)


def _polygon(attributes: Attributes, viewport: Viewport) -> Outline | None:
    return _straight(attributes, closed=True)


def _straight(attributes: Attributes, *, closed: bool) -> Outline | None:
    values = numbers(attributes.get("points"))
    corners = np.array(values[: len(values) // 2 * 2]).reshape(-1, 2)
    return Outline.of_corners(corners, closed=closed) if len(corners) else None


def _rectangle(attributes: Attributes, viewport: Viewport) -> Outline | None:
    x, y = _lengths(attributes, viewport, "x", "y")
    width, height = _lengths(attributes, viewport, "width", "height")
    if not (width > 0 and height > 0):
        return None
    rx = length(attributes.get("rx"), -1.0, viewport.width)
    ry = length(attributes.get("ry"), -1.0, viewport.height)
    rx, ry = (rx if rx >= 0 else max(ry, 0.0)), (ry if ry >= 0 else max(rx, 0.0))
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    if rx > 0 and ry > 0:
        return Outline.of_path(
            svgelements.Path(svgelements.Rect(x, y, width, height, rx=rx, ry=ry))
        )
    return rectangle(x, y, width, height)


def rectangle(x: float, y: float, width: float, height: float) -> Outline:
    """The outline of a rectangle without round corners."""
    right, bottom = x + width, y + height
    return Outline.of_corners([(x, y), (right, y), (right, bottom), (x, bottom)], closed=True)


def _circle(attributes: Attributes, viewport: Viewport) -> Outline | None:
    x, y = _lengths(attributes, viewport, "cx", "cy")
    radius = length(attributes.get("r"), 0.0, viewport.diagonal)
    return _ellipse_path(x, y, radius, radius)


def _ellipse(attributes: Attributes, viewport: Viewport) -> Outline | None:
    x, y = _lengths(attributes, viewport, "cx", "cy")
    rx = length(attributes.get("rx"), -1.0, viewport.width)
    ry = length(attributes.get("ry"), -1.0, viewport.height)
    return _ellipse_path(x, y, rx if rx >= 0 else ry, ry if ry >= 0 else rx)


def _ellipse_path(x: float, y: float, rx: float, ry: float) -> Outline | None:
    if not (rx > 0 and ry > 0):
        return None
    return Outline.of_ellipse(x, y, rx, ry)


def _lengths(
    attributes: Attributes, viewport: Viewport, across: str, down: str
) -> tuple[float, float]:
    """Returns a horizontal and a vertical length, 0 where missing."""
    return (
        length(attributes.get(across), 0.0, viewport.width),
        length(attributes.get(down), 0.0, viewport.height),
    )


SHAPES: Final[Mapping[str, Callable[[Attributes, Viewport], Outline | None]]] = {
    "path": _path,
    "line": _line,
    "polyline": _polyline,
    "polygon": _polygon,
    "rect": _rectangle,
    "circle": _circle,
    "ellipse": _ellipse,
}
