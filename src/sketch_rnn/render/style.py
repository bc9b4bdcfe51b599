"""How figures look: sizes, inks and the colours of drawing order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.options import Options, Rule, number, option, optional

# Equal steps of lightness and hue in OKLCH, indigo to amber, so that order reads on white paper.
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
# Thickness grows with the cell, but slower: a large drawing in the same hand.
_WIDTH_AT_120: Final = 1.7
INKS: Final = ("strokes", "points")
PAPER: Final = "#ffffff"
TITLE_INK: Final = "#1f2430"
LABEL_INK: Final = "#6b7280"


_COLOR: Final = Rule(
    lambda value: isinstance(value, str) and bool(re.fullmatch(r"#[0-9a-fA-F]{6}", value)),
    "a colour like #27356e",
)
_INK: Final = Rule(
    lambda value: value in INKS or _COLOR.holds(value), f"strokes, points or {_COLOR.text}"
)
_SIZE: Final = optional(number(above=0))


@dataclass(frozen=True, kw_only=True)
class Style(Options):
    """How sketches are drawn.

    Raises:
        SketchRNNError: if a colour or a size is none of these.
    """

    ink: str = option(
        "strokes",
        _INK,
        "Colour of strokes: by their place in the order of drawing (strokes), running along them "
        "(points), or one colour for everything.",
    )
    given_ink: str = option("#b6bbc5", _COLOR, "Colour of the rows that a prefix marks as given.")
    cell: float | None = option(
        None, _SIZE, "Side of a sketch's square in pixels.", unset="320 alone, 120 in a table"
    )
    line_width: float | None = option(
        None, _SIZE, "Thickness of lines in pixels.", unset="according to the cell"
    )
    panel: str | None = option(
        "#f6f7f9", optional(_COLOR), "Colour of the squares under the sketches of a table."
    )
    paper: str = option(PAPER, _COLOR, "Colour of the background.")

    def pen_width(self, cell: float) -> float:
        """Returns the thickness of lines in a cell of this side."""
        if self.line_width is not None:
            return self.line_width
        return float(_WIDTH_AT_120 * (cell / 120) ** 0.65)


DEFAULT_STYLE: Final = Style()


def order_colors(shares: npt.ArrayLike) -> list[str]:
    """Returns a colour for each share of a drawing's course, 0 its beginning and 1 its end."""
    anchors = np.array([rgb(color) for color in ORDER_RAMP], dtype=np.float64)
    at = np.asarray(shares, dtype=np.float64) * (len(anchors) - 1)
    places = np.arange(len(anchors))
    channels = [np.interp(at, places, anchors[:, channel]) for channel in range(3)]
    return [_hex(color) for color in np.stack(channels, axis=-1)]


def rgb(color: str) -> tuple[int, int, int]:
    """Returns the three channels of `#rrggbb`, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _hex(channels: npt.NDArray[np.float64]) -> str:
    return "#" + "".join(f"{round(float(value)):02x}" for value in channels)
