"""Reads tables of points: CSV files with columns x, y and stroke."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.chunk import Chunk, ChunkBuilder
from sketch_rnn.sources.options import ReadingOptions

_COLUMNS: Final = ("x", "y", "stroke", "drawing", "label")
_CHUNK_SIZE: Final = 400_000
_FORM: Final = "expected columns x, y, stroke and perhaps drawing and label"


class _Point(NamedTuple):
    """One row of a table."""

    x: float
    y: float
    stroke: str
    drawing: str
    label: str


def read_csv(path: Path, _options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawings of a CSV file, some at a time.

    A row is a point: x, y and the stroke that it belongs to; a new stroke begins where that
    changes. With a column `drawing` the file holds several drawings, with `label` their classes, by
    default the file's name. A first row of names says which column is which; without one they are
    in that order. A row that cannot be read makes its drawing a fault, and the rest goes on.

    Raises:
        SketchRNNError: if the file cannot be read or has no such columns.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from _chunks(csv.reader(file), path)
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise SketchRNNError(f"{path}: not a CSV table ({error})") from error


def _chunks(rows: Iterator[list[str]], path: Path) -> Iterator[Chunk]:
    builder = ChunkBuilder()
    drawing: list[_Point] = []
    places: dict[str, int] = {}
    fault = ""
    number = 0
    for number, row in enumerate(rows, 1):
        if not places:
            places, is_header = _columns(row, path)
            if is_header:
                continue
        try:
            point = _point(row, places, path.stem)
        except (ValueError, IndexError):
            fault = fault or f"{path}:{number}: {_FORM}, found {','.join(row)[:60]!r}"
            continue
        if drawing and point.drawing != drawing[-1].drawing:
            _add(builder, drawing, fault, f"{path}:{number}")
            drawing, fault = [], ""
            if len(builder) > _CHUNK_SIZE:
                yield builder.finish()
                builder = ChunkBuilder(builder.number)
        drawing.append(point)
    _add(builder, drawing, fault, f"{path}:{number}")
    yield builder.finish()


def _columns(row: list[str], path: Path) -> tuple[dict[str, int], bool]:
    """Returns the place of each column, and whether this row names them."""
    names = [text.strip().lower() for text in row]
    if "x" in names and "y" in names:
        return {name: names.index(name) for name in _COLUMNS if name in names}, True
    if len(row) < 2:
        raise SketchRNNError(f"{path}: {_FORM}, found {','.join(row)[:60]!r}")
    return dict(zip(_COLUMNS, range(len(row)), strict=False)), False


def _point(row: list[str], places: dict[str, int], label: str) -> _Point:
    texts = [row[places[name]].strip() if name in places else "" for name in _COLUMNS]
    return _Point(float(texts[0]), float(texts[1]), texts[2], texts[3], texts[4] or label)


def _add(builder: ChunkBuilder, drawing: list[_Point], fault: str, place: str) -> None:
    if fault:
        builder.add_fault("", fault)
        return
    lines: list[tuple[list[float], list[float]]] = []
    last = None
    for point in drawing:
        if point.stroke != last:
            lines.append(([], []))
            last = point.stroke
        lines[-1][0].append(point.x)
        lines[-1][1].append(point.y)
    builder.add_columns(lines, drawing[0].label if drawing else "", place)
