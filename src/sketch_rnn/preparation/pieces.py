"""Read and prepare one piece of the input, and write it to files of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.lines import Lines, Polyline
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.pipeline import PreparedBatch, prepare_lines
from sketch_rnn.preparation.rows import keys_of
from sketch_rnn.preparation.steps import drawn_lengths
from sketch_rnn.sources.chunk import Chunk, Note, Place
from sketch_rnn.sources.formats import Piece, read_piece
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.splits import SPLITS

FIELDS: Final[dict[str, np.dtype[Any]]] = {
    "rows": np.dtype(np.int16),
    "lengths": np.dtype(np.int32),
    "hashes": np.dtype(np.uint64),
    "keys": np.dtype(np.uint64),
    "labels": np.dtype(np.int32),
    "splits": np.dtype(np.int8),
}
EMPTY: Final = "without a point"
NOT_CHOSEN: Final = "not chosen by --word, --country or --recognized"
UNREADABLE: Final = "that cannot be read"
NUM_EXAMPLES: Final = 24
NUM_CHANGED: Final = 8
LEAST_CHANGE: Final = 0.1
_NUM_STRAYS: Final = 3
_MOST_FAULTS: Final = 1000


class Example(NamedTuple):
    """A drawing before and after, for the contact sheet.

    Attributes:
        key: those with the lowest keys are shown, a random choice.
        before: its lines as they were read.
        after: as they are written.
        label: its class.
        left_out: lines of its file that were left out by rule.
        change: the share of its drawn length that is gone, at most 1.
        document: its file, if a browser can show that as a picture.
        note: what the reader says of that file.
    """

    key: int
    before: list[Polyline]
    after: list[Polyline]
    label: str
    left_out: list[Polyline]
    change: float
    document: Path | None = None
    note: str = ""


class StrayPlace(NamedTuple):
    """A drawing whose size one outlying stroke sets.

    Attributes:
        ratio: how many times smaller the drawing would be without it.
        place: where it is.
    """

    ratio: float
    place: Place


@dataclass(kw_only=True)
class Counts:
    """What became of some drawings.

    Attributes:
        num_read: drawings that came in.
        changes: counts of changes.
        dropped: counts of dropped drawings by reason.
        faults: the first reasons why drawings or files could not be read.
        num_faults: how many there were.
        notes: warnings about the input.
        left_out: counts of parts of drawings that were left out by rule.
        examples: some drawings before and after.
        most_changed: the drawings that changed most, or whose file holds more than lines.
        num_strays: drawings whose size one outlying stroke sets.
        strays: the worst of them.
    """

    num_read: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    num_faults: int = 0
    notes: list[Note] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    most_changed: list[Example] = field(default_factory=list)
    num_strays: int = 0
    strays: list[StrayPlace] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        """Adds the counts of other drawings."""
        self.num_read += other.num_read
        self.changes += other.changes
        self.dropped += other.dropped
        self.faults += other.faults[: _MOST_FAULTS - len(self.faults)]
        self.num_faults += other.num_faults
        self.notes += other.notes
        self.left_out += other.left_out
        self.examples = _lowest([*self.examples, *other.examples])
        self.most_changed = _most_changed([*self.most_changed, *other.most_changed])
        self.num_strays += other.num_strays
        self.strays = _worst([*self.strays, *other.strays])


@dataclass
class PieceResult(Counts):
    """The result of one piece of the input.

    Attributes:
        stem: path of its files, without their endings.
        label_names: the classes that its label numbers mean.
        num_prepared: drawings that are in its files.
    """

    stem: Path
    label_names: list[str] = field(default_factory=list)
    num_prepared: int = 0

    def read(self, name: str) -> npt.NDArray[Any]:
        """One field of all its drawings, mapped into memory; rows as `(N, 3)`."""
        path = self.stem.with_name(f"{self.stem.name}.{name}")
        kind = FIELDS[name]
        if not path.stat().st_size:
            return np.zeros((0, 3) if name == "rows" else 0, kind)
        values: npt.NDArray[Any] = np.memmap(path, kind, "r")
        return values.reshape(-1, 3) if name == "rows" else values

    def remove(self) -> None:
        """Removes its files."""
        for name in FIELDS:
            self.stem.with_name(f"{self.stem.name}.{name}").unlink()


def prepare_piece(
    piece: Piece, reading: ReadingOptions, options: PrepareOptions, stem: Path
) -> PieceResult:
    """Prepares one piece; its drawings go into files whose names begin with `stem`."""
    return prepare_chunks(read_piece(piece, reading), options, stem)


def prepare_chunks(chunks: Iterable[Chunk], options: PrepareOptions, stem: Path) -> PieceResult:
    """Prepares these drawings, which go into files whose names begin with `stem`."""
    result = PieceResult(stem)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(stem.with_name(f"{stem.name}.{name}").open("wb"))
            for name in FIELDS
        }
        numbers: dict[str, int] = {}
        for chunk in chunks:
            result.add(_counts_read(chunk))
            if not len(chunk.lines):
                continue
            prepared = prepare_lines(chunk.lines, options)
            for name, values in _fields(chunk, prepared, numbers).items():
                files[name].write(np.ascontiguousarray(values, FIELDS[name]).tobytes())
            result.num_prepared += len(prepared.lines)
            result.add(_counts_prepared(chunk, prepared))
    result.label_names = list(numbers)
    return result


def _lowest(examples: Iterable[Example]) -> list[Example]:
    """The examples with the lowest keys: a random choice that does not depend on the order."""
    unique = {example.key: example for example in examples}
    return [unique[key] for key in sorted(unique)[:NUM_EXAMPLES]]


def _most_changed(examples: Iterable[Example]) -> list[Example]:
    """The examples that changed most: first the one of each note, then the second, and so on."""
    by_change = sorted(examples, key=lambda example: (-example.change, example.key))
    ranks: Counter[str] = Counter()
    ranked = []
    for example in by_change:
        ranked.append((ranks[example.note], example))
        ranks[example.note] += 1
    return [example for _, example in sorted(ranked, key=itemgetter(0))[:NUM_CHANGED]]


def _worst(strays: Iterable[StrayPlace]) -> list[StrayPlace]:
    """The few drawings that one outlying stroke makes smallest."""
    return sorted(strays, key=lambda stray: -stray.ratio)[:_NUM_STRAYS]


def _counts_read(chunk: Chunk) -> Counts:
    dropped = {
        EMPTY: chunk.num_empty,
        NOT_CHOSEN: chunk.num_filtered,
        UNREADABLE: len(chunk.faults),
    }
    return Counts(
        num_read=chunk.num_read,
        dropped=Counter(dropped),
        faults=chunk.faults,
        num_faults=len(chunk.faults),
        notes=chunk.notes,
        left_out=chunk.left_out,
    )


def _counts_prepared(chunk: Chunk, prepared: PreparedBatch) -> Counts:
    return Counts(
        changes=prepared.changes,
        dropped=prepared.dropped,
        examples=_examples(chunk, prepared),
        most_changed=_changed(chunk, prepared),
        num_strays=len(prepared.strays),
        strays=[StrayPlace(ratio, chunk.places[i]) for ratio, i in prepared.strays],
    )


def _fields(
    chunk: Chunk, prepared: PreparedBatch, numbers: dict[str, int]
) -> dict[str, npt.NDArray[Any]]:
    """The fields of each drawing; a new label gets the next number."""
    for label in chunk.labels:
        numbers.setdefault(label, len(numbers))
    labels = np.array([numbers[label] for label in chunk.labels], np.int32)
    places = {"": -1, **{split: place for place, split in enumerate(SPLITS)}}
    splits = np.array([places[split] for split in chunk.splits], np.int8)
    return {
        "rows": prepared.rows,
        "lengths": np.diff(prepared.offsets),
        "hashes": keys_of(prepared.rows, prepared.offsets),
        "keys": prepared.keys,
        "labels": labels[prepared.origins],
        "splits": splits[prepared.origins],
    }


def _examples(chunk: Chunk, prepared: PreparedBatch) -> list[Example]:
    if not len(prepared.keys):
        return []
    count = min(NUM_EXAMPLES, len(prepared.keys))
    chosen = np.argpartition(prepared.keys, count - 1)[:count]
    return [_example(chunk, prepared, int(index), 0.0) for index in chosen]


def _changed(chunk: Chunk, prepared: PreparedBatch) -> list[Example]:
    """The drawings that lost most of their length, in the reader and in the steps.

    Of a document that holds more than lines, such as text, at least one, even if it lost nothing.
    """
    shares = prepared.lost.copy()
    firsts = np.unique(prepared.origins, return_index=True)[1]
    for index in firsts[np.isin(prepared.origins[firsts], list(chunk.lost))]:
        origin = int(prepared.origins[index])
        both = Lines.from_polylines([chunk.lines.drawing(origin), chunk.lost[origin]])
        kept, left_out = drawn_lengths(both)
        shares[index] = 1 - (1 - shares[index]) * kept / max(kept + left_out, 1e-9)
    order = firsts[np.argsort(-shares[firsts], kind="stable")][:NUM_CHANGED]
    return [
        _example(chunk, prepared, int(index), float(shares[index]))
        for index in order
        if shares[index] >= LEAST_CHANGE or (index == order[0] and chunk.document and chunk.notes)
    ]


def _example(chunk: Chunk, prepared: PreparedBatch, index: int, change: float) -> Example:
    origin = int(prepared.origins[index])
    return Example(
        int(prepared.keys[index]),
        _copied(chunk.lines.drawing(origin)),
        _copied(prepared.lines.drawing(index)),
        chunk.labels[origin],
        chunk.lost.get(origin, []),
        change,
        chunk.document,
        chunk.notes[0].text if chunk.document and chunk.notes else "",
    )


def _copied(drawing: list[Polyline]) -> list[Polyline]:
    """A copy of a drawing's points: a view would keep its whole chunk in memory."""
    return [line.copy() for line in drawing]
