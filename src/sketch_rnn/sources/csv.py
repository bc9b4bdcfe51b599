"""Read CSV files: tables of points with columns x and y, or of QuickDraw records."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import FAULTS, POINTS, Meter, opened
from sketch_rnn.sources._items import ItemBuilder
from sketch_rnn.sources.chunk import Chunk, ChunkBuilder, folder_of
from sketch_rnn.sources.ndjson import add_record
from sketch_rnn.sources.options import ReadingOptions

_COLUMNS: Final = ("x", "y", "stroke", "drawing", "label")
_PEN_UP: Final = ("pen_up", "penup", "pen_lift", "pen_lifted", "lifted", "lift", "up")
_PEN_DOWN: Final = ("pen_down", "pendown", "down")
_CHUNK_SIZE: Final = 400_000
_FORM: Final = (
    "expected columns x, y and perhaps stroke, pen_up or pen_down, drawing and label; or drawing "
    "and word, as QuickDraw has them"
)


class _Point(NamedTuple):
    """One row of a table; `fault` says why it cannot be read."""

    x: float
    y: float
    stroke: str
    drawing: str
    label: str
    is_up: bool
    line: int
    fault: str = ""


class _Table(NamedTuple):
    """The columns of a table of points.

    Attributes:
        places: by name, one of them `pen` if there is any.
        pen_is_up: whether 1 in the column `pen` means up instead of down.
        unused: names of the other columns.
        has_header: whether the first row names them.
    """

    places: dict[str, int]
    pen_is_up: bool
    unused: tuple[str, ...]
    has_header: bool


def read_csv(path: Path, options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawings of a CSV file, some at a time.

    A row is a point: x, y and the stroke that it belongs to; a new stroke begins where that
    changes. In a column such as `pen_up` or `pen_down`, 1 or 0 lifts the pen after the point, or on
    the way to it if drawings begin with that. With a column `drawing` the file holds several
    drawings, with `label` their classes: by default the file's name, or the folder's for a file of
    one drawing. A first row of names says
    which column is which; without one they are x, y, stroke, drawing, label. A row that cannot be
    read makes its drawing a fault, and the rest is read.

    A table with `drawing` and neither x nor y is read as QuickDraw records, one a row.

    Raises:
        SketchRNNError: if the file cannot be read or has no such columns.
    """
    with opened(path, "csv") as (raw, meter):
        file = TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        names = _names(next(csv.reader(file), []))
        meter.spend("columns", len(names))
        file.seek(0)
        if "drawing" in names and not {"x", "y"} & set(names):
            yield from _records(csv.DictReader(file, names), path, options, meter)
            return
        table = _table(names, path)
        in_order = _is_in_order(csv.reader(file), table)
        file.seek(0)
        points = _points(csv.reader(file), table, path)
        yield from _chunks(_together(points, in_order, meter), table, path)


def _names(row: list[str]) -> list[str]:
    return [text.strip().lower() for text in row]


def _records(
    rows: csv.DictReader[str], path: Path, options: ReadingOptions, meter: Meter
) -> Iterator[Chunk]:
    builder = ItemBuilder(path, options)
    next(rows)
    for row in rows:
        place = f"{path}:{rows.line_num}"
        record: dict[str, Any] = dict(row)
        record["recognized"] = str(record.get("recognized")).lower() == "true"
        try:
            record["drawing"] = json.loads(record["drawing"] or "")
        except (ValueError, RecursionError) as error:
            builder.add_fault(place, f"its drawing is not JSON ({error})")
            meter.spend(FAULTS)
            continue
        add_record(builder, record, path.stem, place)
        if len(builder) > _CHUNK_SIZE:
            yield from builder.chunks()
            builder = ItemBuilder(path, options, builder.number)
    yield from builder.chunks()


