"""A figure: the lines, boxes and texts of a picture, and its form as SVG text.

SVG and the pixel painter take all positions from here. Coordinates are pixels of the figure, x to
the right and y down.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from sketch_rnn.render.style import PIXELS_PER_MM
from sketch_rnn.sketch import Bounds

Points = npt.NDArray[np.float64]
Anchor = Literal["start", "middle", "end"]

DOT_GROWTH: Final = 1.5
# Similar to the pixel painter's font, so that text has the same width.
FONT_FAMILY: Final = "Aileron, 'Helvetica Neue', Helvetica, Arial, sans-serif"
# A comment in pixel formats, by which this program recognises its own files.
SOFTWARE: Final = b"sketch-rnn"
_XMLNS: Final = "http://www.w3.org/2000/svg"
_STEPS_PER_PIXEL: Final = 10


@dataclass(frozen=True, eq=False)
class Line:
    """A polyline with round joins and ends.

    Attributes:
        points: `(n, 2)` positions, n >= 1.
        color: `#rrggbb`.
        width: thickness of the line.
    """

    points: Points
    color: str
    width: float

    @property
    def is_dot(self) -> bool:
        """Whether all points are at one place."""
        return bool((self.points == self.points[0]).all())

    @property
    def brush(self) -> float:
        """The width to paint with: dots are thicker than lines, to be visible."""
        return self.width * DOT_GROWTH if self.is_dot else self.width

    @property
    def length(self) -> float:
        """The length along the line."""
        return float(self._steps().sum())

    def between(self, start: float, end: float) -> Line:
        """The piece between two shares of the length, 0 <= start <= end <= 1."""
        steps = self._steps()
        along = np.concatenate([[0.0], np.cumsum(steps)])
        if along[-1] == 0:
            return self
        low, high = start * along[-1], end * along[-1]
        inside = self.points[(along > low) & (along < high)]
        ends = [_point_at(self.points, along, at) for at in (low, high)]
        return Line(np.vstack([ends[0], inside, ends[1]]), self.color, self.width)

    def _steps(self) -> Points:
        offsets = np.diff(self.points, axis=0)
        return np.hypot(offsets[:, 0], offsets[:, 1])


def _point_at(points: Points, along: Points, at: float) -> Points:
    return np.array([np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])])


@dataclass(frozen=True)
class Text:
    """One line of text; `(x, y)` is on its baseline, at the side that `anchor` names."""

    x: float
    y: float
    content: str
    size: float
    color: str
    anchor: Anchor = "middle"


@dataclass(frozen=True)
class Box:
    """A filled rectangle with corners rounded by `radius`."""

    left: float
    top: float
    width: float
    height: float
    color: str
    radius: float = 0.0


@dataclass(frozen=True, eq=False)
class Tracing:
    """The lines of one sketch in the order they are drawn.

    Attributes:
        lines: those that an animation draws.
        given: those shown from the start, such as the part that a completion continues.
    """

    lines: tuple[Line, ...]
    given: tuple[Line, ...] = ()

    def __iter__(self) -> Iterator[Line]:
        yield from self.given
        yield from self.lines


@dataclass(frozen=True)
class Picture:
    """An SVG document shown in a square as an image: browsers run no script and load no file in it.

    SVG shows it; PNG and GIF leave its place empty.
    """

    left: float
    top: float
    side: float
    document: bytes


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture ready to be painted: boxes, then text, then drawings. Notebooks show it.

    Attributes:
        width: in pixels, as all coordinates are.
        height: in pixels.
        background: its colour; empty for none, which is white in PNG and GIF.
        boxes: painted first.
        texts: painted over the boxes.
        drawings: painted over both.
        title: for readers of the file.
        in_mm: whether an SVG says its size in millimetres, 96 pixels to an inch.
        pictures: SVG documents, painted over the boxes.
    """

    width: float
    height: float
    background: str
    boxes: tuple[Box, ...] = ()
    texts: tuple[Text, ...] = ()
    drawings: tuple[Tracing, ...] = ()
    title: str = ""
    in_mm: bool = False
    pictures: tuple[Picture, ...] = ()

    def __repr__(self) -> str:
        return f"<Figure {self.width:g} x {self.height:g}, {len(self.drawings)} drawings>"

    def _repr_svg_(self) -> str:
        return svg_text(self)


