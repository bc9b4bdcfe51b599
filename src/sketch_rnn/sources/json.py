"""Reads JSON: lists of lines, each a list of [x, y] positions in pixels, or stroke rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.chunk import Chunk, ChunkBuilder
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.strokes import chunk_of_strokes

_FORMS: Final = (
    'expected [[[x, y], ...], ...] or {"polylines": ...} or rows [dx, dy, lifted] or '
    "[dx, dy, p1, p2, p3]"
)
_MAX_BYTES: Final = 2**30


def read_json(path: Path, options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawings of a JSON file; one that cannot be read becomes a fault.

    One drawing is a list of lines `[[[x, y], ...], ...]`, an object with such a list under
    `"polylines"` or with QuickDraw's `"drawing"`, or a list of stroke-3 or stroke-5 rows. Several
    are a list of these. An object's label is its `"label"` or `"word"`, or else the file's name.

    Raises:
        SketchRNNError: if the file is missing or not JSON.
    """
    content = _content(path)
    items = content if _is_several(content) else [content]
    builder = ChunkBuilder()
    rows, labels, numbers = [], [], []
    for number, item in enumerate(items):
        builder.number = number
        label = (item.get("label") or item.get("word")) if isinstance(item, dict) else None
        label = label if isinstance(label, str) else path.stem
        place = f"{path}: drawing {number}" if len(items) > 1 else str(path)
        try:
            if _is_rows(item):
                rows.append(_array(item))
                labels.append(label)
                numbers.append(number)
            else:
                builder.add_lines(_lines(item), label, place)
        except SketchRNNError as error:
            builder.add_fault(place, error)
    yield builder.finish()
    if rows:
        yield chunk_of_strokes(
            rows,
            labels,
            numbers=numbers,
            name=str(path),
            first_row=options.first_row or "move",
            absolute=options.absolute,
        )


def _content(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SketchRNNError(f"{path}: larger than 1 GiB; write one drawing a line as .ndjson")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SketchRNNError(f"{path}: not JSON ({error})") from error


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


def _is_rows(item: Any) -> bool:
    return _is_list_of(item, list) and _is_list_of(item[0], (int, float))


def _lines(item: Any) -> list[npt.NDArray[np.float64]]:
    """Returns the lines `(n, 2)` of one drawing."""
    if isinstance(item, dict):
        if isinstance(item.get("drawing"), list):
            return _lines_of_columns(item["drawing"])
        if "polylines" not in item:
            raise SketchRNNError(f'an object without "polylines"; {_FORMS}')
        item = item["polylines"]
    if not isinstance(item, list) or not all(isinstance(line, list) for line in item):
        raise SketchRNNError(f"no list of lines; {_FORMS}")
    lines = [_array(line) for line in item]
    if any(line.shape[1:] != (2,) for line in lines if line.size):
        raise SketchRNNError(f"positions that are not pairs of numbers; {_FORMS}")
    return [line for line in lines if line.size]


def _lines_of_columns(strokes: list[Any]) -> list[npt.NDArray[np.float64]]:
    if not all(isinstance(stroke, list) and len(stroke) >= 2 for stroke in strokes):
        raise SketchRNNError('a "drawing" that is no list of [[x, ...], [y, ...]]')
    return [_array(stroke[:2]).T for stroke in strokes]


def _array(rows: list[Any]) -> npt.NDArray[np.float64]:
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
