"""Which reader reads what: files and folders as pieces of work, pieces as drawings."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

from sketch_rnn.data.sources.arrays import chunk_of_strokes, read_array_file
from sketch_rnn.data.sources.chunks import Chunk, ChunkBuilder, chunk_of_fault
from sketch_rnn.data.sources.points import read_csv
from sketch_rnn.data.sources.polylines import read_json_items
from sketch_rnn.data.sources.quickdraw import (
    EVERY_RECORD,
    QuickDrawFilter,
    line_starts,
    read_quickdraw,
)
from sketch_rnn.data.sources.quickdraw import SUFFIXES as RECORD_SUFFIXES
from sketch_rnn.data.sources.svg import FILLS, Fills, read_svg, read_svg_groups
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FIRST_ROWS, FirstRow

Labels = Literal["auto", "file", "folder"]

LABELS: Final = ("auto", "file", "folder")
_SUFFIXES: Final = (
    ".svg",
    ".json",
    ".ndjson",
    ".jsonl",
    ".ndjson.gz",
    ".jsonl.gz",
    ".npz",
    ".npy",
    ".csv",
)
_PIECE_BYTES: Final = 16 * 2**20
_FILES_IN_A_PIECE: Final = 100


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How files are read.

    Attributes:
        wanted: which QuickDraw records count.
        tolerance: how far a polyline may leave its curve in an SVG, as a share of the drawing.
        fills: what becomes of an SVG's shapes without a stroke, see `read_svg`.
        groups: each top-level group of an SVG is a drawing of its own.
        labels: where labels come from: `auto` takes what the file says (a QuickDraw word, stored
            labels), the folder of an SVG, or the file's name; `file` and `folder` always take that.
        first_row: what row 0 of stroke rows means; as stored or as it looks where None.
        absolute: stroke rows hold positions instead of offsets.
    """

    wanted: QuickDrawFilter = EVERY_RECORD
    tolerance: float = 0.001
    fills: Fills = "auto"
    groups: bool = False
    labels: Labels = "auto"
    first_row: FirstRow | None = None
    absolute: bool = False


def reading_options(
    *,
    recognized: bool | None = None,
    countries: Sequence[str] = (),
    words: Sequence[str] = (),
    fills: Fills = "auto",
    groups: bool = False,
    flatten: float = 0.001,
    labels: Labels = "auto",
    first_row: FirstRow | None = None,
    absolute: bool = False,
) -> ReadingOptions:
    """Returns how files are read; for what the names mean see `ReadingOptions`.

    Raises:
        SketchRNNError: if a choice is not one of those there are.
    """
    for name, value, known in (
        ("fills", fills, FILLS),
        ("labels", labels, LABELS),
        ("first_row", first_row or "move", FIRST_ROWS),
    ):
        if value not in known:
            raise SketchRNNError(f"{name}={value!r} must be one of {', '.join(known)}")
    if not 0 < flatten < math.inf:
        raise SketchRNNError("flatten must be a finite number above 0")
    wanted = EVERY_RECORD
    if recognized is not None or countries or words:
        wanted = QuickDrawFilter(
            recognized=recognized, countries=tuple(countries), words=tuple(words)
        )
    return ReadingOptions(
        wanted=wanted,
        tolerance=flatten,
        fills=fills,
        groups=groups,
        labels=labels,
        first_row=first_row,
        absolute=absolute,
    )


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


def pieces_of(inputs: Sequence[str | os.PathLike[str]]) -> list[Piece]:
    """Returns the parts of files and folders, in order; in folders every file of a known kind.

    Raises:
        SketchRNNError: if one does not exist or is of an unknown kind, or there is nothing in it.
    """
    pieces: list[Piece] = []
    small: list[Path] = []
    for path in (path for given in inputs for path in _files(Path(given))):
        if _suffix(path) in (".svg", ".json"):
            small.append(path)
            if len(small) < _FILES_IN_A_PIECE:
                continue
        if small:
            pieces.append(Piece(tuple(small)))
            small = []
        if _suffix(path) in (".ndjson", ".jsonl"):
            starts = line_starts(path, _PIECE_BYTES)
            pieces += [Piece((path,), start, stop) for start, stop in pairwise(starts)]
        elif _suffix(path) not in (".svg", ".json"):
            pieces.append(Piece((path,)))
    return [*pieces, Piece(tuple(small))] if small else pieces


