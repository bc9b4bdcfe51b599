"""Read QuickDraw's records: one JSON object per line, raw or simplified, gzipped or not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import BYTES, FAULTS, LINES, Meter, open_file, opened
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
        for number, line, meter in _lines(path, start, stop):
            before = len(builder.faults)
            _add(builder, line, path, (start, number))
            meter.spend(FAULTS, len(builder.faults) - before)
            if len(builder) > _CHUNK_SIZE:
                yield from builder.chunks()
                builder = ItemBuilder(path, options, builder.number)
    except SketchRNNError:
        yield from builder.chunks()  # The lines before count.
        raise
    yield from builder.chunks()


def _lines(path: Path, start: int, stop: int | None) -> Iterator[tuple[int, bytes, Meter]]:
    """Yields the number of each line from `start` on, its bytes, and the file's meter."""
    is_packed = path.suffix == ".gz"
    with opened(path, "ndjson") as (file, meter), _unpacked(file, path) as text:
        text.seek(start)
        at, number = start, 0
        while (stop is None or at < stop) and (line := text.readline(_LONGEST_LINE)):
            number += 1
            at += len(line)
            yield number, line, meter
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                at += _skip_line(text)
            if is_packed:
                meter.spend(LINES)
                meter.check(BYTES, at)


def spans(path: Path, size: int) -> list[tuple[int, int | None]]:
    """`start` and `stop` of parts of about `size` bytes for `read_ndjson`; one if gzipped.

    Raises:
        SketchRNNError: if the file cannot be read.
    """
    try:
        length = path.stat().st_size
        starts = [0]
        if path.suffix != ".gz":
            with open_file(path) as file:
                while starts[-1] + size < length:
                    file.seek(starts[-1] + size)
                    _skip_line(file)
                    starts.append(file.tell())
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
    starts = [start for start in starts if start < length or not start]
    return list(zip(starts, [*starts[1:], None], strict=True))


def _unpacked(file: BinaryIO, path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(file)) if path.suffix == ".gz" else file


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
    return f"{path}:{number + _lines_before(path, start)}"


@lru_cache(maxsize=16)
def _lines_before(path: Path, start: int) -> int:
    number = 0
    if start:
        with open_file(path) as file:
            while start > 0 and (part := file.read(min(start, 2**20))):
                number += part.count(b"\n")
                start -= len(part)
    return number
