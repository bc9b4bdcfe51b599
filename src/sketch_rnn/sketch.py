"""One drawing, and the forms it takes: polylines, stroke-3 and stroke-5.

Stroke-3 rows are `(dx, dy, lifted)`: an offset from the previous point, and 1 where the pen goes
up after this point. Stroke-5 rows are `(dx, dy, p1, p2, p3)` with a one-hot pen state: p1 the pen
stays down, p2 it goes up after this point, p3 the sketch has ended (Ha & Eck 2017, section 3.1).
Units are pixels and y grows downwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from os import PathLike
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from sketch_rnn.config import FIRST_ROWS, FirstRow
from sketch_rnn.errors import SketchRNNError, expect_list, expect_one_of
from sketch_rnn.options import expect_rule, number

__all__ = [
    "FIRST_ROWS",
    "START_TOKEN",
    "Bounds",
    "FirstRow",
    "FloatArray",
    "Sketch",
    "checked_strokes",
    "number_array",
    "svg_path",
]

FloatArray = npt.NDArray[np.float32]

START_TOKEN: Final = (0.0, 0.0, 1.0, 0.0, 0.0)


class Bounds(NamedTuple):
    """The smallest box around a drawing, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """The horizontal extent."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The vertical extent."""
        return self.bottom - self.top

    @property
    def size(self) -> float:
        """The longer side."""
        return max(self.width, self.height)


@dataclass(frozen=True, eq=False)
class Sketch:
    """A drawing as stroke-3 rows.

    Attributes:
        strokes: `(N, 3)` float32 rows of `(dx, dy, lifted)` in pixels.
        first_row: what row 0 means. `"move"`: the pen travels from the origin to the first point
            without drawing, so the row is a position. `"line"`: the pen is down at the origin and
            row 0 draws from there, so the drawing has no position. Datasets differ.

    Raises:
        SketchRNNError: if the rows are not `(N, 3)`, not finite, or a pen value is not 0 or 1.
    """

    strokes: FloatArray
    first_row: FirstRow = "move"

    def __post_init__(self) -> None:
        expect_one_of(self.first_row, FIRST_ROWS, "first_row")
        object.__setattr__(self, "strokes", checked_strokes(self.strokes, "sketch"))

    def __len__(self) -> int:
        return len(self.strokes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sketch):
            return NotImplemented
        return self.first_row == other.first_row and np.array_equal(self.strokes, other.strokes)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        box = self.bounds()
        return (
            f"<Sketch: {len(self)} points in {len(self.polylines())} strokes, "
            f"{box.width:.0f} x {box.height:.0f} pixels>"
        )

    @classmethod
    def from_polylines(
        cls, polylines: Iterable[npt.ArrayLike], first_row: FirstRow = "move"
    ) -> Self:
        """The sketch that draws these polylines in order.

        Args:
            polylines: arrays of shape `(n, 2)` of absolute positions in pixels; n = 1 is a dot.
            first_row: with `"line"` the first point becomes the origin.

        Raises:
            SketchRNNError: if a polyline is not `(n, 2)`, or a position is not finite.
        """
        expect_one_of(first_row, FIRST_ROWS, "first_row")
        given = expect_list(polylines, "polylines", "arrays (n, 2)")
        lines = [_checked_polyline(line, number) for number, line in enumerate(given)]
        lines = [line for line in lines if len(line)]
        if not lines:
            return cls(np.zeros((0, 3), np.float32), first_row)
        if first_row == "line":
            origin = lines[0][0]
            is_dot = len(lines[0]) == 1
            lines = [line - origin for line in lines]
            lines[0] = lines[0] if is_dot else lines[0][1:]
        points = np.concatenate(lines)
        lifted = np.zeros(len(points))
        lifted[np.cumsum([len(line) for line in lines]) - 1] = 1
        offsets = np.diff(points, axis=0, prepend=np.zeros((1, 2)))
        return cls(np.column_stack([offsets, lifted]).astype(np.float32), first_row)

    @classmethod
    def from_stroke5(cls, rows: npt.ArrayLike, first_row: FirstRow = "move") -> Self:
        """The sketch of stroke-5 rows `(T, 5)`, read up to the first end-of-sketch row.

        Raises:
            SketchRNNError: if the rows are not `(T, 5)`, not finite, or a pen value is not 0 or 1.
        """
        array = number_array(rows, "stroke-5")
        if array.ndim != 2 or array.shape[1] != 5:
            raise SketchRNNError(
                f"stroke-5: shape {array.shape}, expected (T, 5) rows of dx, dy, p1, p2 and p3"
            )
        ended = np.flatnonzero(array[:, 4] > 0.5)
        array = array[: ended[0]] if len(ended) else array
        return cls(array[:, [0, 1, 3]], first_row)

    def stroke5(self) -> FloatArray:
        """`(N, 5)` stroke-5 rows, without start token and end-of-sketch row."""
        lifted = self.strokes[:, 2:]
        return np.hstack([self.strokes[:, :2], 1 - lifted, lifted, np.zeros_like(lifted)])

    def positions(self) -> npt.NDArray[np.float64]:
        """The `(N, 2)` absolute position after each row."""
        return np.cumsum(self.strokes[:, :2], axis=0, dtype=np.float64)

    def polylines(self) -> list[npt.NDArray[np.float64]]:
        """The drawn lines as `(n, 2)` arrays of absolute positions, n = 1 for a dot."""
        if not len(self):
            return []
        ends = np.flatnonzero(self.strokes[:-1, 2] > 0.5) + 1
        lines = np.split(self.positions(), ends)
        starts_with_dot = len(lines[0]) == 1 and not lines[0].any()
        if self.first_row == "line" and not starts_with_dot:
            lines[0] = np.vstack([np.zeros((1, 2)), lines[0]])
        return lines

    def bounds(self) -> Bounds:
        """The box around everything drawn; all zero for an empty sketch."""
        lines = self.polylines()
        if not lines:
            return Bounds(0.0, 0.0, 0.0, 0.0)
        points = np.concatenate(lines)
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return Bounds(float(left), float(top), float(right), float(bottom))

    def scaled(self, factor: float) -> Sketch:
        """The drawing with every offset multiplied by `factor`.

        Raises:
            SketchRNNError: if the factor is not a finite number, or the drawing gets too large.
        """
        factor = expect_rule(factor, number(), "factor")
        with np.errstate(over="ignore", invalid="ignore"):
            rows = self.strokes * np.array([factor, factor, 1], np.float32)
        return Sketch(rows, self.first_row)

    def rounded(self) -> Sketch:
        """The drawing on whole pixels.

        Absolute positions are rounded and the offsets taken from those, so that errors do not add
        up: the rounded drawing ends within half a pixel of the original end.
        """
        offsets = np.diff(np.rint(self.positions()), axis=0, prepend=np.zeros((1, 2)))
        return Sketch(np.column_stack([offsets, self.strokes[:, 2]]), self.first_row)

    def to_svg(self, path: str | PathLike[str] | None = None) -> str:
        """The drawing as SVG, also written to a file if a path is given.

        `sketch_rnn.render` has pictures of other formats, of several drawings and in other styles.

        Raises:
            SketchRNNError: if the file cannot be written.
        """
        render = import_module("sketch_rnn.render")  # A shortcut for users, in a higher room.
        if path is not None:
            render.save(self, path)
        return str(render.to_svg(self))

    def show(self) -> None:
        """Shows the drawing in the notebook, or in the system's image viewer."""
        import_module("sketch_rnn.render").to_image(self).show()

    def _repr_svg_(self) -> str:
        """The drawing as SVG, which notebooks show."""
        box = self.bounds()
        margin = max(box.size * 0.05, 1.0)
        width, height = box.width + 2 * margin, box.height + 2 * margin
        view = (box.left - margin, box.top - margin, width, height)
        data = " ".join(svg_path(line) for line in self.polylines())
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200" '
            f'viewBox="{" ".join(f"{value:.6g}" for value in view)}"><path d="{data}" '
            f'fill="none" stroke="#222" stroke-width="{margin / 3:.4g}" '
            'stroke-linecap="round" stroke-linejoin="round"/></svg>'
        )


