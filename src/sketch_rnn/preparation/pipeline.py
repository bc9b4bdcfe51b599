"""Apply the steps of the preparation to many drawings at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.lines import Indices, Lines, Mask, Polyline
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.rows import Keys, Rows, cut, keys_of, rounded, rows_of
from sketch_rnn.preparation.steps import (
    as_dots,
    drawn_lengths,
    fitted,
    joined,
    resampled,
    shortest_travel,
    simplified_to,
    stray_ratios,
    tiny_strokes,
    without_repeats,
)

STRAY_RATIO: Final = 3.0
LARGEST_OFFSET: Final = 32_767

JOINED: Final = "strokes joined to the one before"
DOTS: Final = "tiny strokes made dots"
TINY_DROPPED: Final = "tiny strokes dropped"
REORDERED: Final = "drawings with their strokes in another order"
SHORTENED: Final = "drawings simplified further, to --max-points"
CUT: Final = "drawings cut into several, for --max-points"
POINTS_IN: Final = "points in"
POINTS_OUT: Final = "points out"
NO_EXTENT: Final = "with all points in one place"
NO_STROKES: Final = "with strokes smaller than --min-stroke only"
TOO_LONG: Final = "longer than --max-points"
TOO_LARGE: Final = "with offsets beyond 32,767 pixels (--box scales them)"
OVER_CAP: Final = "over the limit"


class Stray(NamedTuple):
    """A drawing whose size one outlying stroke sets.

    Attributes:
        ratio: how many times smaller the drawing would be without it.
        origin: number of the drawing.
    """

    ratio: float
    origin: int


@dataclass(frozen=True, eq=False)
class PreparedBatch:
    """Prepared drawings, and counts of the others.

    Attributes:
        lines: the drawings on whole pixels.
        rows: `(N, 3)` stroke-3 rows of the same; drawing i is `rows[offsets[i] : offsets[i + 1]]`.
        offsets: `(D + 1,)` where drawings begin in the rows.
        origins: `(D,)` number of the drawing that each was made of.
        keys: `(D,)` numbers that are the same for parts of one drawing, and for equal drawings.
        changes: how often what was changed, and other counts.
        dropped: how many drawings were dropped, by reason.
        lost: `(D,)` the share of the drawn length that each original has lost.
        strays: the drawings whose size an outlying stroke sets.
    """

    lines: Lines
    rows: Rows
    offsets: Indices
    origins: Indices
    keys: Keys
    changes: Counter[str]
    dropped: Counter[str]
    lost: npt.NDArray[np.float64]
    strays: list[Stray]


def prepare_lines(lines: Lines, options: PrepareOptions) -> PreparedBatch:
    """Applies every step that needs one drawing only."""
    work = _Work(lines, options)
    work.clean()
    if len(work.lines):
        work.shape()
        work.drop_tiny()
        work.reorder()
        work.round()
    work.cap()
    return work.result()


class _Work:
    """Drawings on their way through the steps."""

    def __init__(self, lines: Lines, options: PrepareOptions) -> None:
        self.lines = lines
        self._options = options
        self._origins = np.arange(len(lines))
        self._keys = np.zeros(0, np.uint64)
        self._changes: Counter[str] = Counter({POINTS_IN: len(lines.points)})
        self._dropped: Counter[str] = Counter()
        self._drawn = np.zeros(len(lines))
        self._strays: list[Stray] = []

    def clean(self) -> None:
        """Drops points without movement, and drawings without any."""
        self.lines = without_repeats(self.lines)
        if len(self.lines):
            low, high = self.lines.boxes()
            self._drop((high == low).all(axis=1), NO_EXTENT)

    def shape(self) -> None:
        """Scales, joins and simplifies."""
        options = self._options
        self.lines = fitted(self.lines, options.box)
        self._drawn[self._origins] = drawn_lengths(self.lines)
        before = len(self.lines.line_starts)
        self.lines = joined(self.lines, options.join)
        self._changes[JOINED] += before - len(self.lines.line_starts)
        self.lines = resampled(self.lines, options.resample)
        if options.epsilon:
            self.lines = self.lines.simplified(options.epsilon)
        if options.points:
            self.lines = simplified_to(self.lines, options.points)

    def drop_tiny(self) -> None:
        """Drops tiny strokes, or makes dots of them."""
        tiny = tiny_strokes(self.lines, self._options.min_stroke)
        if self._options.tiny == "dot":
            self._changes[DOTS] += int(tiny.sum())
            self.lines = as_dots(self.lines, tiny) if tiny.any() else self.lines
            return
        is_dot = np.diff(self.lines.line_starts) == 1
        tiny |= is_dot & (self._options.min_stroke > 0)
        if tiny.any():
            self._changes[TINY_DROPPED] += int(tiny.sum())
            self.lines, kept = self.lines.select_lines(~tiny)
            if not kept.all():
                self._note_dropped(kept, NO_STROKES)

    def reorder(self) -> None:
        """Reorders strokes to save travel, if asked to."""
        if self._options.order == "given":
            return
        given = [self.lines.drawing(index) for index in range(len(self.lines))]
        ordered = [shortest_travel(drawing) for drawing in given]
        changed = sum(a is not b for a, b in zip(given, ordered, strict=True))
        self._changes[REORDERED] += changed
        self.lines = Lines.from_polylines(ordered)

    def round(self) -> None:
        """Rounds points to whole pixels, and notes outlying strokes."""
        if not len(self.lines):
            return
        ratios = stray_ratios(self.lines)
        self._strays = [
            Stray(float(ratios[index]), int(self._origins[index]))
            for index in np.flatnonzero(ratios > STRAY_RATIO)
        ]
        self.lines = rounded(self.lines)
        low, high = self.lines.boxes()
        self._drop((high == low).all(axis=1), NO_EXTENT)
        if not self._options.box and len(self.lines):
            self._drop(self._is_too_large(), TOO_LARGE)

    def cap(self) -> None:
        """Shortens, cuts or drops drawings that are too long."""
        self._keys = keys_of(*rows_of(self.lines, "line"))
        most = self._options.max_points
        if not most or not len(self.lines):
            return
        long = self.lines.point_counts > most
        self._changes[OVER_CAP] += int(long.sum())
        if not long.any():
            return
        if self._options.long == "simplify":
            self.lines = simplified_to(self.lines, most)
            still = self.lines.point_counts > most
            self._changes[SHORTENED] += int((long & ~still).sum())
            self._drop(still, TOO_LONG)
        elif self._options.long == "drop":
            self._drop(long, TOO_LONG)
        else:
            self._cut(long, most)

    def result(self) -> PreparedBatch:
        """The drawings that are left, as rows."""
        rows, offsets = rows_of(self.lines, self._options.first_row)
        self._changes[POINTS_OUT] += len(self.lines.points)
        left = np.bincount(self._origins, drawn_lengths(self.lines), len(self._drawn))
        lost = np.where(self._drawn > 0, 1 - left / np.maximum(self._drawn, 1e-9), 0.0)
        return PreparedBatch(
            self.lines,
            rows,
            offsets,
            self._origins,
            self._keys,
            self._changes,
            self._dropped,
            np.maximum(lost, 0.0)[self._origins],
            self._strays,
        )

    def _cut(self, long: Mask, most: int) -> None:
        self._changes[CUT] += int(long.sum())
        parts: list[tuple[int, list[Polyline]]] = []
        for index, is_long in enumerate(long):
            drawing = self.lines.drawing(index)
            parts += [(index, part) for part in (cut(drawing, most) if is_long else [drawing])]
        chosen = np.array([index for index, _ in parts])
        self.lines = fitted_parts(Lines.from_polylines([part for _, part in parts]), self._options)
        self._origins, self._keys = self._origins[chosen], self._keys[chosen]

    def _is_too_large(self) -> Mask:
        points, firsts = self.lines.points, self.lines.point_starts[:-1]
        steps = np.diff(points, axis=0, prepend=np.zeros((1, 2)))
        steps[firsts] = 0 if self._options.first_row == "line" else points[firsts]
        largest: Mask = np.maximum.reduceat(np.abs(steps).max(axis=1), firsts) > LARGEST_OFFSET
        return largest

    def _drop(self, bad: Mask, reason: str) -> None:
        if bad.any():
            self.lines = self.lines.select(~bad)
            self._note_dropped(~bad, reason)

    def _note_dropped(self, kept: Mask, reason: str) -> None:
        self._dropped[reason] += int((~kept).sum())
        self._origins = self._origins[kept]
        if len(self._keys):
            self._keys = self._keys[kept]


def fitted_parts(lines: Lines, options: PrepareOptions) -> Lines:
    """Moves the parts of cut drawings to the origin, if drawings are fitted into a box."""
    if not options.box:
        return lines
    low, _ = lines.boxes()
    return replace(lines, points=lines.points - np.repeat(low, lines.point_counts, axis=0))
