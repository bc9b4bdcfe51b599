"""Reads QuickDraw's records: one JSON object a line, raw or simplified, gzipped or not."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, cast

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources._items import ItemBuilder, drawings_of, label_of
from sketch_rnn.sources.chunk import Chunk, Place
from sketch_rnn.sources.options import ReadingOptions

_CHUNK_SIZE: Final = 400_000
_LONGEST_LINE: Final = 32 * 2**20


def read_ndjson(
    path: Path, options: ReadingOptions, *, start: int = 0, stop: int | None = None
) -> Iterator[Chunk]:
    """Yields the drawings of a file of QuickDraw records, some at a time.

    A line may also hold a drawing, or several, in any form that a JSON file may have. One that
    cannot be read becomes a fault with its number, and the rest is read. The label is the record's
    "word" or "label", or else the file's name.

    Args:
        path: the file.
        options: which records count.
        start: byte at which to begin, itself the first of a line; only in files not gzipped.
        stop: byte before which the last line begins.

    Raises:
        SketchRNNError: if the file cannot be read, or a gzipped one is damaged.
    """
    builder = ItemBuilder(path, options)
    try:
        with _open(path) as file:
            file.seek(start)
            at = start
            number = 0
            while (stop is None or at < stop) and (line := file.readline(_LONGEST_LINE)):
                number += 1
                at += len(line)
                _add(builder, line, path, (start, number))
                if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                    at += _skip_line(file)
                if len(builder) > _CHUNK_SIZE:
                    yield from builder.chunks()
                    builder = ItemBuilder(path, options, builder.number)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield from builder.chunks()
        raise SketchRNNError(f"{path}: damaged or cut short ({error})") from error
    except OSError as error:
        yield from builder.chunks()
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror or error}") from error
    yield from builder.chunks()


def spans(path: Path, size: int) -> list[tuple[int, int | None]]:
    """Returns `start` and `stop` of parts of about `size` bytes for `read_ndjson`; one if gzipped.

    Raises:
        SketchRNNError: if the file cannot be read.
    """
    try:
        length = path.stat().st_size
        starts = [0]
        if path.suffix != ".gz":
            with path.open("rb") as file:
                while starts[-1] + size < length:
                    file.seek(starts[-1] + size)
                    _skip_line(file)
                    starts.append(file.tell())
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
    starts = [start for start in starts if start < length or not start]
    return list(zip(starts, [*starts[1:], None], strict=True))


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _skip_line(file: IO[bytes]) -> int:
    """Skips the rest of a line, and returns its number of bytes."""
    skipped = 0
    while part := file.readline(_LONGEST_LINE):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped


def _add(builder: ItemBuilder, line: bytes, path: Path, at: tuple[int, int]) -> None:
    place = partial(_place, path, at)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        if line.strip():
            builder.add_fault(place, f"not JSON ({error})")
        return
    for drawing in [value] if isinstance(value, dict) else drawings_of(value):
        add_record(builder, drawing, path.name.partition(".")[0], place)


def add_record(builder: ItemBuilder, record: Any, label: str, place: Place) -> None:
    """Adds a drawing in a record of QuickDraw, or of another form that `lines_of` knows.

    Args:
        builder: takes the drawing, unless its options leave the record out.
        record: a JSON value.
        label: the class where the record names none.
        place: where it is, for messages.
    """
    if isinstance(record, dict) and not builder.options.takes(record):
        builder.add_filtered()
        return
    label = label_of(record) or label
    drawing = record.get("drawing") if isinstance(record, dict) else None
    if isinstance(drawing, list):
        # An empty stroke is nothing drawn; the rest of the drawing counts.
        builder.add_columns(((stroke[0], stroke[1]) for stroke in drawing if stroke), label, place)
    else:
        builder.add_item(record, label, place)


def _place(path: Path, at: tuple[int, int]) -> str:
    """A file and the number of a line in it, counted only when needed."""
    start, number = at
    if start:
        with path.open("rb") as file:
            while start > 0 and (part := file.read(min(start, 2**20))):
                number += part.count(b"\n")
                start -= len(part)
    return f"{path}:{number}"
