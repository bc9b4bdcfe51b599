"""Turn a sketch into the lines of a figure: placed, cut and coloured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import expect_one_of
from sketch_rnn.render.figure import Line, Points, Tracing
from sketch_rnn.render.style import ORDER_RAMP, Style, rgb
from sketch_rnn.sketch import Bounds, Sketch

Fit = Literal["each", "scale", "place"]

FITS: Final = ("each", "scale", "place")
CELL_PADDING: Final = 0.08
_COLOR_STEPS: Final = 32
_DOT: Final = np.array([[0.2, 0.0]])


class Cell(NamedTuple):
    """The square that holds one sketch."""

    left: float
    top: float
    side: float


class Placement(NamedTuple):
    """How a sketch's own positions become positions in the figure."""

    scale: float
    offset: Points

    def __call__(self, points: Points) -> Points:
        """Converts positions `(n, 2)` to those in the figure."""
        return points * self.scale + self.offset


def trace(sketch: Sketch, placement: Placement, width: float, style: Style, prefix: int) -> Tracing:
    """The lines of a sketch in a figure; its first `prefix` rows are given."""
    lines = [placement(line) for line in sketch.polylines()]
    if style.plain:
        # Programs for plotters drop lines of no length.
        lines = [np.vstack([p, p + _DOT]) if len(p) == 1 else p for p in lines]
        prefix = 0  # There is one ink, and dots have another number of points now.
    given, drawn = _cut(lines, sketch, prefix)
    ink, given_ink = style.inks()
    return Tracing(
        lines=tuple(_inked([Line(points, given_ink, width) for points in drawn], ink)),
        given=tuple(Line(points, given_ink, width) for points in given),
    )


def _cut(lines: list[Points], sketch: Sketch, prefix: int) -> tuple[list[Points], list[Points]]:
    """The lines of the first `prefix` rows, and of the others, which continue them."""
    given, drawn = [], []
    row = -1 if sketch.first_row == "line" else 0
    for line in lines:
        inside = min(max(prefix - row, 0), len(line))
        row += len(line)
        if inside == len(line):
            given.append(line)
            continue
        if inside > 1:
            given.append(line[:inside])
        drawn.append(line[max(inside - 1, 0) :])
    return given, drawn


def _inked(lines: list[Line], ink: str) -> list[Line]:
    if ink == "strokes":
        colors = order_colors(np.linspace(0, 1, len(lines)))
        return [
            Line(line.points, color, line.width) for line, color in zip(lines, colors, strict=True)
        ]
    if ink == "points":
        return _graded(lines)
    return [Line(line.points, ink, line.width) for line in lines]


def _graded(lines: list[Line]) -> list[Line]:
    """The lines in pieces, coloured by their place along the whole path."""
    lengths = np.array([line.length for line in lines])
    total = max(lengths.sum(), 1e-9)
    begins = np.cumsum(lengths) - lengths
    pieces = []
    for line, begin, length in zip(lines, begins, lengths, strict=True):
        count = max(math.ceil(length / total * _COLOR_STEPS), 1)
        cuts = np.linspace(0, 1, count + 1)
        colors = order_colors((begin + (cuts[:-1] + cuts[1:]) / 2 * length) / total)
        pieces += [
            Line(line.between(cuts[i], cuts[i + 1]).points, colors[i], line.width)
            for i in range(count)
        ]
    return pieces


def order_colors(shares: npt.ArrayLike) -> list[str]:
    """A colour for each share of a drawing's course, 0 its beginning and 1 its end."""
    anchors = np.array([rgb(color) for color in ORDER_RAMP], dtype=np.float64)
    at = np.asarray(shares, dtype=np.float64) * (len(anchors) - 1)
    places = np.arange(len(anchors))
    channels = [np.interp(at, places, anchors[:, channel]) for channel in range(3)]
    return [_hex(color) for color in np.stack(channels, axis=-1)]


def _hex(channels: npt.NDArray[np.float64]) -> str:
    return "#" + "".join(f"{round(float(value)):02x}" for value in channels)


def placements(sketches: Sequence[Sketch], cells: Sequence[Cell], fit: Fit) -> list[Placement]:
    """The placement of each sketch in its cell, without distortion.

    Args:
        sketches: drawings in pixels of their own.
        cells: one square for each.
        fit: `"each"` fills every cell, `"scale"` shows all sketches at one scale, `"place"` gives
            them one scale and one origin, so that equal positions are at equal places.

    Raises:
        SketchRNNError: for another `fit`.
    """
    expect_one_of(fit, FITS, "fit")
    boxes = [sketch.bounds() for sketch in sketches]
    if fit == "place":
        boxes = [_union(boxes, sketches)] * len(boxes)
    scales = [_scale(box, cell) for box, cell in zip(boxes, cells, strict=True)]
    if fit == "scale":
        scales = [min(scales, default=1.0)] * len(scales)
    return [
        _centered(box, cell, scale if math.isfinite(scale) else 1.0)
        for box, cell, scale in zip(boxes, cells, scales, strict=True)
    ]


def _scale(box: Bounds, cell: Cell) -> float:
    room = cell.side * (1 - 2 * CELL_PADDING)
    return room / box.size if box.size > 0 else math.inf


def _centered(box: Bounds, cell: Cell, scale: float) -> Placement:
    middle = np.array([box.left + box.right, box.top + box.bottom]) / 2
    center = np.array([cell.left, cell.top]) + cell.side / 2
    return Placement(scale, center - middle * scale)


def _union(boxes: Sequence[Bounds], sketches: Sequence[Sketch]) -> Bounds:
    drawn = [box for box, sketch in zip(boxes, sketches, strict=True) if len(sketch)]
    if not drawn:
        return Bounds(0.0, 0.0, 0.0, 0.0)
    left, top, right, bottom = zip(*drawn, strict=True)
    return Bounds(min(left), min(top), max(right), max(bottom))
