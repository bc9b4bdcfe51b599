"""Drawings as JSON values, in the forms that programs write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.chunk import Chunk, ChunkBuilder, Place
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.strokes import chunk_of_strokes

FORMS: Final = (
    "expected lines [[[x, y], ...], ...], an object with them under 'polylines', 'strokes' or "
    "'drawing', or rows [dx, dy, lifted] or [dx, dy, p1, p2, p3]"
)
_LINES_KEYS: Final = ("drawing", "polylines", "strokes")
_PENS: Final = {"down": 0.0, "up": 1.0, "end": 1.0}
_MOST_KEYS: Final = 6
_MOST_LOOKED_AT: Final = 100
_MORE_NUMBERS: Final = (
    "points of more than two numbers; the first two are x and y, the others are not used"
)

Array = npt.NDArray[np.float64]


class ItemBuilder(ChunkBuilder):
    """Collects drawings that are JSON values: lines as they come, stroke rows together.

    Args:
        path: the file they are in.
        options: which records count, and how stroke rows are read.
        number: index in the file of the drawing that comes first.
    """

    def __init__(self, path: Path, options: ReadingOptions, number: int = 0) -> None:
        super().__init__(number)
        self._path = path
        self.options = options
        self._rows: list[Array] = []
        self._row_labels: list[str] = []
        self._row_numbers: list[int] = []

    def add_item(self, value: Any, label: str, place: Place, *, as_columns: bool = False) -> None:
        """Adds a drawing, or a fault if it cannot be read; see `lines_of`."""
        try:
            rows = rows_of(value)
            lines = [] if rows is not None else lines_of(value, as_columns=as_columns)
        except SketchRNNError as error:
            self.add_fault(place, error)
            return
        if rows is None:
            if any(line.shape[1] > 2 for line in lines):
                self.note(str(self._path), _MORE_NUMBERS)
            self.add_lines(lines, label, place)
            return
        self._rows.append(rows)
        self._row_labels.append(label)
        self._row_numbers.append(self.number)
        self.number += 1

    def chunks(self) -> Iterator[Chunk]:
        """Yields all drawings."""
        yield self.finish()
        if self._rows:
            yield chunk_of_strokes(
                self._rows,
                self._row_labels,
                numbers=self._row_numbers,
                name=str(self._path),
                first_row=self.options.first_row or "move",
                absolute=self.options.absolute,
            )


def drawings_of(content: Any) -> list[Any]:
    """The drawings in a JSON value, which is one or a list of several."""
    return content if _is_several(content) else [content]


def label_of(value: Any) -> str:
    """The class that an object names under "label" or "word", or an empty text."""
    label = (value.get("label") or value.get("word")) if isinstance(value, dict) else None
    return label if isinstance(label, str) else ""


def rows_of(value: Any) -> Array | None:
    """The stroke rows of one drawing, `(n, 3)` or `(n, 5)`; None if it is given as lines.

    Raises:
        SketchRNNError: if the rows differ in length, or hold anything but numbers.
    """
    if _is_list_of(value, dict) and {"dx", "dy"} <= value[0].keys():
        return _rows_of_objects(value)
    is_rows = _is_list_of(value, list) and len(value[0]) in (3, 5) and _is_number(value[0][0])
    return _array(value) if is_rows else None


def lines_of(value: Any, *, as_columns: bool = False) -> list[Array]:
    """The lines of one drawing, arrays `(n, 2)` or with more columns; none is empty.

    Args:
        value: the drawing.
        as_columns: a line that is a list is [[x, ...], [y, ...]], as in QuickDraw.

    Raises:
        SketchRNNError: if it is not a drawing, with its keys.
    """
    if isinstance(value, dict) and "points" not in value:
        key = next((key for key in _LINES_KEYS if key in value), None)
        if key is None:
            found = ", ".join(map(repr, list(value)[:_MOST_KEYS])) or "nothing"
            raise SketchRNNError(f"an object with {found} in it; {FORMS}")
        if not isinstance(value[key], list):
            raise SketchRNNError(f"its '{key}' is not a list of lines; {FORMS}")
        return lines_of(value[key], as_columns=key == "drawing" and _may_be_columns(value[key]))
    if isinstance(value, dict) or _is_point(value[0] if isinstance(value, list) and value else 0):
        value = [value]
    if not isinstance(value, list):
        raise SketchRNNError(f"not a list of lines; {FORMS}")
    lines = [_columns(line) if as_columns else _line(line) for line in value if line != []]
    return [line for line in lines if len(line)]


def uses_columns(drawings: Sequence[Any]) -> bool:
    """Whether all lines of these drawings are [[x, ...], [y, ...]] instead of points.

    Two lists of two or three numbers could be either, so that a longer one must be among them.
    """
    given = [drawing for drawing in drawings if _is_list_of(drawing, list)]
    return all(map(_may_be_columns, given)) and any(
        len(line[0]) > 3 for drawing in given for line in drawing if line
    )


def _may_be_columns(lines: Any) -> bool:
    return all(
        line == []
        or (
            _is_list_of(line, list)
            and len(line) in (2, 3)
            and len({len(column) for column in line}) == 1
        )
        for line in lines
    )


def _is_several(content: Any) -> bool:
    """Whether this is a list of drawings, not one."""
    depth = _depth(content)
    if depth == 3 and isinstance(content, list):
        return _is_rows_of_several(content)
    return depth > 3


def _is_rows_of_several(content: list[Any]) -> bool:
    """Whether lists of [x, y, p] are drawings as stroke rows, not the lines of one.

    In stroke rows the third number is 0, and 1 at the end of each stroke, or the last three are a
    one-hot pen state. A pressure is another number, or the same everywhere.
    """
    rows = [row for part in content if _is_list_of(part, list) for row in part]
    widths = {len(row) if _is_list_of(row, (int, float)) else -1 for row in rows}
    if widths == {3}:
        pens = {row[2] for row in rows}
        # Without any lift these are offsets only if they go back, too.
        return pens == {0, 1} or (pens == {0} and any(min(row[:2]) < 0 for row in rows))
    return widths == {5} and all({*row[2:]} <= {0, 1} and sum(row[2:]) == 1 for row in rows)


def _depth(value: Any) -> int:
    """The kind of a value: 0 a number, 1 a point, 2 a line, 3 a drawing, 4 several."""
    if isinstance(value, dict):
        if "points" in value:
            return 2
        return 1 if {"x", "y"} <= value.keys() or {"dx", "dy"} <= value.keys() else 3
    depth, todo = 0, [(value, 0)]
    while todo:
        part, level = todo.pop()
        if isinstance(part, list):
            depth = max(depth, level)
            # Broken items among many do not change what the rest is.
            todo += [(item, level + 1) for item in part[:_MOST_LOOKED_AT]] if level < 4 else []
        elif isinstance(part, dict):
            depth = max(depth, level + _depth(part))
        elif _is_number(part):
            depth = max(depth, level)
    return depth


def _line(line: Any) -> Array:
    if isinstance(line, dict):
        line = line.get("points")
    if not isinstance(line, list):
        raise SketchRNNError(f"a line that is not a list of points; {FORMS}")
    if _is_list_of(line, dict):
        if not all({"x", "y"} <= point.keys() for point in line):
            found = ", ".join(map(repr, list(line[0])[:_MOST_KEYS]))
            raise SketchRNNError(f"points with {found} instead of 'x' and 'y'; {FORMS}")
        line = [[point["x"], point["y"]] for point in line]
    points = _array(line)
    if points.shape[1] < 2:
        raise SketchRNNError(f"points of one number; {FORMS}")
    return points


def _columns(line: Any) -> Array:
    if not _is_list_of(line, list) or len(line) < 2 or len(line[0]) != len(line[1]):
        raise SketchRNNError("a line that is not [[x, ...], [y, ...]] of equally many numbers")
    return _array(line[:2]).T if line[0] else np.zeros((0, 2))


def _rows_of_objects(rows: list[dict[str, Any]]) -> Array:
    """ml5's strokes {"dx", "dy", "pen"} as stroke rows, without the end of the drawing."""
    kept = [row for row in rows if row.get("pen") != "end"]
    if not all(row.get("pen") in _PENS for row in kept):
        raise SketchRNNError("strokes {'dx', 'dy', 'pen'} whose pen is not down, up or end")
    return _array([[row.get("dx"), row.get("dy"), _PENS[row["pen"]]] for row in kept])


def _array(rows: list[Any]) -> Array:
    """The rows as an array, if all hold equally many numbers."""
    if not rows:
        return np.zeros((0, 2))
    widths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if len(widths) > 1 or not all(_is_list_of(row, (int, float)) for row in rows):
        raise SketchRNNError(f"points that are not equally many numbers each; {FORMS}")
    try:
        return np.array(rows, np.float64).reshape(len(rows), -1)
    except (OverflowError, ValueError) as error:
        raise SketchRNNError(f"a number that is too large; {FORMS}") from error


def _is_point(value: Any) -> bool:
    if isinstance(value, dict):
        return {"x", "y"} <= value.keys()
    return isinstance(value, list) and bool(value) and _is_number(value[0])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list_of(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, kind) for v in value)
