"""Write prepared drawings to a `.npz` file or a store."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO, Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from sketch_rnn.dataset.cleaning import clamped, measure_profile
from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.dataset.store import KINDS, write_manifest
from sketch_rnn.errors import SketchRNNError, expect_path
from sketch_rnn.io.atomic import check_place, temporary_for
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FirstRow
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.formats import format_of
from sketch_rnn.sources.splits import SPLITS

_SHARD_ROWS: Final = 2**26
_MEASURED: Final = 100_000

Labels = npt.NDArray[np.int32]


class Writer(Protocol):
    """Takes drawings part by part."""

    def add(self, split: str, sketches: Sketches) -> None:
        """Takes drawings of one split, whose labels are numbers into the label names."""

    def close(self, label_names: tuple[str, ...], sources: tuple[str, ...]) -> DataProfile:
        """Writes the drawings, and returns their profile."""

    def abandon(self) -> None:
        """Removes incomplete files; does nothing after `close`."""


class Moments:
    """The standard deviation of numbers that arrive part by part."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0.0
        self._squares = 0.0

    def add(self, values: npt.NDArray[np.float64]) -> None:
        """Takes some numbers."""
        self._count += values.size
        self._sum += float(values.sum())
        self._squares += float(np.square(values).sum())

    def deviation(self) -> float:
        """The standard deviation of all of them."""
        if not self._count:
            return 0.0
        mean = self._sum / self._count
        return float(np.sqrt(max(self._squares / self._count - mean**2, 0.0)))


class NpzWriter:
    """Collects drawings in memory, and writes them as the original reads them.

    Args:
        path: the file; None to keep them in memory.
        first_row: what row 0 means.

    Attributes:
        dataset: the drawings, once it is closed.
    """

    def __init__(self, path: Path | None, first_row: FirstRow) -> None:
        self._path = path
        self._first_row = first_row
        self._parts: dict[str, list[Sketches]] = {split: [] for split in SPLITS}
        self.dataset: Dataset | None = None

    def add(self, split: str, sketches: Sketches) -> None:
        """Takes drawings of one split."""
        self._parts[split].append(sketches)

    def close(self, label_names: tuple[str, ...], sources: tuple[str, ...]) -> DataProfile:
        """Writes the drawings, and returns their profile."""
        empty = Sketches.from_arrays([])
        splits = {s: Sketches.concatenate([empty, *self._parts[s]]) for s in SPLITS}
        profile = measure_profile(
            splits, first_row=self._first_row, labels=label_names, sources=sources
        )
        if self._path is not None:
            arrays = ([part[i] for i in range(len(part))] for part in splits.values())
            write_npz(
                self._path,
                *arrays,
                labels={split: sketches.labels for split, sketches in splits.items()},
                label_names=label_names,
                first_row=self._first_row,
            )
        self.dataset = Dataset(splits["train"], splits["valid"], splits["test"], profile)
        return profile

    def abandon(self) -> None:
        """Does nothing: the file is written at once."""


class StoreWriter:
    """Writes drawings into a folder as they come; it appears under its name when it is complete.

    Args:
        path: the folder, which must not exist.
        first_row: what row 0 means.
    """

    def __init__(self, path: Path, first_row: FirstRow) -> None:
        self._path = path
        self._folder = temporary_for(path)
        self._folder.mkdir(parents=True)
        self._first_row = first_row
        self._splits = {split: _SplitWriter(self._folder, split) for split in SPLITS}
        self._moments = Moments()
        self._sample: list[Sketches] = []

    def add(self, split: str, sketches: Sketches) -> None:
        """Takes drawings of one split."""
        sketches = clamped(sketches)
        self._splits[split].add(sketches)
        if split == "train":
            self._moments.add(sketches.rows[:, :2].astype(np.float64))
            if sum(map(len, self._sample)) < _MEASURED:
                self._sample.append(sketches)

    def close(self, label_names: tuple[str, ...], sources: tuple[str, ...]) -> DataProfile:
        """Writes the drawings, and returns their profile."""
        entries = {split: writer.close() for split, writer in self._splits.items()}
        sample = Sketches.concatenate(self._sample)
        measured = measure_profile(
            {"train": sample}, first_row=self._first_row, labels=label_names, sources=sources
        )
        values = measured.to_dict() | {
            "scale": self._moments.deviation(),
            "max_seq_len": max(writer.longest for writer in self._splits.values()),
        }
        profile = DataProfile.from_dict(values)
        write_manifest(self._folder, profile, entries)
        self._folder.rename(self._path)
        return profile

    def abandon(self) -> None:
        """Removes incomplete files; does nothing after `close`."""
        for writer in self._splits.values():
            writer.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class _SplitWriter:
    """The shards of one split."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder = folder
        self._split = split
        self._files: dict[str, IO[bytes]] = {}
        self._entries: list[dict[str, Any]] = []
        self.longest = 0

    def add(self, sketches: Sketches) -> None:
        if not len(sketches):
            return
        if not self._files or self._entries[-1]["rows"] > _SHARD_ROWS:
            self._begin()
        entry = self._entries[-1]
        self._write("rows", sketches.rows)
        self._write("offsets", sketches.offsets[1:] + entry["rows"])
        self._write("labels", sketches.labels)
        entry["rows"] += len(sketches.rows)
        entry["drawings"] += len(sketches)
        self.longest = max(self.longest, int(sketches.lengths.max()))

    def close(self) -> list[dict[str, Any]]:
        self._end()
        return self._entries

    def _begin(self) -> None:
        self._end()
        name = f"{self._split}-{len(self._entries):05d}"
        self._entries.append({"name": name, "drawings": 0, "rows": 0})
        self._files = {kind: (self._folder / f"{name}.{kind}").open("wb") for kind in KINDS}
        self._write("offsets", np.zeros(1))

    def _write(self, kind: str, values: npt.NDArray[Any]) -> None:
        self._files[kind].write(values.astype(KINDS[kind]).tobytes())

    def _end(self) -> None:
        for file in self._files.values():
            file.close()


def writer_for(path: Path, first_row: FirstRow) -> NpzWriter | StoreWriter:
    """The writer for a path: of a file if it ends in .npz, otherwise of a store.

    Raises:
        SketchRNNError: as `check_destination`.
    """
    check_destination(path)
    is_file = path.suffix.lower() == ".npz"
    return NpzWriter(path, first_row) if is_file else StoreWriter(path, first_row)


def check_destination(path: Path) -> None:
    """Raises SketchRNNError if no drawings can be written to this path, before they are prepared.

    It may be a `.npz` file that is there, but not a store, nor the file of another kind.
    """
    expect_path(path, "out")
    is_npz = path.suffix.lower() == ".npz"
    if not is_npz and (format_of(path) or path.suffix.lower() in (".zip", ".gz")):
        raise SketchRNNError(
            f"{path}: drawings are written as .npz, or into a folder, the store of a large set"
        )
    if path.is_dir() if is_npz else path.exists():
        raise SketchRNNError(f"{path} exists already; remove it, or give another name")
    check_place(path)