def svg_path(polyline: npt.NDArray[np.float64]) -> str:
    """The SVG path data of one polyline `(n, 2)`; a dot becomes a line of no length."""
    points = polyline if len(polyline) > 1 else np.repeat(polyline, 2, axis=0)
    return "M" + " L".join(f"{x:.6g},{y:.6g}" for x, y in points)


def checked_strokes(rows: npt.ArrayLike, where: str) -> FloatArray:
    """`rows` as `(N, 3)` float32 stroke-3.

    Raises:
        SketchRNNError: naming `where`, if the shape is not `(N, 3)`, an offset is not finite, or a
            pen value is neither 0 nor 1.
    """
    array = number_array(rows, where)
    if array.ndim != 2 or array.shape[1] != 3:
        raise SketchRNNError(
            f"{where}: shape {array.shape}, expected (N, 3) rows of dx, dy and pen lifted"
        )
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    broken = np.flatnonzero(~np.isfinite(array).all(axis=1))
    if len(broken):
        raise SketchRNNError(f"{where}: row {broken[0]} has a NaN or infinite value; remove it")
    odd = np.flatnonzero((array[:, 2] != 0) & (array[:, 2] != 1))
    if len(odd):
        raise SketchRNNError(
            f"{where}: row {odd[0]} has pen value {array[odd[0], 2]:g}; "
            "the third column must be 0 (pen down) or 1 (pen lifted after this point)"
        )
    return array


def _checked_polyline(line: npt.ArrayLike, number: int) -> npt.NDArray[np.float64]:
    points = number_array(line, f"polyline {number}").astype(np.float64)
    if points.size == 0:
        return np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise SketchRNNError(f"polyline {number}: shape {points.shape}, expected (n, 2)")
    if not np.isfinite(points).all():
        raise SketchRNNError(f"polyline {number}: a position is NaN or infinite; remove it")
    return points


def number_array(rows: npt.ArrayLike, where: str) -> npt.NDArray[Any]:
    """`rows` as a plain array of numbers, perhaps the same memory.

    Raises:
        SketchRNNError: naming `where`, if they are not numbers, or some are masked.
    """
    try:
        array = np.asarray(rows.detach() if hasattr(rows, "detach") else rows)
    except ValueError as error:
        raise SketchRNNError(f"{where}: rows of different lengths, expected an array") from error
    except (RuntimeError, TypeError) as error:  # tensors without values, or of types of their own
        raise SketchRNNError(f"{where}: {error}; expected an array of numbers") from error
    if np.ma.is_masked(rows):
        raise SketchRNNError(f"{where}: masked values, expected numbers; remove or fill them")
    if array.dtype.kind not in "biuf":
        raise SketchRNNError(f"{where}: {array.dtype} values, expected numbers")
    return array