def _table(names: list[str], path: Path) -> _Table:
    """The columns, from the first row in lower case."""
    if not {"x", "y"} <= set(names):
        if len(names) < 2 or not _is_number(names[0]) or not _is_number(names[1]):
            raise SketchRNNError(f"{path}:1: {_FORM}, found {','.join(names)[:60]!r}")
        return _Table(dict(zip(_COLUMNS, range(len(names)), strict=False)), True, (), False)
    places: dict[str, int] = {n: names.index(n) for n in _COLUMNS if n in names}
    pens = [name for name in names if name in _PEN_UP + _PEN_DOWN]
    if pens:
        places["pen"] = names.index(pens[0])
    unused = tuple(name for name in names if name not in (*_COLUMNS, *pens[:1]))
    return _Table(places, not pens or pens[0] in _PEN_UP, unused, True)


def _is_in_order(rows: Iterator[list[str]], table: _Table) -> bool:
    """Whether the rows of each drawing are together."""
    place = table.places.get("drawing")
    if place is None:
        return True
    seen: set[str] = set()
    for name, _ in groupby(row[place].strip() for row in rows if len(row) > place):
        if name in seen:
            return False
        seen.add(name)
    return True


def _points(rows: Iterator[list[str]], table: _Table, path: Path) -> Iterator[_Point]:
    drawing = ""
    name = path.stem if "drawing" in table.places else folder_of(path)
    for line, row in enumerate(rows, 1):
        if not row or (line == 1 and table.has_header):
            continue
        texts = {
            name: row[place].strip() for name, place in table.places.items() if place < len(row)
        }
        drawing = texts.get("drawing", drawing if "drawing" in table.places else "")
        try:
            x, y = float(texts["x"]), float(texts["y"])
            is_up = "pen" in texts and (float(texts["pen"]) > 0.5) == table.pen_is_up
            fault = ""
        except (ValueError, KeyError):
            x, y, is_up = 0.0, 0.0, False
            fault = f"{path}:{line}: {_FORM}, found {','.join(row)[:60]!r}"
        label = texts.get("label") or name
        yield _Point(x, y, texts.get("stroke", ""), drawing, label, is_up, line, fault)


def _chunks(drawings: Iterator[list[_Point]], table: _Table, path: Path) -> Iterator[Chunk]:
    builder = ChunkBuilder()
    if table.unused:
        builder.note(str(path), f"columns that are not used: {', '.join(table.unused)}")
    lifts_after = None
    for drawing in drawings:
        if lifts_after is None and any(point.is_up for point in drawing):
            lifts_after = drawing[-1].is_up or not drawing[0].is_up
        place = f"{path}:{drawing[0].line}"
        fault = next((point.fault for point in drawing if point.fault), "")
        if fault:
            builder.add_fault("", fault)
        else:
            begins = _begins_after if lifts_after in (None, True) else _begins_at
            builder.add_columns(_lines(drawing, begins), drawing[0].label, place)
        if len(builder) > _CHUNK_SIZE:
            yield builder.finish()
            builder = ChunkBuilder(builder.number)
    yield builder.finish()


def _together(points: Iterator[_Point], in_order: bool, meter: Meter) -> Iterator[list[_Point]]:
    """Yields the points of each drawing; all are in memory at once if they are not in order."""
    most = meter.left(POINTS)
    if in_order:
        for _, group in groupby(points, key=lambda point: point.drawing):
            drawing = list(islice(group, most + 1))
            meter.check(POINTS, len(drawing))
            yield drawing
        return
    drawings: dict[str, list[_Point]] = {}
    for point in points:
        drawings.setdefault(point.drawing, []).append(point)
        meter.spend(POINTS)
    yield from drawings.values()


def _begins_after(before: _Point, point: _Point) -> bool:
    return before.is_up or point.stroke != before.stroke


def _begins_at(before: _Point, point: _Point) -> bool:
    return point.is_up or point.stroke != before.stroke


def _lines(
    drawing: list[_Point], begins: Callable[[_Point, _Point], bool]
) -> list[tuple[list[float], list[float]]]:
    lines: list[list[_Point]] = []
    for number, point in enumerate(drawing):
        if not number or begins(drawing[number - 1], point):
            if begins is _begins_at and lines and lines[-1][0].is_up and len(lines[-1]) == 1:
                # The pen only passed there, on its way to this point.
                lines.pop()
            lines.append([])
        lines[-1].append(point)
    return [([p.x for p in line], [p.y for p in line]) for line in lines]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
