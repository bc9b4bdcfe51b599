"""Arrange sketches: one alone, a grid, a strip, pairs, or an interpolation with its ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.render.figure import Figure, Line, Tracing
from sketch_rnn.render.layout import Labels, Table
from sketch_rnn.render.style import DEFAULT_STYLE, Style
from sketch_rnn.render.tracing import Fit
from sketch_rnn.sketch import Sketch

_CELL_ALONE: Final = 320.0
_CELL_IN_TABLE: Final = 120.0
_LONGEST_ROW: Final = 5
_PAIRS_IN_A_ROW: Final = (3, 2)


def single(
    sketch: Sketch, *, title: str = "", prefix: int = 0, style: Style = DEFAULT_STYLE
) -> Figure:
    """The figure of one sketch.

    Args:
        sketch: the drawing, fitted into the cell with its shape kept.
        title: text above it.
        prefix: rows drawn in the ink for what was given, as the start of a completion.
        style: inks and sizes.
    """
    table = Table(style.side(_CELL_ALONE), columns=1, rows=1, title=title)
    return table.figure([sketch], "each", [prefix], replace(style, panel=None))


def grid(
    sketches: Sequence[Sketch],
    *,
    columns: int | None = None,
    labels: Labels = (),
    row_labels: Labels = (),
    column_labels: Labels = (),
    title: str = "",
    fit: Fit = "each",
    prefix: int | Sequence[int] = 0,
    style: Style = DEFAULT_STYLE,
) -> Figure:
    """The figure of sketches in rows and columns, filled row by row.

    Args:
        sketches: drawings; the cell of an empty one says so.
        columns: drawings in a row; by default what the labels say, or nearly a square.
        labels: one text below each sketch.
        row_labels: one text left of each row.
        column_labels: one text above each column.
        title: text above everything.
        fit: `"each"` fills every cell, `"scale"` shows all sketches at one scale, `"place"` gives
            them one scale and one origin, so that equal positions are at equal places.
        prefix: rows of each sketch drawn in the ink for what was given: one number for all, or
            one for each.
        style: inks and sizes.

    Raises:
        SketchRNNError: if there are no sketches, or a number of labels does not fit.
    """
    _require_sketches(sketches)
    count = len(sketches)
    columns = _at_least_1(columns) or _columns(count, row_labels, column_labels)
    table = Table(
        style.side(_CELL_IN_TABLE),
        columns=columns,
        rows=math.ceil(count / columns),
        title=title,
        labels=_checked("labels", labels, count, "sketches"),
        row_labels=_checked("row_labels", row_labels, math.ceil(count / columns), "rows"),
        column_labels=_checked("column_labels", column_labels, columns, "columns"),
    )
    return table.figure(sketches, fit, _prefixes(prefix, count), style)


def strip(
    sketches: Sequence[Sketch],
    *,
    labels: Labels = (),
    title: str = "",
    fit: Fit = "each",
    prefix: int | Sequence[int] = 0,
    style: Style = DEFAULT_STYLE,
) -> Figure:
    """The figure of sketches in one row; arguments as for `grid`."""
    columns = len(sketches)
    return grid(
        sketches, columns=columns, labels=labels, title=title, fit=fit, prefix=prefix, style=style
    )


def pairs(
    lefts: Sequence[Sketch],
    rights: Sequence[Sketch],
    *,
    headings: tuple[str, ...] = ("original", "reconstruction"),
    columns: int | None = None,
    labels: Labels = (),
    title: str = "",
    prefix: Sequence[int] = (),
    documents: Sequence[bytes | None] = (),
    style: Style = DEFAULT_STYLE,
) -> Figure:
    """The figure of sketches side by side, the two of a pair at one scale.

    Args:
        lefts: the first sketch of each pair.
        rights: the second.
        headings: texts above the documents, if any, the first and the second sketches.
        columns: pairs in a row; by default up to three.
        labels: one text below each pair.
        title: text above everything.
        prefix: rows of each first sketch drawn in the ink for what was given; none by default.
        documents: for each pair an SVG document to show before it, if there is one; see `Picture`.
        style: inks and sizes.

    Raises:
        SketchRNNError: if there are no sketches, or the numbers do not fit.
    """
    _require_sketches(lefts)
    if len(lefts) != len(rights):
        raise SketchRNNError(
            f"pairs need equally many sketches, not {len(lefts)} and {len(rights)}"
        )
    count = len(lefts)
    columns = _at_least_1(columns) or _pair_columns(count)
    group = 3 if documents else 2
    before: list[None] = [None] * (group - 2)
    table = Table(
        style.side(_CELL_IN_TABLE),
        columns=group * columns,
        rows=math.ceil(count / columns),
        group=group,
        title=title,
        labels=_checked("labels", labels, count, "pairs"),
        column_labels=headings * columns,
    )
    cells = [cell for pair in zip(lefts, rights, strict=True) for cell in (*before, *pair)]
    left_prefixes = _prefixes(prefix or 0, count)
    prefixes = [n for left in left_prefixes for n in (*[0] * len(before), left, 0)]
    shown = {group * i: document for i, document in enumerate(documents) if document is not None}
    return table.figure(cells, "scale", prefixes, style, shown)


def stacked(upper: Figure, lower: Figure) -> Figure:
    """The figure of one figure below another, with the title of the upper one."""
    down = upper.height

    def moved(line: Line) -> Line:
        return replace(line, points=line.points + np.array([0, down]))

    return replace(
        upper,
        width=max(upper.width, lower.width),
        height=down + lower.height,
        boxes=(*upper.boxes, *(replace(box, top=box.top + down) for box in lower.boxes)),
        texts=(*upper.texts, *(replace(text, y=text.y + down) for text in lower.texts)),
        drawings=(
            *upper.drawings,
            *(
                Tracing(tuple(map(moved, drawing.lines)), tuple(map(moved, drawing.given)))
                for drawing in lower.drawings
            ),
        ),
        pictures=(
            *upper.pictures,
            *(replace(picture, top=picture.top + down) for picture in lower.pictures),
        ),
    )


def between(
    sketches: Sequence[Sketch],
    ends: Sequence[Sketch],
    labels: Labels,
    *,
    style: Style = DEFAULT_STYLE,
) -> Figure:
    """The figure of an interpolation, with the given drawings beside what the model makes of them.

    Args:
        sketches: the drawings on the way: from one end to the other, or row by row of a square.
        ends: the given drawings, two or four (the corners of the square, row by row); they are
            drawn in the ink for what was given.
        labels: a name for each end.
        style: inks and sizes.

    Raises:
        SketchRNNError: if there are no sketches, or neither two nor four ends.
    """
    _require_sketches(sketches)
    if len(ends) not in (2, 4) or len(ends) != len(labels):
        raise SketchRNNError(f"{len(ends)} ends and {len(labels)} labels; give two, or four")
    rows = len(ends) // 2
    steps = len(sketches) if rows == 1 else math.isqrt(len(sketches))
    table: list[Sketch | None] = []
    texts: list[str] = []
    for row in range(0, len(sketches), steps):
        # The corners of a square are in its first and in its last row.
        at = {0: 0, len(sketches) - steps: len(ends) - 2}.get(row)
        left, right = (None, None) if at is None else ends[at : at + 2]
        names = ("", "") if at is None else labels[at : at + 2]
        table += [left, *sketches[row : row + steps], right]
        texts += [names[0], *[""] * steps, names[1]]
    prefixes = [0 if i % (steps + 2) % (steps + 1) else len(s or ()) for i, s in enumerate(table)]
    layout = Table(
        style.side(_CELL_IN_TABLE),
        columns=steps + 2,
        rows=len(table) // (steps + 2),
        labels=texts,
    )
    return layout.figure(table, "each", prefixes, style)


def _require_sketches(sketches: Sequence[Sketch]) -> None:
    if not len(sketches):
        raise SketchRNNError("nothing to draw: there are no sketches")


def _at_least_1(columns: int | None) -> int | None:
    if columns is not None and columns < 1:
        raise SketchRNNError(f"columns={columns} must be at least 1")
    return columns


def _checked(name: str, labels: Labels, count: int, what: str) -> Labels:
    if len(labels) not in (0, count):
        raise SketchRNNError(f"{name}: {len(labels)} texts for {count} {what}; give one for each")
    return labels


def _prefixes(prefix: int | Sequence[int], count: int) -> list[int]:
    numbers = np.asarray(prefix)
    if numbers.ndim and len(numbers) != count:
        raise SketchRNNError(f"prefix: {len(numbers)} numbers for {count} sketches")
    return [int(number) for number in np.broadcast_to(numbers, count)]


def _columns(count: int, row_labels: Labels, column_labels: Labels) -> int:
    """The columns that labels ask for, or that make a full and nearly square table."""
    if column_labels:
        return len(column_labels)
    if row_labels:
        return math.ceil(count / len(row_labels))
    if count <= _LONGEST_ROW:
        return count
    least = math.ceil(math.sqrt(count))
    return next((c for c in range(least, 2 * least + 1) if count % c == 0), least)


def _pair_columns(count: int) -> int:
    full = (columns for columns in _PAIRS_IN_A_ROW if count % columns == 0)
    return next(full, min(count, max(_PAIRS_IN_A_ROW)))
