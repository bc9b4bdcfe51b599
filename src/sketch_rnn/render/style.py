"""Sizes, inks and the colours of drawing order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sketch_rnn.options import YES_OR_NO, Options, Rule, number, option, optional

# Equal steps of lightness and hue in OKLCH, indigo to amber, to show the order on white paper.
ORDER_RAMP: Final = (
    "#27356e",
    "#493e88",
    "#6e459b",
    "#964aa0",
    "#bb5192",
    "#da5d7b",
    "#ed7061",
    "#f58847",
    "#f4a437",
)
# Lines get thicker with the cell, but more slowly: a large drawing in the same hand.
_WIDTH_AT_120: Final = 1.7
_PLAIN_WIDTH: Final = 0.3  # millimetres, a fine pen
PIXELS_PER_MM: Final = 96 / 25.4
INKS: Final = ("strokes", "points")
NAMED_INKS: Final = {
    "black": "#000000",
    "gray": "#808080",
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
}
PAPER: Final = "#ffffff"
TITLE_INK: Final = "#1f2430"
LABEL_INK: Final = "#6b7280"


_COLOR: Final = Rule(
    lambda value: isinstance(value, str) and bool(re.fullmatch(r"#[0-9a-fA-F]{6}", value)),
    "a colour like #27356e",
)
_INK: Final = Rule(
    lambda value: value in (*INKS, *NAMED_INKS) or _COLOR.holds(value),
    f"strokes, points, {', '.join(NAMED_INKS)} or {_COLOR.text}",
    lambda value: NAMED_INKS.get(value, value),
)
_SIZE: Final = optional(number(above=0))


@dataclass(frozen=True, kw_only=True)
class Style(Options):
    """How sketches are drawn.

    Raises:
        SketchRNNError: if a colour or a size is not valid, or a plain picture has several inks.
    """

    kind = "style"
    help_panel = "Picture"

    ink: str = option(
        "strokes",
        _INK,
        "Colour: strokes (by drawing order), points (running along each stroke), or one colour "
        "for everything, such as black or #27356e.",
    )
    given_ink: str = option(
        "#b6bbc5", _COLOR, "Colour of the rows that a prefix marks as given.", flag=None
    )
    cell: float | None = option(
        None,
        _SIZE,
        "Side of a sketch's square in pixels.",
        flag=None,
        unset="320 alone, 120 in a table",
    )
    size: float | None = option(
        None, _SIZE, "Side of each drawing's square in millimetres.", unset="in pixels"
    )
    line_width: float | None = option(
        None,
        _SIZE,
        "Line width in pixels; in millimetres with --plain or --size.",
        unset="by the size of the square",
    )
    plain: bool = option(
        False,
        YES_OR_NO,
        "For plotters: lines in one ink, without panels, texts and background, in millimetres.",
    )
    panel: str | None = option(
        "#f6f7f9",
        optional(_COLOR),
        "Colour of the squares under a table's sketches.",
        flag=None,
    )
    paper: str = option(PAPER, _COLOR, "Colour of the background.", flag=None)

    def conflicts(self) -> list[str]:
        """A plain picture has one ink, and a square has one size."""
        faults = []
        if self.plain and self.ink == "points":
            faults.append("a plain picture has one ink: give a colour such as black")
        if self.size is not None and self.cell is not None:
            faults.append("size and cell both set the side of a square; give one")
        return faults

    @property
    def in_mm(self) -> bool:
        """Whether lengths are in millimetres."""
        return self.plain or self.size is not None

    def inks(self) -> tuple[str, str]:
        """The ink of what is drawn, and that of what was given."""
        if not self.plain:
            return self.ink, self.given_ink
        ink = NAMED_INKS["black"] if self.ink == "strokes" else self.ink
        return ink, ink

    def side(self, default: float) -> float:
        """The side of a sketch's square in pixels of the figure."""
        return self.size * PIXELS_PER_MM if self.size is not None else self.cell or default

    def pen_width(self, cell: float) -> float:
        """The thickness of lines, in pixels of the figure, in a cell of this side."""
        if self.line_width is not None:
            return self.line_width * (PIXELS_PER_MM if self.in_mm else 1)
        if self.plain:
            return _PLAIN_WIDTH * PIXELS_PER_MM
        return float(_WIDTH_AT_120 * (cell / 120) ** 0.65)


DEFAULT_STYLE: Final = Style()


def rgb(color: str) -> tuple[int, int, int]:
    """The three channels of `#rrggbb`, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
