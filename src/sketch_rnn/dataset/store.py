"""Stores: millions of drawings in a folder of flat arrays, mapped into memory when needed.

A store is a folder with `store.json` and, for each shard of a split, three files of plain
little-endian numbers: `NAME.rows` (int16, three a row), `NAME.offsets` (int64, where drawings
begin, and the end) and `NAME.labels` (int32).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import opened
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FloatArray
from sketch_rnn.sketches import Sketches, checked_indices, gather
from sketch_rnn.sources.splits import SPLITS

MANIFEST: Final = "store.json"
FORMAT: Final = "sketch-rnn store"
FORMAT_VERSION: Final = 1
# Drawings whose offsets and labels are checked at once: few enough for the processor's cache.
_BLOCK: Final = 2**16
KINDS: Final[dict[str, np.dtype[Any]]] = {
    "rows": np.dtype("<i2"),
    "offsets": np.dtype("<i8"),
    "labels": np.dtype("<i4"),
}


class Shard(NamedTuple):
    """Some drawings of a split, as mapped files.

    Attributes:
        rows: `(N, 3)` int16 stroke-3 rows in pixels.
        offsets: `(S + 1,)` int64; drawing i is `rows[offsets[i] : offsets[i + 1]]`.
        labels: `(S,)` int32 class numbers.
    """

    rows: npt.NDArray[np.int16]
    offsets: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int32]


class StoredSketches:
    """Sketches on disk, with the interface of `Sketches`; `select` loads some into memory.

    Args:
        shards: the drawings, shard after shard.
        numbers: the class number of each label in the shards; the label itself if None.
    """

    def __init__(
        self, shards: Sequence[Shard], numbers: npt.NDArray[np.int32] | None = None
    ) -> None:
        self._shards = tuple(shards)
        self._numbers = numbers
        self._starts = np.cumsum([0, *(len(shard.labels) for shard in shards)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> FloatArray:
        """The `(n, 3)` float32 rows of one drawing, in pixels."""
        return self.select([range(len(self))[index]]).rows

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """The `(S,)` number of rows of each drawing, all in memory."""
        parts = [np.diff(shard.offsets) for shard in self._shards]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        """The `(S,)` class number of each drawing, all in memory."""
        parts = [np.asarray(shard.labels) for shard in self._shards]
        labels: npt.NDArray[np.int32] = np.concatenate([np.zeros(0, np.int32), *parts])
        return labels if self._numbers is None else self._numbers[labels]

    def relabelled(self, numbers: npt.NDArray[np.int32]) -> StoredSketches:
        """The drawings with other class numbers: `numbers[label]` for each label."""
        before = self._numbers
        return StoredSketches(self._shards, numbers if before is None else numbers[before])

    def select(self, indices: npt.ArrayLike) -> Sketches:
        """The drawings at `indices`, in that order, in memory."""
        chosen = checked_indices(indices, len(self))
        if not len(chosen):
            return Sketches.from_arrays([])
        order = np.argsort(chosen)
        ordered = chosen[order]
        cuts = np.searchsorted(ordered, self._starts)
        parts = [
            gather(*shard, ordered[first:stop] - start)
            for shard, start, (first, stop) in zip(
                self._shards, self._starts[:-1], pairwise(cuts), strict=True
            )
            if first < stop
        ]
        selected = Sketches.concatenate(parts).select(np.argsort(order))
        pens = selected.rows[:, 2]
        if not ((pens == 0) | (pens == 1)).all():
            raise SketchRNNError(
                "the store is damaged: a pen value that is neither 0 nor 1; prepare it again"
            )
        return selected if self._numbers is None else selected.relabelled(self._numbers)


# One split of a dataset, in memory or on disk.
Split = Sketches | StoredSketches


def is_store(path: Path) -> bool:
    """Whether `path` is the folder of a store."""
    return (path / MANIFEST).is_file()


def open_store(path: Path) -> tuple[dict[str, StoredSketches], DataProfile]:
    """The splits of a store by name, and its profile.

    Offsets and labels are checked, in a second or so for 50 million drawings; rows are read later.

    Raises:
        SketchRNNError: if it is damaged, or of a newer version.
    """
    with opened(path / MANIFEST, "store", str(path)) as (file, _):
        manifest = json.load(file)
        if manifest.get("format") != FORMAT or not isinstance(manifest["format_version"], int):
            raise ValueError("not a store of sketch-rnn")
        if manifest["format_version"] > FORMAT_VERSION:
            raise SketchRNNError(
                f"{path}: format version {manifest['format_version']}, but this sketch-rnn reads "
                f"versions up to {FORMAT_VERSION}; upgrade sketch-rnn"
            )
        profile = DataProfile.from_dict(manifest["profile"])
        splits = {
            split: StoredSketches(
                [_open_shard(path, entry, profile) for entry in manifest["splits"][split]]
            )
            for split in SPLITS
        }
    return splits, profile


def write_manifest(
    path: Path, profile: DataProfile, splits: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """Writes the manifest that makes a folder of shards a store.

    Args:
        path: the folder.
        profile: measures of the drawings.
        splits: for each split its shards: `name`, and how many `drawings` and `rows`.
    """
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "profile": profile.to_dict(),
        "splits": {split: [dict(entry) for entry in splits[split]] for split in SPLITS},
    }
    (path / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _open_shard(folder: Path, entry: Mapping[str, Any], profile: DataProfile) -> Shard:
    name, drawings, rows = entry["name"], int(entry["drawings"]), int(entry["rows"])
    if Path(name).name != name:
        raise ValueError(f"a shard outside the folder: {name}")
    counts = {"rows": rows * 3, "offsets": drawings + 1, "labels": drawings}
    arrays = {}
    for kind, count in counts.items():
        file = folder / f"{name}.{kind}"
        if file.stat().st_size != count * KINDS[kind].itemsize:
            raise ValueError(f"{file.name} has {file.stat().st_size:,} bytes, not what it should")
        # As a plain array: NumPy takes much longer over each part of a memmap.
        mapped = np.memmap(file, KINDS[kind], "r") if count else np.zeros(0, KINDS[kind])
        arrays[kind] = mapped.view(np.ndarray)
    shard = Shard(arrays["rows"].reshape(-1, 3), arrays["offsets"], arrays["labels"])
    _check(shard, name, profile)
    return shard


def _check(shard: Shard, name: str, profile: DataProfile) -> None:
    """Raises ValueError for offsets and labels that cannot be those of drawings."""
    first, last, num_rows = shard.offsets[0], shard.offsets[-1], len(shard.rows)
    if (first, last) != (0, num_rows):
        raise ValueError(
            f"{name}.offsets goes from {first:,} to {last:,}, not from 0 to {num_rows:,}"
        )
    num_labels = max(len(profile.labels), 1)
    for first in range(0, len(shard.labels), _BLOCK):
        lengths = np.diff(shard.offsets[first : first + _BLOCK + 1])
        low, high = lengths.min(), lengths.max()
        if not 0 < low <= high <= profile.max_seq_len:
            wrong = high if low > 0 else low
            raise ValueError(
                f"{name}.offsets: a drawing of {wrong:,} rows, expected 1 to {profile.max_seq_len}"
            )
        labels = shard.labels[first : first + _BLOCK]
        if labels.min() < 0 or labels.max() >= num_labels:
            wrong = labels.max() if labels.min() >= 0 else labels.min()
            raise ValueError(f"{name}.labels: label {wrong}, and there are {num_labels} labels")
