"""Figures as SVG text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sketch_rnn.render.scene import Box, Figure, Line, Text

# The pixel painter's font looks like these, so that text takes the same room.
FONT_FAMILY: Final = "Aileron, 'Helvetica Neue', Helvetica, Arial, sans-serif"
_XMLNS: Final = "http://www.w3.org/2000/svg"
_STEPS_PER_PIXEL: Final = 10


def svg_text(figure: Figure) -> str:
    """Returns the figure as a standalone SVG document, one `<path>` for each line."""
    return svg_document(figure, [line_group(list(drawing)) for drawing in figure.drawings])


def svg_document(figure: Figure, drawings: Iterable[str], css: str = "") -> str:
    """Returns the SVG document of a figure whose drawings are already elements."""
    width, height = number(figure.width), number(figure.height)
    size = f'width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="{_XMLNS}" {size} viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(figure.title)}</title>" if figure.title else "",
        f"<style>{css}</style>" if css else "",
        f'<rect {size} fill="{figure.background}"/>',
        *map(_box_element, figure.boxes),
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
    """Returns a `<g>` of lines, or nothing; `attributes` go into the `<path>` of each."""
    if not lines:
        return ""
    width = lines[0].width
    extras = attributes or [""] * len(lines)
    paths = [line_element(line, width, extra) for line, extra in zip(lines, extras, strict=True)]
    return f'<g stroke-width="{number(width)}">' + "".join(paths) + "</g>"


def line_element(line: Line, inherited_width: float, attributes: str = "") -> str:
    """Returns the `<path>` of one line; its width is written where it is not inherited."""
    width = "" if line.brush == inherited_width else f' stroke-width="{number(line.brush)}"'
    return f'<path stroke="{line.color}"{width}{attributes} d="{path_data(line)}"/>'


def path_data(line: Line) -> str:
    """Returns SVG path data: the first point, then offsets between rounded positions."""
    tenths = np.rint(line.points * _STEPS_PER_PIXEL)
    offsets = np.diff(tenths, axis=0)
    moved = offsets[(offsets != 0).any(axis=1)]
    rest = moved if len(moved) else np.zeros((1, 2))
    return f"M{_listed(tenths[0])}l{_listed(rest)}"


def _listed(tenths: npt.NDArray[np.float64]) -> str:
    numbers = (tenths.ravel() / _STEPS_PER_PIXEL + 0.0).tolist()
    return " ".join(f"{value:.7g}" for value in numbers).replace(" -", "-")


def number(value: float) -> str:
    """Returns a number for SVG, to a hundredth and without needless zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _box_element(box: Box) -> str:
    radius = f' rx="{number(box.radius)}"' if box.radius else ""
    return (
        f'<rect x="{number(box.left)}" y="{number(box.top)}" width="{number(box.width)}" '
        f'height="{number(box.height)}"{radius} fill="{box.color}"/>'
    )


def _text_element(text: Text) -> str:
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    return (
        f'<text x="{number(text.x)}" y="{number(text.y)}" font-size="{number(text.size)}" '
        f'fill="{text.color}"{anchor}>{escape(text.content)}</text>'
    )
