"""Drawings as JSON: lists of lines, each a list of [x, y] positions in pixels, y downwards."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch

_FORMS = 'expected [[[x, y], ...], ...] or {"polylines": ...} or rows [dx, dy, lifted]'


def read_json(path: str | os.PathLike[str]) -> list[Sketch]:
    """Returns the drawings in a JSON file.

    One drawing is a list of lines `[[[x, y], ...], ...]`, an object with such a list under
    `"polylines"`, or a list of stroke-3 rows `[[dx, dy, lifted], ...]`. Several are a list of
    objects, as `json_pieces` writes.

    Raises:
        SketchRNNError: if the file is missing, not JSON, or holds something else.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SketchRNNError(f"{path}: not JSON ({error})") from error
    items = content if _is_list_of(content, dict) else [content]
    try:
        return [_drawing(item) for item in items]
    except SketchRNNError as error:
        raise SketchRNNError(f"{path}: {error}") from error


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


def _drawing(item: Any) -> Sketch:
    if isinstance(item, dict):
        if "polylines" not in item:
            raise SketchRNNError(f'an object without "polylines"; {_FORMS}')
        return _drawing_of_lines(item["polylines"])
    if _is_list_of(item, list) and _is_list_of(item[0], (int, float)):
        return Sketch(np.array(_rectangular(item)))
    return _drawing_of_lines(item)


def _drawing_of_lines(lines: Any) -> Sketch:
    if not isinstance(lines, list) or not all(isinstance(line, list) for line in lines):
        raise SketchRNNError(f"no list of lines; {_FORMS}")
    return Sketch.from_polylines([np.array(_rectangular(line)) for line in lines])


def _rectangular(rows: list[Any]) -> list[Any]:
    """Returns rows that NumPy can take as an array of numbers."""
    widths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if len(widths) > 1 or not all(_is_list_of(row, (int, float)) for row in rows):
        raise SketchRNNError(f"positions that are not pairs of numbers; {_FORMS}")
    return rows


def _is_list_of(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, kind) for v in value)
