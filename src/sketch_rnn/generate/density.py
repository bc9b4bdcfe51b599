"""Polylines with about as many points as a model's data has."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.lines import Lines

Polyline = npt.NDArray[np.float64]

# In real sets most single drawings have a median spacing of 0.5 to 3 times the set's.
_MUCH_DENSER: Final = 0.5
_FAR_SPARSER: Final = 8.0
# Longest piece of a divided segment, in typical spacings.
_PIECE: Final = 4.0
# Douglas-Peucker tolerances as shares of the drawing's longer side; the paper's 2 of 255 pixels is
# 0.008. Those beyond visible detail are only for drawings that are too long otherwise.
_TOLERANCES: Final = (0.00125, 0.0025, 0.005, 0.01, 0.02)
_ROUGH_TOLERANCES: Final = (0.03, 0.04, 0.06, 0.08, 0.12, 0.16)


def with_density(
    lines: list[Polyline], typical_spacing: float, max_rows: int
) -> list[Polyline] | None:
    """Returns the lines with fewer or more points, or None if they are right as they are.

    A drawing whose median segment is shorter than half the typical spacing is simplified, by the
    smallest tolerance that reaches it. One whose median segment is longer than 8 typical spacings
    has its segments divided; less is left alone, since simplified data sets draw a straight line
    in one segment. Then, a drawing of too many points is simplified further, as far as that goes.

    Args:
        lines: `(n, 2)` arrays of positions in the model's pixels.
        typical_spacing: median segment of the model's data; 0 where unknown.
        max_rows: most points in all.
    """
    fitted = lines
    if typical_spacing and _spacing(fitted) < _MUCH_DENSER * typical_spacing:
        fitted = _simplified_to(fitted, _MUCH_DENSER * typical_spacing)
    if typical_spacing and _spacing(fitted) > _FAR_SPARSER * typical_spacing:
        fitted = _divided(fitted, _PIECE * typical_spacing, max_rows)
    if _num_points(fitted) > max_rows:
        fitted = _shortened(lines, max_rows)
    return None if fitted is lines else fitted


def simplified(lines: list[Polyline], tolerance: float) -> list[Polyline]:
    """Returns the lines without the points that Douglas and Peucker drop; ends stay."""
    return Lines.from_polylines([lines]).simplified(tolerance).drawing(0)


def _simplified_to(lines: list[Polyline], spacing: float) -> list[Polyline]:
    size = _size(lines)
    candidate = lines
    for tolerance in _TOLERANCES:
        candidate = simplified(lines, tolerance * size)
        if _spacing(candidate) >= spacing:
            break
    return candidate


def _shortened(lines: list[Polyline], max_rows: int) -> list[Polyline]:
    size = _size(lines)
    candidate = lines
    for tolerance in _TOLERANCES + _ROUGH_TOLERANCES:
        candidate = simplified(lines, tolerance * size)
        if _num_points(candidate) <= max_rows:
            break
    return candidate


def _divided(lines: list[Polyline], piece: float, max_rows: int) -> list[Polyline]:
    """Returns the lines with every segment cut into equal parts of at most `piece`."""
    while True:
        candidate = [_divided_line(line, piece) for line in lines]
        if _num_points(candidate) <= max_rows or _num_points(candidate) == _num_points(lines):
            return candidate
        piece *= 2


def _divided_line(line: Polyline, piece: float) -> Polyline:
    if len(line) < 2:
        return line
    parts = np.maximum(np.ceil(_segment_lengths(line) / piece), 1)
    corners = np.concatenate([[0.0], np.cumsum(parts)])
    places = np.arange(corners[-1] + 1)
    return np.column_stack([np.interp(places, corners, line[:, axis]) for axis in (0, 1)])


def _segment_lengths(line: Polyline) -> npt.NDArray[np.float64]:
    lengths: npt.NDArray[np.float64] = np.hypot(*np.diff(line, axis=0).T)
    return lengths


def _spacing(lines: list[Polyline]) -> float:
    """Returns the median length of a segment; for dots alone NaN, neither dense nor sparse."""
    lengths = np.concatenate([_segment_lengths(line) for line in lines])
    return float(np.median(lengths)) if len(lengths) else np.nan


def _num_points(lines: list[Polyline]) -> int:
    return sum(len(line) for line in lines)


def _size(lines: list[Polyline]) -> float:
    points = np.concatenate(lines)
    return float(np.ptp(points, axis=0).max())