def extent(lines: Iterable[Line]) -> Bounds | None:
    """The box around everything the lines paint, or None without lines."""
    corners = [
        (*(line.points.min(axis=0) - line.brush / 2), *(line.points.max(axis=0) + line.brush / 2))
        for line in lines
    ]
    if not corners:
        return None
    left, top, right, bottom = np.array(corners).T
    return Bounds(float(left.min()), float(top.min()), float(right.max()), float(bottom.max()))


def svg_text(figure: Figure) -> str:
    """The figure as a standalone SVG document, one `<path>` for each line."""
    return svg_document(figure, [line_group(list(drawing)) for drawing in figure.drawings])


def svg_document(figure: Figure, drawings: Iterable[str], css: str = "") -> str:
    """The SVG document of a figure whose drawings are already elements."""
    width, height = number(figure.width), number(figure.height)
    size = page = f'width="{width}" height="{height}"'
    if figure.in_mm:
        across, down = (number(side / PIXELS_PER_MM) for side in (figure.width, figure.height))
        page = f'width="{across}mm" height="{down}mm"'
    parts = [
        f'<svg xmlns="{_XMLNS}" {page} viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(figure.title)}</title>" if figure.title else "",
        f"<style>{css}</style>" if css else "",
        f'<rect {size} fill="{figure.background}"/>' if figure.background else "",
        *map(_box_element, figure.boxes),
        *map(_picture_element, figure.pictures),
        f'<g font-family="{FONT_FAMILY}">' if figure.texts else "",
        *map(_text_element, figure.texts),
        "</g>" if figure.texts else "",
        '<g fill="none" stroke-linecap="round" stroke-linejoin="round">',
        *drawings,
        "</g>",
        "</svg>\n",
    ]
    return "\n".join(part for part in parts if part)


def line_group(lines: Sequence[Line], attributes: Sequence[str] = ()) -> str:
    """A `<g>` of lines, or an empty text; `attributes` go into the `<path>` of each."""
    if not lines:
        return ""
    width = lines[0].width
    extras = attributes or [""] * len(lines)
    paths = [line_element(line, width, extra) for line, extra in zip(lines, extras, strict=True)]
    return f'<g stroke-width="{number(width)}">' + "".join(paths) + "</g>"


def line_element(line: Line, inherited_width: float, attributes: str = "") -> str:
    """The `<path>` of one line; its width is written if it is not inherited."""
    width = "" if line.brush == inherited_width else f' stroke-width="{number(line.brush)}"'
    return f'<path stroke="{line.color}"{width}{attributes} d="{path_data(line)}"/>'


def path_data(line: Line) -> str:
    """SVG path data: the first point, then offsets between rounded positions."""
    tenths = np.rint(line.points * _STEPS_PER_PIXEL)
    offsets = np.diff(tenths, axis=0)
    moved = offsets[(offsets != 0).any(axis=1)]
    rest = moved if len(moved) else np.zeros((1, 2))
    return f"M{_listed(tenths[0])}l{_listed(rest)}"


def _listed(tenths: npt.NDArray[np.float64]) -> str:
    numbers = (tenths.ravel() / _STEPS_PER_PIXEL + 0.0).tolist()
    return " ".join(f"{value:.7g}" for value in numbers).replace(" -", "-")


def number(value: float) -> str:
    """A number for SVG, with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _box_element(box: Box) -> str:
    radius = f' rx="{number(box.radius)}"' if box.radius else ""
    return (
        f'<rect x="{number(box.left)}" y="{number(box.top)}" width="{number(box.width)}" '
        f'height="{number(box.height)}"{radius} fill="{box.color}"/>'
    )


def _picture_element(picture: Picture) -> str:
    side, data = number(picture.side), b64encode(picture.document).decode()
    return (
        f'<image x="{number(picture.left)}" y="{number(picture.top)}" width="{side}" '
        f'height="{side}" href="data:image/svg+xml;base64,{data}"/>'
    )


def _text_element(text: Text) -> str:
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    return (
        f'<text x="{number(text.x)}" y="{number(text.y)}" font-size="{number(text.size)}" '
        f'fill="{text.color}"{anchor}>{escape(text.content)}</text>'
    )
