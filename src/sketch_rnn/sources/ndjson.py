"""Reads QuickDraw's records: one JSON object a line, raw or simplified, gzipped or not."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Final, cast

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.chunk import Chunk, ChunkBuilder
from sketch_rnn.sources.options import ReadingOptions

_CHUNK_SIZE: Final = 400_000
_LONGEST_LINE: Final = 32 * 2**20


def read_ndjson(
    path: Path, options: ReadingOptions, *, start: int = 0, stop: int | None = None
) -> Iterator[Chunk]:
    """Yields the drawings of a file of QuickDraw records, some at a time.

    A line that cannot be read becomes a fault with its number, and the rest goes on. The label is
    the record's `word`, or else the file's name.

    Args:
        path: the file.
        options: which records count.
        start: byte at which to begin, itself the first of a line; only in files not gzipped.
        stop: byte before which the last line begins.

    Raises:
        SketchRNNError: if the file cannot be read, or a gzipped one is damaged.
    """
    builder = ChunkBuilder()
    try:
        with _open(path) as file:
            file.seek(start)
            at = start
            number = 0
            while (stop is None or at < stop) and (line := file.readline(_LONGEST_LINE)):
                number += 1
                at += len(line)
                _add(builder, line, path, (start, number), options)
                if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                    at += _skip_line(file)
                if len(builder) > _CHUNK_SIZE:
                    yield builder.finish()
                    builder = ChunkBuilder(builder.number)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield builder.finish()
        raise SketchRNNError(f"{path}: damaged or cut short ({error})") from error
    except OSError as error:
        yield builder.finish()
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror or error}") from error
    yield builder.finish()


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
    """Returns how many bytes it read to be at the beginning of the next line."""
    skipped = 0
    while part := file.readline(_LONGEST_LINE):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped


def _add(
    builder: ChunkBuilder, line: bytes, path: Path, at: tuple[int, int], options: ReadingOptions
) -> None:
    try:
        record = json.loads(line)
        drawing = record["drawing"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        if line.strip():
            reason = "no 'drawing' in it" if isinstance(error, KeyError) else f"not JSON ({error})"
            reason = "no object" if isinstance(error, TypeError) else reason
            builder.add_fault(partial(_place, path, at), reason)
        return
    if not options.takes(record):
        builder.add_filtered()
        return
    label = record.get("word")
    label = label if isinstance(label, str) and label else path.name.partition(".")[0]
    place = partial(_place, path, at)
    if not isinstance(drawing, list):
        builder.add_fault(place, "its 'drawing' is no list of lines")
        return
    builder.add_columns(((stroke[0], stroke[1]) for stroke in drawing), label, place)


def _place(path: Path, at: tuple[int, int]) -> str:
    """Returns a file and the number of a line in it, counted only when it is asked for."""
    start, number = at
    if start:
        with path.open("rb") as file:
            while start > 0 and (part := file.read(min(start, 2**20))):
                number += part.count(b"\n")
                start -= len(part)
    return f"{path}:{number}"
