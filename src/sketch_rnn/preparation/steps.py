"""Steps that change drawings, each for many drawings at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sketch_rnn.lines import Lines, Mask, Polyline, starts_of

# Positions scaled to a box agree to about this share of its size where they were the same.
_SAME = 1e-6
_NUM_TARGET_STEPS = 14
# More would take quadratic time.
_NEXT_STROKES = 1024


def without_repeats(lines: Lines) -> Lines:
    """Drops points that repeat the one before."""
    if not len(lines):
        return lines
    kept = np.ones(len(lines.points), bool)
    kept[1:] = (lines.points[1:] != lines.points[:-1]).any(axis=1)
    kept[lines.line_starts[:-1]] = True
    return lines if kept.all() else lines.with_points(kept)


def fitted(lines: Lines, box: float) -> Lines:
    """Moves drawings to the origin and scales their longer side to `box`.

    One without any extent only moves. With `box` 0 nothing changes.
    """
    if not box or not len(lines):
        return lines
    low, high = lines.boxes()
    sizes = (high - low).max(axis=1)
    factors = np.where(sizes > 0, box / np.where(sizes > 0, sizes, 1.0), 1.0)
    counts = lines.point_counts
    placed = (lines.points - np.repeat(low, counts, axis=0)) * np.repeat(factors, counts)[:, None]
    return replace(lines, points=placed)


def joined(lines: Lines, distance: float) -> Lines:
    """Joins strokes that begin where the one before ends.

    Args:
        lines: the drawings.
        distance: how far apart the two may be, in pixels; where it is below 0 nothing is joined.
    """
    if distance < 0 or len(lines.line_starts) < 3:
        return lines
    begins = lines.points[lines.line_starts[1:-1]]
    ends = lines.points[lines.line_starts[1:-1] - 1]
    size = float(np.abs(lines.points).max(initial=0))
    touches = np.hypot(*(begins - ends).T) <= distance + _SAME * size
    touches[lines.drawing_starts[1:-1] - 1] = False
    if not touches.any():
        return lines
    merged = np.concatenate([[False], touches])
    drawing_starts = lines.drawing_starts - starts_of(merged)[lines.drawing_starts]
    line_starts = np.append(lines.line_starts[:-1][~merged], lines.line_starts[-1])
    result = Lines(lines.points, line_starts, drawing_starts)
    # Where two strokes met, one point is enough.
    kept = np.ones(len(lines.points), bool)
    meeting = lines.line_starts[:-1][merged]
    same = np.abs(lines.points[meeting] - lines.points[meeting - 1]).max(axis=1) <= _SAME * size
    kept[meeting[same]] = False
    return result.with_points(kept)


def resampled(lines: Lines, spacing: float) -> Lines:
    """Resamples lines at equal steps of about `spacing` pixels, ends included."""
    if not spacing:
        return lines
    made = []
    for start, stop in pairwise(lines.line_starts):
        line = lines.points[start:stop]
        travelled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        count = max(1, round(travelled[-1] / spacing)) + 1 if len(line) > 1 else 1
        places = np.linspace(0, travelled[-1], count)
        made.append(
            np.column_stack([np.interp(places, travelled, line[:, axis]) for axis in (0, 1)])
        )
    return replace(lines, points=np.concatenate(made), line_starts=starts_of(map(len, made)))


def simplified_to(lines: Lines, most: int) -> Lines:
    """Simplifies drawings to about `most` points; those with fewer are unchanged.

    Each gets the smallest tolerance that is enough, found by bisection. No stroke loses its ends,
    so a drawing of many strokes may stay longer.
    """
    long = lines.point_counts > most
    if not most or not long.any():
        return lines
    low, high = lines.boxes()
    # No point of a closed stroke is further from its ends than this.
    sizes = np.hypot(*(high - low).T)
    owners = lines.line_drawings()
    least, enough = np.zeros(len(lines)), np.where(long, sizes, 0.0)
    for _ in range(_NUM_TARGET_STEPS):
        middle = (least + enough) / 2
        fits = lines.simplified(middle[owners]).point_counts <= most
        enough = np.where(fits, middle, enough)
        least = np.where(fits, least, middle)
    return _chosen_simplification(lines, enough, long)


def tiny_strokes(lines: Lines, limit: float) -> Mask:
    """Marks lines `(L,)` of more than one point that are smaller than `limit` pixels."""
    low, high = lines.line_boxes()
    tiny: Mask = ((high - low).max(axis=1) < limit) & (np.diff(lines.line_starts) > 1)
    return tiny


def as_dots(lines: Lines, chosen: Mask) -> Lines:
    """Shortens the `chosen` (L,) lines to their first point."""
    kept = np.repeat(~chosen, np.diff(lines.line_starts))
    kept[lines.line_starts[:-1]] = True
    return lines.with_points(kept)


def drawn_lengths(lines: Lines) -> npt.NDArray[np.float64]:
    """The length of all strokes of each drawing `(D,)`, in pixels."""
    if not len(lines):
        return np.zeros(0)
    steps = np.hypot(*np.diff(lines.points, axis=0, prepend=np.zeros((1, 2))).T)
    steps[lines.line_starts[:-1]] = 0
    lengths: npt.NDArray[np.float64] = np.add.reduceat(steps, lines.point_starts[:-1])
    return lengths


def shortest_travel(drawing: list[Polyline]) -> list[Polyline]:
    """Orders and reverses the strokes of a drawing to save pen travel.

    The first stroke stays; then comes whichever end is nearest among the next 1,024 strokes of the
    drawing. Where that is no better, the order stays as it was.
    """
    if len(drawing) < 3:
        return drawing
    chosen = drawing[:1]
    for first in range(1, len(drawing), _NEXT_STROKES):
        chosen += _by_distance(drawing[first : first + _NEXT_STROKES], chosen[-1][-1])
    return chosen if pen_travel(chosen) < pen_travel(drawing) else drawing


def _by_distance(strokes: list[Polyline], place: Polyline) -> list[Polyline]:
    """The strokes, reversed if need be: each time the one with an end nearest to `place`."""
    ends = np.array([(line[0], line[-1]) for line in strokes])
    left = np.ones(len(strokes), bool)
    chosen = []
    while left.any():
        distances = np.hypot(*np.moveaxis(ends - place, -1, 0))
        distances[~left] = np.inf
        number, end = divmod(int(distances.argmin()), 2)
        chosen.append(strokes[number][::-1] if end else strokes[number])
        place = chosen[-1][-1]
        left[number] = False
    return chosen


def pen_travel(drawing: list[Polyline]) -> float:
    """How far the pen moves without drawing, in pixels."""
    return sum(float(np.hypot(*(after[0] - before[-1]))) for before, after in pairwise(drawing))


def stray_ratios(lines: Lines) -> npt.NDArray[np.float64]:
    """How many times smaller each drawing `(D,)` would be without one outlying stroke.

    The stroke lies beside all others; an outline around them does not count. 1 where there is none.
    """
    if not len(lines):
        return np.ones(0)
    low, high = lines.line_boxes()
    extremes = np.hstack([low, -high])
    firsts, seconds, holders = _two_least(extremes, lines)
    sizes = _size(firsts)
    ratios = np.ones(len(lines))
    for side in range(4):
        holder = holders[:, side]
        others = np.where(holders == holder[:, None], seconds, firsts)
        beside = (extremes[holder][:, [2, 3, 0, 1]] > -others).any(axis=1)
        rest = np.maximum(_size(others), _SAME * sizes)
        counts = (lines.line_counts > 1) & beside & (rest > 0)
        ratios[counts] = np.maximum(ratios, sizes / np.where(rest > 0, rest, 1.0))[counts]
    # Of two strokes the smaller one is the outlier.
    largest = np.maximum.reduceat((high - low).max(axis=1), lines.drawing_starts[:-1])
    of_two = np.where(largest > 0, sizes / np.where(largest > 0, largest, 1.0), 1.0)
    return np.where(lines.line_counts == 2, np.minimum(ratios, of_two), ratios)


def _two_least(
    values: npt.NDArray[np.float64], lines: Lines
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """The least and second-least values of each drawing `(D, 4)`, and the lines of the least."""
    starts, owners = lines.drawing_starts[:-1], lines.line_drawings()
    firsts = np.minimum.reduceat(values, starts)
    numbers = np.arange(len(values))[:, None]
    holders = np.minimum.reduceat(np.where(values == firsts[owners], numbers, len(values)), starts)
    others = np.where(holders[owners] == numbers, np.inf, values)
    seconds = np.minimum.reduceat(others, starts)
    return firsts, seconds, holders


def _size(extremes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        size: npt.NDArray[np.float64] = np.max(-extremes[:, 2:] - extremes[:, :2], axis=1)
    return size


def _chosen_simplification(
    lines: Lines, tolerances: npt.NDArray[np.float64], chosen: Mask
) -> Lines:
    """The `chosen` drawings simplified, the others as they are."""
    owners = lines.line_drawings()
    simple = lines.simplified(tolerances[owners])
    if chosen.all():
        return simple
    taken = chosen[owners]
    lengths = np.where(taken, np.diff(simple.line_starts), np.diff(lines.line_starts))
    points = np.empty((int(lengths.sum()), 2))
    new = np.repeat(taken, lengths)
    points[new] = simple.points[np.repeat(taken, np.diff(simple.line_starts))]
    points[~new] = lines.points[np.repeat(~taken, np.diff(lines.line_starts))]
    return replace(lines, points=points, line_starts=starts_of(lengths))
