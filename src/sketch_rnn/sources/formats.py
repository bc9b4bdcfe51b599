"""Read files and folders of any format in the table, in parts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sketch_rnn.errors import SketchRNNError, expect_path
from sketch_rnn.lines import Polyline
from sketch_rnn.sources.chunk import Chunk, chunk_of_fault, folder_of
from sketch_rnn.sources.ndjson import spans
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.table import FORMATS, SUFFIXES, Format

_BITMAPS: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
_TRACE: Final = "bitmaps hold no lines; trace them first, with a program that makes SVG of them"
_PIECE_BYTES: Final = 16 * 2**20
_FILES_IN_A_PIECE: Final = 100
_MOST_KINDS: Final = 6


@dataclass(frozen=True)
class Piece:
    """A part of the input that one process reads.

    Attributes:
        paths: files.
        start: byte of the only file where it begins.
        stop: byte before which its last line begins, None for the end.
    """

    paths: tuple[Path, ...]
    start: int = 0
    stop: int | None = None


def format_of(path: Path) -> Format | None:
    """The format of a file by its name; None if unknown, and for hidden files."""
    name = path.name.lower()
    for format_ in FORMATS:
        if name.endswith(format_.suffixes) and not name.startswith("."):
            return format_
    return None


def pieces_of(inputs: Sequence[str | os.PathLike[str]]) -> list[Piece]:
    """The parts of files and folders, in order; in folders every file of a known format.

    Raises:
        SketchRNNError: if one does not exist or is of an unknown format, or a folder holds none.
    """
    pieces: list[Piece] = []
    small: list[Path] = []
    for path, format_ in (found for given in inputs for found in _files(Path(given))):
        if path.stat().st_size < _PIECE_BYTES // 16 and len(small) < _FILES_IN_A_PIECE:
            small.append(path)
            continue
        pieces += [Piece(tuple(small))] if small else []
        small = []
        parts = spans(path, _PIECE_BYTES) if format_.by_record else [(0, None)]
        pieces += [Piece((path,), start, stop) for start, stop in parts]
    return [*pieces, Piece(tuple(small))] if small else pieces


def ignored_in(inputs: Sequence[str | os.PathLike[str]]) -> Counter[str]:
    """Counts the files in these folders that have no known format, by suffix."""
    files = (file for given in inputs for file in Path(given).rglob("*") if file.is_file())
    return Counter(
        file.suffix.lower() or "without an ending"
        for file in files
        if format_of(file) is None and not file.name.startswith(".")
    )


def bitmap_advice(ignored: Counter[str]) -> list[str]:
    """A line about bitmaps among the files left out, if there are any."""
    count = sum(ignored[suffix] for suffix in _BITMAPS)
    return [f"bitmaps that were left out: {count:,}; {_TRACE}"] if count else []


def require_records(pieces: Sequence[Piece], options: ReadingOptions) -> None:
    """Raises SketchRNNError if QuickDraw records are to be selected and no file holds any."""
    paths = [path for piece in pieces for path in piece.paths]
    if not options.selects_records or any(_known(path).by_record for path in paths):
        return
    suffixes = [suffix for format_ in FORMATS if format_.by_record for suffix in format_.suffixes]
    raise SketchRNNError(
        "a word, a country and recognition are chosen among QuickDraw records, and none of the "
        f"files can hold any ({', '.join(suffixes)}); leave the choice out"
    )


def read_piece(piece: Piece, options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawings of one piece, some at a time; a file that cannot be read is a fault."""
    for path in piece.paths:
        format_ = _known(path)
        part = {"start": piece.start, "stop": piece.stop} if format_.by_record else {}
        try:
            for chunk in format_.read(path, options, **part):
                yield _labelled(chunk, path, options)
        except SketchRNNError as error:
            yield chunk_of_fault(str(path), error)


def read_drawing_of(path: Path, index: int) -> list[Polyline]:
    """The lines of one drawing of a file, in pixels; none if nothing is drawn in it.

    Args:
        path: the file.
        index: which of its drawings, counted from 0.

    Raises:
        SketchRNNError: if the file, or a drawing before this one, cannot be read, or there are
            fewer drawings.
    """
    count = 0
    for chunk in _known(path).read(path, ReadingOptions()):
        if index in chunk.numbers:
            return chunk.lines.drawing(chunk.numbers.index(index))
        if chunk.faults:
            raise SketchRNNError(chunk.faults[0])
        count += chunk.num_read
    if index < count:
        return []
    raise SketchRNNError(f"{path}: has no drawing {index}; it holds {count}, counted from 0")


def _known(path: Path) -> Format:
    format_ = format_of(path)
    if format_ is None:
        advice = f"; {_TRACE}" if path.suffix.lower() in _BITMAPS else ""
        raise SketchRNNError(f"{path}: cannot be read; known are {', '.join(SUFFIXES)}{advice}")
    return format_


def _files(path: Path) -> list[tuple[Path, Format]]:
    expect_path(path, "input")
    if not path.is_dir():
        if not path.exists():
            raise SketchRNNError(f"no file or folder {path}; give what is to be read")
        return [(path, _known(path))]
    found = [
        (file, format_)
        for file in sorted(path.rglob("*"))
        if file.is_file() and (format_ := format_of(file))
    ]
    if not found:
        others = ignored_in([path])
        kinds = ", ".join(f"{n:,} {suffix}" for suffix, n in others.most_common(_MOST_KINDS))
        advice = "".join(f"; {text}" for text in bitmap_advice(others))
        raise SketchRNNError(
            f"{path}: no file in this folder ends in {', '.join(SUFFIXES)}; it holds "
            f"{kinds or 'none at all'}{advice}"
        )
    return found


def _labelled(chunk: Chunk, path: Path, options: ReadingOptions) -> Chunk:
    if options.labels in ("auto", "group"):
        return chunk
    by_file = options.labels == "file"
    return chunk.labelled(path.name.partition(".")[0] if by_file else folder_of(path))
