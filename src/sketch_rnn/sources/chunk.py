"""Chunks: the drawings that a reader yields, some at a time, with faults and notes."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.lines import Lines, Polyline, starts_of
from sketch_rnn.text import printable

Place = str | Callable[[], str]

# In pixels; between 64-bit numbers beyond it, drawings have no room for detail.
_FARTHEST: Final = 1e15


class Note(NamedTuple):
    """A remark on a file: something looks wrong, or was left out.

    Attributes:
        place: the file.
        text: the remark; the same words for the same thing in other files.
    """

    place: str
    text: str


def in_words(notes: Iterable[Note]) -> list[str]:
    """A line for each text, with the file or the number of files it is about."""
    places: dict[str, list[str]] = {}
    for note in dict.fromkeys(notes):
        places.setdefault(note.text, []).append(note.place)
    return [
        f"{found[0]}: {text}"
        if len(found) == 1
        else f"{len(found):,} files: {text}; the first: {found[0]}"
        for text, found in places.items()
    ]


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some drawings of a source, in order.

    Attributes:
        lines: D drawings, in pixels.
        labels: the class of each.
        splits: the split that each is in, empty where the source has none.
        numbers: the index of each among all drawings of its file, readable or not.
        faults: one line for each drawing that could not be read.
        num_empty: how many had no points.
        num_filtered: how many were left out on request.
        notes: what looks wrong.
        left_out: counts of parts of drawings that were left out by rule, by kind.
        lost: those parts as polylines in pixels, by the index of the drawing among `lines`.
        places: where each drawing is, for messages; see `place_text`.
        document: the file, if a browser can show it as a picture.
    """

    lines: Lines
    labels: list[str]
    splits: list[str]
    numbers: list[int]
    faults: list[str] = field(default_factory=list)
    num_empty: int = 0
    num_filtered: int = 0
    notes: list[Note] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    lost: dict[int, list[Polyline]] = field(default_factory=dict)
    places: Sequence[Place] = ()
    document: Path | None = None

    @property
    def num_read(self) -> int:
        """How many drawings came in, readable or not."""
        return len(self.lines) + len(self.faults) + self.num_empty + self.num_filtered

    def labelled(self, label: str) -> Chunk:
        """The chunk with one label for all."""
        return replace(self, labels=[label] * len(self.labels))


class ChunkBuilder:
    """Collects drawings of one file, checking each.

    Args:
        number: index in the file of the drawing that comes first.

    Attributes:
        number: index of the drawing that comes next.
        document: as in `Chunk`.
    """

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self._numbers: list[int] = []
        self._xs, self._ys = array("d"), array("d")
        self._line_lengths: list[int] = []
        self._line_counts: list[int] = []
        self._labels: list[str] = []
        self._splits: list[str] = []
        self._places: list[Place] = []
        self.faults: list[str] = []
        self.notes: list[Note] = []
        self.left_out: Counter[str] = Counter()
        self.num_empty = 0
        self.num_filtered = 0
        self._lost: dict[int, list[Polyline]] = {}
        self.document: Path | None = None

    def __len__(self) -> int:
        """Its approximate size: points, and 20 for each drawing."""
        return len(self._xs) + 20 * (len(self._labels) + len(self.faults))

    def add_columns(self, lines: Iterable[tuple[Any, Any]], label: str, place: Place) -> None:
        """Adds a drawing whose lines are given as a list of x and a list of y each.

        Args:
            lines: the lines; those without points do not count.
            label: its class.
            place: where it is, or what tells that, for the fault that one that cannot be read
                becomes.
        """
        before = len(self._ys), len(self._line_lengths)
        try:
            for xs, ys in lines:
                self._xs.extend(xs)
                self._ys.extend(ys)
                if len(xs) != len(ys):
                    raise SketchRNNError(f"a line with {len(xs)} x and {len(ys)} y")
                if len(xs):
                    self._line_lengths.append(len(xs))
        except (TypeError, ValueError, OverflowError, LookupError) as error:
            del self._xs[before[0] :], self._ys[before[0] :], self._line_lengths[before[1] :]
            is_told = isinstance(error, SketchRNNError)
            self.add_fault(place, error if is_told else "not lines of numbers")
            return
        count = len(self._line_lengths) - before[1]
        if not count:
            self.num_empty += 1
            self.number += 1
            return
        self._line_counts.append(count)
        self._labels.append(label)
        self._splits.append("")
        self._places.append(place)
        self._numbers.append(self.number)
        self.number += 1

    def add_lines(
        self, lines: Iterable[Polyline], label: str, place: Place, lost: Sequence[Polyline] = ()
    ) -> None:
        """Adds a drawing whose lines are arrays `(n, 2)`; `lost` are lines that were left out."""
        index = len(self._labels)
        self.add_columns([(line[:, 0], line[:, 1]) for line in lines], label, place)
        if len(self._labels) > index and len(lost):
            self._lost[index] = list(lost)

    def add_fault(self, place: Place, reason: object) -> None:
        """Adds a drawing that could not be read."""
        name, text = place_text(place), str(reason)
        self.faults.append(printable(text if text.startswith(name) else f"{name}: {text}"))
        self.number += 1

    def note(self, place: str, text: str) -> None:
        """Notes something about the file, once."""
        if (note := Note(place, text)) not in self.notes:
            self.notes.append(note)

    def add_filtered(self) -> None:
        """Counts a drawing that the reading options leave out."""
        self.num_filtered += 1
        self.number += 1

    def finish(self) -> Chunk:
        """The drawings as a chunk; those with an impossible position become faults."""
        points = np.column_stack([np.array(values, np.float64) for values in (self._xs, self._ys)])
        lines = Lines(points, starts_of(self._line_lengths), starts_of(self._line_counts))
        labels, splits, numbers = list(map(printable, self._labels)), self._splits, self._numbers
        places, lost = self._places, self._lost
        near = (np.abs(points) < _FARTHEST).all(axis=1)
        if not near.all():
            good = np.logical_and.reduceat(near, lines.point_starts[:-1])
            for index in np.flatnonzero(~good):
                reason = f"a position that is NaN, infinite or beyond {_FARTHEST:g} pixels"
                self.add_fault(self._places[index], reason)
            lines = lines.select(good)
            labels = [label for label, keep in zip(labels, good, strict=True) if keep]
            splits = [split for split, keep in zip(splits, good, strict=True) if keep]
            numbers = [number for number, keep in zip(numbers, good, strict=True) if keep]
            places = [place for place, keep in zip(places, good, strict=True) if keep]
            moved = np.cumsum(good) - 1
            lost = {int(moved[index]): parts for index, parts in lost.items() if good[index]}
        return Chunk(
            lines,
            labels,
            splits,
            numbers,
            faults=self.faults,
            num_empty=self.num_empty,
            num_filtered=self.num_filtered,
            notes=self.notes,
            left_out=self.left_out,
            lost=lost,
            places=places,
            document=self.document,
        )


def place_text(place: Place) -> str:
    """A place as text; one that is slow to compute is given as a function."""
    return place if isinstance(place, str) else place()


def folder_of(path: Path) -> str:
    """The name of the folder that a file is in."""
    return path.absolute().parent.name


def chunk_of_fault(place: str, error: SketchRNNError) -> Chunk:
    """A chunk with one fault: a file that could not be read."""
    builder = ChunkBuilder()
    builder.add_fault(place, error)
    return builder.finish()
