"""Read JSON files: one drawing or a list of several, in any form that `_items` knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import FAULTS, opened
from sketch_rnn.sources._items import ItemBuilder, drawings_of, label_of, uses_columns
from sketch_rnn.sources.chunk import Chunk, folder_of
from sketch_rnn.sources.options import ReadingOptions


def read_json(path: Path, options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawings of a JSON file; one that cannot be read becomes a fault.

    A drawing is a list of lines, or an object with one under "polylines", "strokes" or QuickDraw's
    "drawing", or a list of stroke-3 or stroke-5 rows. A line is a list of points [x, y] or
    {"x", "y"}, an object with such a list under "points", or columns [[x, ...], [y, ...]]. Other
    numbers of a point, such as pressure, are ignored. An object's label is its "label" or "word".
    Otherwise it is the file's name, or the folder's for a file that holds one drawing alone.

    Raises:
        SketchRNNError: if the file is missing or not JSON.
    """
    with opened(path, "json") as (file, meter):
        drawings = drawings_of(_parsed(file.read(), path))
        as_columns = uses_columns(drawings)
        name = path.stem if len(drawings) > 1 else folder_of(path)
        builder = ItemBuilder(path, options)
        for number, drawing in enumerate(drawings):
            place = f"{path}: drawing {number}" if len(drawings) > 1 else str(path)
            builder.add_item(drawing, label_of(drawing) or name, place, as_columns=as_columns)
            meter.check(FAULTS, len(builder.faults))
        yield from builder.chunks()


def _parsed(content: bytes, path: Path) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SketchRNNError(f"{path}: not JSON ({error})") from error
