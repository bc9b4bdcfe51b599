"""The time at which each line of a drawing is drawn, as shares of the whole time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sketch_rnn.render.figure import Line, Points

# A lifted pen moves twice as fast, and even a dot takes some time.
_TRAVEL_COST: Final = 0.5
_LEAST_SHARE: Final = 0.015


@dataclass(frozen=True, eq=False)
class Timed:
    """A line with the shares of the whole time at which it begins and ends."""

    line: Line
    start: float
    end: float

    def drawn(self, since: float, until: float) -> Line | None:
        """The piece of the line that is drawn between two times, or None."""
        if until <= self.start or since >= self.end:
            return None
        if self.line.is_dot:
            return self.line if since <= self.start else None
        length = self.end - self.start
        begin = max((since - self.start) / length, 0.0)
        return self.line.between(begin, min((until - self.start) / length, 1.0))


def timeline(lines: Sequence[Line]) -> list[Timed]:
    """The lines with their times, in proportion to length, with pauses for pen-ups."""
    if not lines:
        return []
    lengths = np.array([line.length for line in lines])
    costs = np.maximum(lengths, _LEAST_SHARE * lengths.sum() or 1.0)
    jumps = [
        float(np.hypot(*(line.points[0] - before.points[-1]))) for before, line in pairwise(lines)
    ]
    ends = np.cumsum(costs + np.array([0.0, *jumps]) * _TRAVEL_COST)
    starts = ends - costs
    times = zip(lines, starts / ends[-1], ends / ends[-1], strict=True)
    return [Timed(line, float(start), float(end)) for line, start, end in times]


def drawn_lines(timed: Sequence[Timed], since: float, until: float) -> Iterator[Line]:
    """Yields the pieces of lines drawn between two times, 0 <= since < until <= 1."""
    for item in timed:
        piece = item.drawn(since, until)
        if piece is not None:
            yield piece


def pen_position(timed: Sequence[Timed], time: float) -> Points | None:
    """The position `(2,)` of the pen, down or lifted; None without lines."""
    if not timed:
        return None
    for before, item in zip([timed[0], *timed], timed, strict=False):
        if time < item.start:
            gap = max(item.start - before.end, 1e-9)
            share = (time - before.end) / gap
            origin, target = before.line.points[-1], item.line.points[0]
            return np.asarray(origin + (target - origin) * share)
        if time < item.end:
            piece = item.drawn(0.0, time)
            return np.asarray(item.line.points[0] if piece is None else piece.points[-1])
    return np.asarray(timed[-1].line.points[-1])