def require_records(pieces: Sequence[Piece], wanted: QuickDrawFilter) -> None:
    """Raises SketchRNNError if records are to be chosen among, and no file holds any."""
    if wanted == EVERY_RECORD or any(
        _suffix(path) in RECORD_SUFFIXES for piece in pieces for path in piece.paths
    ):
        return
    raise SketchRNNError(
        "a word, a country and recognition are chosen among QuickDraw records, and none of the "
        f"files can hold any ({', '.join(RECORD_SUFFIXES)}); leave the choice out"
    )


def read_piece(piece: Piece, options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawings of one piece, some at a time; a file that cannot be read is a fault."""
    for path in piece.paths:
        try:
            for chunk in _read(path, piece, options):
                yield _labelled(chunk, path, options)
        except SketchRNNError as error:
            yield chunk_of_fault(str(path), error)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and _suffix(file))
        if not found:
            raise SketchRNNError(f"{path}: no file in this folder ends in {', '.join(_SUFFIXES)}")
        return found
    if not path.exists():
        raise SketchRNNError(f"no file or folder {path}; give what is to be read")
    if not _suffix(path):
        raise SketchRNNError(f"{path}: cannot be read; known are {', '.join(_SUFFIXES)}")
    return [path]


def _suffix(path: Path) -> str:
    """Returns the known ending of a file's name, or an empty text; hidden files have none."""
    name = path.name.lower()
    endings = [ending for ending in _SUFFIXES if name.endswith(ending)]
    return "" if name.startswith(".") or not endings else max(endings, key=len)


def _read(path: Path, piece: Piece, options: ReadingOptions) -> Iterator[Chunk]:
    suffix = _suffix(path)
    if "json" in suffix and suffix != ".json":
        yield from read_quickdraw(path, options.wanted, start=piece.start, stop=piece.stop)
    elif suffix == ".csv":
        yield from read_csv(path)
    elif suffix in (".npz", ".npy"):
        yield read_array_file(path, first_row=options.first_row, absolute=options.absolute)
    elif suffix == ".json":
        yield from _read_json(path, options)
    else:
        yield _read_svg(path, options)


def _read_json(path: Path, options: ReadingOptions) -> Iterator[Chunk]:
    builder = ChunkBuilder()
    rows, labels = [], []
    for item in read_json_items(path):
        label = item.label or path.stem
        if item.sketch is None:
            builder.add_fault(str(path), f"{path}: {item.fault}")
        elif item.is_rows:
            rows.append(item.sketch.strokes)
            labels.append(label)
        else:
            builder.add_lines(item.sketch.polylines(), label, str(path))
    yield builder.finish()
    if rows:
        yield chunk_of_strokes(
            rows,
            labels,
            [""] * len(rows),
            name=str(path),
            first_row=options.first_row or "move",
            absolute=options.absolute,
        )


def _read_svg(path: Path, options: ReadingOptions) -> Chunk:
    builder = ChunkBuilder()
    label = path.absolute().parent.name
    if options.groups:
        groups = read_svg_groups(path, tolerance=options.tolerance, fills=options.fills)
        for number, group in enumerate(groups):
            place = f"{path}: group {group.name or number}"
            builder.add_lines(group.lines, label, place)
    else:
        lines = read_svg(path, tolerance=options.tolerance, fills=options.fills)
        builder.add_lines(lines, label, str(path))
    return builder.finish()


def _labelled(chunk: Chunk, path: Path, options: ReadingOptions) -> Chunk:
    if options.labels == "auto":
        return chunk
    by_file = options.labels == "file"
    return chunk.labelled(path.name.partition(".")[0] if by_file else path.absolute().parent.name)
