"""The judge's pictures: drawings as small grey images, the same on every machine.

Version 1 of the rasteriser: a picture has 48 x 48 pixels. The drawing is scaled so that the longer
side of its box is 42 pixels, and centred. Ink has a width of 1.5 pixels with round ends and joins;
a pixel's value is 255 times `clip(1.25 - d, 0, 1)`, where d is the distance in pixels from its
centre to the nearest ink, which is a linear antialiasing of one pixel. Overlapping strokes do not
add up, so a picture does not depend on the order or direction in which strokes were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.lines import Lines
from sketch_rnn.sketch import Sketch

Pictures = npt.NDArray[np.uint8]

RASTER_VERSION: Final = 1
SIZE: Final = 48
INK_WIDTH: Final = 1.5
LONGER_SIDE: Final = 42

_CENTRE: Final = (SIZE - 1) / 2
# Distance from the middle of a line at which its ink has faded out.
_REACH: Final = INK_WIDTH / 2 + 0.5
# Pixels around a piece of line that are painted: 2 on each side of the one nearest to its middle.
# A piece of this length reaches no further than that.
_MARGIN: Final = 2
_PIECE_LENGTH: Final = 2 * (_MARGIN + 0.5 - _REACH)
_CHUNK: Final = 256


def rasterise(sketches: Sequence[Sketch]) -> Pictures:
    """`(S, 48, 48)` pictures, 0 for paper and 255 for ink; an empty sketch is all 0."""
    pictures = np.zeros((len(sketches), SIZE, SIZE), np.uint8)
    for start in range(0, len(sketches), _CHUNK):
        drawings = [sketch.polylines() for sketch in sketches[start : start + _CHUNK]]
        drawn = np.array([bool(drawing) for drawing in drawings])
        lines = Lines.from_polylines([drawing for drawing in drawings if drawing])
        pictures[start : start + _CHUNK][drawn] = paint(fitted(lines))
    return pictures


def fitted(lines: Lines) -> Lines:
    """The drawings in pixels of their picture: scaled to its size, and centred."""
    left_top, right_bottom = lines.boxes()
    longest = (right_bottom - left_top).max(axis=1, initial=0, keepdims=True)
    factor = LONGER_SIDE / np.where(longest > 0, longest, 1)
    counts = lines.point_counts
    middle = np.repeat((left_top + right_bottom) / 2, counts, axis=0)
    points = (lines.points - middle) * np.repeat(factor, counts, axis=0) + _CENTRE
    return replace(lines, points=points)


def paint(lines: Lines) -> Pictures:
    """The `(D, 48, 48)` pictures of drawings that lie inside them, see `fitted`."""
    starts, ends, owners = _segments(lines)
    starts, ends, owners = _pieces(starts, ends, owners)
    along = ends - starts
    corner = np.rint((starts + ends) / 2).astype(np.int64) - _MARGIN
    window = np.arange(2 * _MARGIN + 1)
    # Positions of the window's pixels from the start of the piece: x (N, 1, 5) and y (N, 5, 1).
    x = (corner[:, 0, None] + window - starts[:, 0, None])[:, None, :]
    y = (corner[:, 1, None] + window - starts[:, 1, None])[:, :, None]
    dx, dy = along[:, 0, None, None], along[:, 1, None, None]
    square = dx * dx + dy * dy
    share = np.clip((x * dx + y * dy) / np.where(square > 0, square, 1), 0, 1)  # (N, 5, 5)
    distance = np.hypot(x - share * dx, y - share * dy)
    ink = np.rint(255 * np.clip(_REACH - distance, 0, 1)).astype(np.uint8)
    place = (owners * SIZE + corner[:, 1])[:, None, None] + window[:, None]
    place = place * SIZE + corner[:, 0, None, None] + window
    pictures = np.zeros(len(lines) * SIZE * SIZE, np.uint8)
    np.maximum.at(pictures, place.ravel(), ink.ravel())
    return pictures.reshape(-1, SIZE, SIZE)


Points = npt.NDArray[np.float32]
Owners = npt.NDArray[np.int64]


def _segments(lines: Lines) -> tuple[Points, Points, Owners]:
    """The ends `(N, 2)` of all straight segments, and the drawing of each.

    A line of one point is a segment of no length.
    """
    points = lines.points.astype(np.float32)
    is_start = np.ones(len(points), bool)
    is_start[lines.line_starts[1:] - 1] = False
    is_dot = np.diff(lines.line_starts) == 1
    is_start[lines.line_starts[:-1][is_dot]] = True
    starts = np.flatnonzero(is_start)
    ends = starts + 1
    ends[np.isin(starts, lines.line_starts[:-1][is_dot], assume_unique=True)] -= 1
    owners = np.repeat(np.arange(len(lines)), lines.point_counts)[starts]
    return points[starts], points[ends], owners


def _pieces(starts: Points, ends: Points, owners: Owners) -> tuple[Points, Points, Owners]:
    """The segments cut into pieces of at most `_PIECE_LENGTH`."""
    along = ends - starts
    counts = np.maximum(np.ceil(np.hypot(*along.T) / _PIECE_LENGTH), 1).astype(np.int64)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    step = np.repeat(along / counts[:, None].astype(np.float32), counts, axis=0)
    first = np.repeat(starts, counts, axis=0) + step * number[:, None].astype(np.float32)
    return first, first + step, np.repeat(owners, counts)
