"""Many drawings as polylines in one flat array, so that a step processes all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FirstRow
from sketch_rnn.sketches import Sketches

Polyline = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# GEOS recurses as deep as a line has points, at worst, and overflows the stack.
_LONG: Final = 1_200
_FARTHEST_LEVELS: Final = 64


@dataclass(frozen=True, eq=False)
class Lines:
    """D drawings of L lines of P points; every drawing has a line, every line a point.

    Attributes:
        points: `(P, 2)` absolute positions in pixels, y downwards.
        line_starts: `(L + 1,)`; line i is `points[line_starts[i] : line_starts[i + 1]]`.
        drawing_starts: `(D + 1,)`; drawing i has the lines from `drawing_starts[i]` to
            `drawing_starts[i + 1]`.
    """

    points: Polyline
    line_starts: Indices
    drawing_starts: Indices

    @classmethod
    def from_polylines(cls, drawings: Iterable[Sequence[npt.ArrayLike]]) -> Self:
        """The drawings with these lines; lines without points are left out.

        Args:
            drawings: for each its lines, arrays `(n, 2)`.
        """
        kept = [[line for line in map(np.asarray, lines) if len(line)] for lines in drawings]
        lines = [line for drawing in kept for line in drawing]
        points = np.concatenate(lines).astype(np.float64) if lines else np.zeros((0, 2))
        return cls(points, starts_of(map(len, lines)), starts_of(map(len, kept)))

    @classmethod
    def from_sketches(cls, store: Sketches, first_row: FirstRow) -> Self:
        """The lines that stroke-3 drawings draw; as `Sketch.polylines`."""
        rows, starts = store.rows.astype(np.float64), store.offsets[:-1]
        lengths = store.lengths
        if not lengths.all():
            raise SketchRNNError("a drawing without rows has no lines")
        is_first = np.zeros(len(rows), bool)
        is_first[starts] = True
        # A "line" begins at the origin, unless its first stroke is a dot there.
        is_dot = ~rows[starts, :2].any(axis=1) & ((rows[starts, 2] > 0.5) | (lengths == 1))
        extra = (first_row == "line") & ~is_dot
        points = np.cumsum(rows[:, :2], axis=0)
        points -= np.repeat(points[starts] - rows[starts, :2], lengths, axis=0)
        begins = is_first | np.roll(rows[:, 2] > 0.5, 1)
        if not extra.any():
            drawing_starts = np.append(np.cumsum(begins)[starts] - 1, begins.sum())
            return cls(points, np.append(np.flatnonzero(begins), len(rows)), drawing_starts)
        points = np.insert(points, starts[extra], 0.0, axis=0)
        begins[starts[extra]] = False
        begins = np.insert(begins, starts[extra], True)
        new_starts = starts + np.cumsum(extra) - extra
        drawing_starts = np.append(np.cumsum(begins)[new_starts] - 1, begins.sum())
        return cls(points, np.append(np.flatnonzero(begins), len(points)), drawing_starts)

    def __len__(self) -> int:
        return len(self.drawing_starts) - 1

    def drawing(self, index: int) -> list[Polyline]:
        """The lines of one drawing."""
        first, last = self.drawing_starts[index], self.drawing_starts[index + 1]
        return np.split(self.points[slice(*self._ends(first, last))], self._inner(first, last))

    @property
    def point_counts(self) -> Indices:
        """The `(D,)` number of points of each drawing."""
        return np.diff(self.line_starts[self.drawing_starts])

    @property
    def line_counts(self) -> Indices:
        """The `(D,)` number of lines of each drawing."""
        return np.diff(self.drawing_starts)

    @property
    def point_starts(self) -> Indices:
        """The `(D + 1,)` places in `points` where drawings begin."""
        return self.line_starts[self.drawing_starts]

    def line_drawings(self) -> Indices:
        """The `(L,)` number of the drawing of each line."""
        return np.repeat(np.arange(len(self)), self.line_counts)

    def with_points(self, kept: Mask) -> Lines:
        """The lines with only the points marked by `kept` (P,); every line must keep one."""
        places = np.concatenate([[0], np.cumsum(kept)])
        return replace(self, points=self.points[kept], line_starts=places[self.line_starts])

    def select_lines(self, kept: Mask) -> tuple[Lines, Mask]:
        """The drawings with the lines marked by `kept` (L,), and a mask of those that have any."""
        counts = np.add.reduceat(kept, self.drawing_starts[:-1]) if len(self) else np.zeros(0, int)
        points = self.points[np.repeat(kept, np.diff(self.line_starts))]
        lengths = np.diff(self.line_starts)[kept]
        has_any = counts > 0
        return Lines(points, starts_of(lengths), starts_of(counts[has_any])), has_any

    def select(self, kept: Mask) -> Lines:
        """The drawings marked by `kept` (D,)."""
        if kept.all():
            return self
        return self.select_lines(np.repeat(kept, self.line_counts))[0]

    def boxes(self) -> tuple[Polyline, Polyline]:
        """The left-top and right-bottom corners `(D, 2)` of all drawings."""
        return grouped_boxes(self.points, self.point_starts)

    def line_boxes(self) -> tuple[Polyline, Polyline]:
        """The left-top and right-bottom corners `(L, 2)` of all lines."""
        return grouped_boxes(self.points, self.line_starts)

    def simplified(self, tolerance: float | npt.NDArray[np.float64]) -> Lines:
        """The lines simplified by the Douglas-Peucker algorithm; end points stay.

        Every dropped point is within `tolerance` pixels of the line that remains, and no kept point
        moves (Douglas & Peucker 1973, as GEOS computes it).

        Args:
            tolerance: one number, or one for each line, `(L,)`; 0 drops only points on the line.
        """
        lengths = np.diff(self.line_starts)
        limits = np.broadcast_to(tolerance, lengths.shape)
        is_long = lengths > _LONG
        lines = self
        if is_long.any():
            kept = np.ones(len(self.points), bool)
            for index in np.flatnonzero(is_long):
                place = slice(*self.line_starts[index : index + 2])
                kept[place] = _simplified(self.points[place], float(limits[index]))
            lines = self.with_points(kept)
        return lines._simplified_by_geos((lengths > 2) & ~is_long, limits)

    def _simplified_by_geos(self, chosen: Mask, limits: npt.NDArray[np.float64]) -> Lines:
        """The `chosen` lines (L,) simplified with these tolerances (L,), the others as they are."""
        import shapely  # noqa: PLC0415  (slow to load)

        if not chosen.any():
            return self
        lengths = np.diff(self.line_starts)
        inside = np.repeat(chosen, lengths)
        numbers = np.repeat(np.cumsum(chosen) - 1, lengths)[inside]
        curves = shapely.linestrings(self.points[inside], indices=numbers)
        simple = shapely.simplify(curves, limits[chosen], preserve_topology=False)
        left, owners = shapely.get_coordinates(simple, return_index=True)
        new_lengths = lengths.copy()
        new_lengths[chosen] = np.bincount(owners, minlength=int(chosen.sum()))
        starts = starts_of(new_lengths)
        points = np.empty((starts[-1], 2))
        simplified = np.repeat(chosen, new_lengths)
        points[simplified] = left
        points[~simplified] = self.points[~inside]
        return replace(self, points=points, line_starts=starts)

    def _ends(self, first: int, last: int) -> tuple[int, int]:
        return int(self.line_starts[first]), int(self.line_starts[last])

    def _inner(self, first: int, last: int) -> Indices:
        inner: Indices = self.line_starts[first + 1 : last] - self.line_starts[first]
        return inner


def starts_of(counts: Iterable[Any]) -> Indices:
    """The `(n + 1,)` start of each group of these sizes, and the end of the last one."""
    sizes = counts if isinstance(counts, np.ndarray) else np.fromiter(counts, np.int64)
    starts = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=starts[1:])
    return starts


def grouped_boxes(points: Polyline, starts: Indices) -> tuple[Polyline, Polyline]:
    """The left-top and right-bottom corners `(G, 2)` of groups of points, none empty."""
    if len(starts) < 2:
        return np.zeros((0, 2)), np.zeros((0, 2))
    return np.minimum.reduceat(points, starts[:-1]), np.maximum.reduceat(points, starts[:-1])


def _simplified(points: Polyline, tolerance: float) -> Mask:
    """The points `(n,)` of one line that the Douglas-Peucker algorithm keeps.

    All sections of a level are divided at once. Below `_FARTHEST_LEVELS` they are divided in the
    middle instead of at the farthest point: regular zigzags would need a level for each point.
    """
    kept = np.zeros(len(points), bool)
    kept[[0, -1]] = True
    starts, ends = np.array([0]), np.array([len(points) - 1])
    level = 0
    while len(starts):
        counts = ends - starts - 1
        firsts = starts_of(counts)
        owners = np.repeat(np.arange(len(starts)), counts)
        inside = np.arange(firsts[-1]) + (starts + 1 - firsts[:-1])[owners]
        away = _distances(points[inside], points[starts], points[ends], owners)
        most = np.maximum.reduceat(away, firsts[:-1])
        middles = (starts + ends) // 2
        if level < _FARTHEST_LEVELS:
            is_farthest = away == most[owners]
            middles = np.minimum.reduceat(np.where(is_farthest, inside, len(points)), firsts[:-1])
        divided = most > tolerance
        starts, middles, ends = starts[divided], middles[divided], ends[divided]
        kept[middles] = True
        starts, ends = np.concatenate([starts, middles]), np.concatenate([middles, ends])
        has_points = ends - starts > 1
        starts, ends = starts[has_points], ends[has_points]
        level += 1
    return kept


def _distances(
    points: Polyline, starts: Polyline, ends: Polyline, owners: Indices
) -> npt.NDArray[np.float64]:
    """The distances of points `(n, 2)` from their segments, whose numbers are `owners` (n,)."""
    along = ends - starts
    squares = (along * along).sum(axis=1)
    x, y = (points - starts[owners]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (x * along[owners, 0] + y * along[owners, 1]) / squares[owners]
        offsets = (x * along[owners, 1] - y * along[owners, 0]) / squares[owners]
    distances: npt.NDArray[np.float64] = np.abs(offsets) * np.sqrt(squares)[owners]
    beyond = ~((shares > 0) & (shares < 1))
    if beyond.any():
        from_start = points[beyond] - starts[owners[beyond]]
        from_end = points[beyond] - ends[owners[beyond]]
        nearer = np.where((shares[beyond] >= 1)[:, None], from_end, from_start)
        distances[beyond] = np.sqrt((nearer * nearer).sum(axis=1))
    return distances
