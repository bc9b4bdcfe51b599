"""Drawings as JSON: lists of lines, each a list of [x, y] positions in pixels, y downwards."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch

_FORMS = (
    'expected [[[x, y], ...], ...] or {"polylines": ...} or rows [dx, dy, lifted] or '
    "[dx, dy, p1, p2, p3]"
)
_MAX_BYTES = 2**30


class JsonDrawing(NamedTuple):
    """One item of a JSON file.

    Attributes:
        sketch: the drawing; None if it cannot be read.
        label: its class, empty where it has none.
        is_rows: whether it is written as stroke rows.
        fault: why it cannot be read.
    """

    sketch: Sketch | None
    label: str
    is_rows: bool = False
    fault: str = ""


def read_json(path: str | os.PathLike[str]) -> list[Sketch]:
    """Returns the drawings in a JSON file.

    One drawing is a list of lines `[[[x, y], ...], ...]`, an object with such a list under
    `"polylines"` or with QuickDraw's `"drawing"`, or a list of stroke-3 or stroke-5 rows. Several
    are a list of these, such as `json_pieces` writes.

    Raises:
        SketchRNNError: if the file is missing, not JSON, or holds something else.
    """
    drawings = []
    for item in read_json_items(path):
        if item.sketch is None:
            raise SketchRNNError(f"{path}: {item.fault}")
        drawings.append(item.sketch)
    return drawings


def read_json_items(path: str | os.PathLike[str]) -> Iterator[JsonDrawing]:
    """Yields the drawings in a JSON file as `read_json`, with labels, also those at fault.

    An object's label is its `"label"` or `"word"`.

    Raises:
        SketchRNNError: if the file is missing or not JSON.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SketchRNNError(f"{path}: larger than 1 GiB; write one drawing a line as .ndjson")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SketchRNNError(f"{path}: not JSON ({error})") from error
    items = content if _is_several(content) else [content]
    for number, item in enumerate(items):
        label = (item.get("label") or item.get("word")) if isinstance(item, dict) else None
        label = label if isinstance(label, str) else ""
        where = f"drawing {number}: " if len(items) > 1 else ""
        try:
            yield JsonDrawing(_drawing(item), label, _is_rows(item))
        except SketchRNNError as error:
            yield JsonDrawing(None, label, fault=f"{where}{error}")


def json_pieces(drawings: Iterable[tuple[Sketch, bool]]) -> Iterator[bytes]:
    """Returns, piece by piece, a JSON list with an object for each drawing, one a line.

    Each has `"polylines"`, positions rounded to 0.001 pixels, and `"ended"`, whether the model
    ended the drawing itself.
    """
    separator = "[\n"
    for sketch, ended in drawings:
        lines = [line.round(3).tolist() for line in sketch.polylines()]
        item = {"polylines": lines, "ended": bool(ended)}
        yield f"{separator}{json.dumps(item, separators=(',', ':'))}".encode()
        separator = ",\n"
    yield b"[\n]\n" if separator == "[\n" else b"\n]\n"


def _is_several(content: Any) -> bool:
    """Returns whether this is a list of drawings, not one: one has no objects and is less deep."""
    if _is_list_of(content, dict):
        return True
    if not _is_list_of(content, list):
        return False
    # A broken drawing among many does not make them one.
    depths = [_depth(item) for item in content]
    return max(depths) >= 3 or (depths[0] == 2 and len(content[0][0]) in (3, 5))


def _depth(value: Any) -> int:
    """Returns how many lists are in each other along the first items; objects are drawings."""
    if isinstance(value, dict):
        return 3
    depth = 0
    while isinstance(value, list):
        depth += 1
        value = value[0] if value else None
    return depth


def _drawing(item: Any) -> Sketch:
    if isinstance(item, dict):
        if isinstance(item.get("drawing"), list):
            return _drawing_of_columns(item["drawing"])
        if "polylines" not in item:
            raise SketchRNNError(f'an object without "polylines"; {_FORMS}')
        return _drawing_of_lines(item["polylines"])
    if _is_rows(item):
        rows = _array(item)
        return Sketch.from_stroke5(rows) if rows.shape[1:] == (5,) else Sketch(rows)
    return _drawing_of_lines(item)


def _is_rows(item: Any) -> bool:
    return _is_list_of(item, list) and _is_list_of(item[0], (int, float))


def _drawing_of_columns(strokes: list[Any]) -> Sketch:
    if not all(isinstance(stroke, list) and len(stroke) >= 2 for stroke in strokes):
        raise SketchRNNError('a "drawing" that is no list of [[x, ...], [y, ...]]')
    return Sketch.from_polylines([_array(stroke[:2]).T for stroke in strokes])


def _drawing_of_lines(lines: Any) -> Sketch:
    if not isinstance(lines, list) or not all(isinstance(line, list) for line in lines):
        raise SketchRNNError(f"no list of lines; {_FORMS}")
    arrays = [_array(line) for line in lines]
    if any(array.shape[1:] != (2,) for array in arrays if array.size):
        raise SketchRNNError(f"positions that are not pairs of numbers; {_FORMS}")
    return Sketch.from_polylines(arrays)


def _array(rows: list[Any]) -> npt.NDArray[Any]:
    """Returns rows as an array of numbers, if they are equally many in each."""
    widths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if len(widths) > 1 or not all(_is_list_of(row, (int, float)) for row in rows):
        raise SketchRNNError(f"positions that are not pairs of numbers; {_FORMS}")
    try:
        return np.array(rows, np.float64)
    except (OverflowError, ValueError) as error:
        raise SketchRNNError(f"a number that is too large; {_FORMS}") from error


def _is_list_of(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, kind) for v in value)
