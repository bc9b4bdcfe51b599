"""Drawings in NumPy's files: the original's `.npz`, and plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sketch_rnn.data.lines import Lines
from sketch_rnn.data.prepare import detect_first_row, looks_absolute
from sketch_rnn.data.sources.archive import SingleArray, open_archive
from sketch_rnn.data.sources.chunks import Chunk
from sketch_rnn.data.sources.npz import SPLITS, read_npz
from sketch_rnn.data.sources.raw import RawDataset
from sketch_rnn.data.store import Store
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FirstRow, Sketch, checked_strokes

_MAX_BYTES = 2**31


def read_array_file(
    path: Path, *, first_row: FirstRow | None = None, absolute: bool = False
) -> Chunk:
    """Returns the drawings of a `.npz` or `.npy` file; nothing in it is executed.

    Read are the original's data sets with their splits, object arrays of stroke-3 or stroke-5
    arrays, `(S, n, 3)` and `(S, n, 5)` arrays, and one drawing alone. One that cannot be read
    becomes a fault.

    Args:
        path: the file.
        first_row: what row 0 means; as stored in the file or as it looks where not given.
        absolute: the first two columns are positions instead of offsets.

    Raises:
        SketchRNNError: if the file is missing, damaged, or holds anything but drawings.
    """
    raw = _raw(path)
    named = {split: getattr(raw, split) for split in SPLITS}
    arrays = [array for split in SPLITS for array in named[split]]
    splits = [split for split in SPLITS for _ in named[split]]
    labels = _labels(raw, path)
    # A file with one split alone is a pile of drawings.
    if sum(bool(len(items)) for items in named.values()) < len(SPLITS):
        splits = [""] * len(arrays)
    return chunk_of_strokes(
        arrays,
        labels,
        splits,
        name=str(path),
        first_row=first_row or raw.first_row,
        absolute=absolute,
    )


def chunk_of_strokes(
    arrays: Sequence[npt.NDArray[Any]],
    labels: Sequence[str],
    splits: Sequence[str],
    *,
    name: str,
    first_row: FirstRow | None = None,
    absolute: bool = False,
) -> Chunk:
    """Returns stroke-3 or stroke-5 arrays as lines; one that is neither becomes a fault.

    Args:
        arrays: `(n, 3)` or `(n, 5)`, in pixels.
        labels: the class of each.
        splits: the split of each, or empty texts.
        name: where they are, for messages.
        first_row: what row 0 means; as it looks where not given.
        absolute: the first two columns are positions instead of offsets.
    """
    kept, faults, num_empty, rows = [], [], 0, []
    for number, array in enumerate(arrays):
        try:
            strokes = _stroke3(array, f"{name}: drawing {number}")
        except SketchRNNError as error:
            faults.append(str(error))
            continue
        num_empty += not len(strokes)
        if len(strokes):
            kept.append(number)
            rows.append(strokes)
    notes = []
    store = Store.from_arrays(rows)
    if absolute:
        store = _differences(store)
    elif len(store) and looks_absolute(store):
        notes.append(
            f"{name}: the first two columns look like absolute positions; expected are offsets "
            "from the previous point; read them with --absolute"
        )
    chosen = first_row or ("move" if absolute or not len(store) else detect_first_row(store))
    return Chunk(
        Lines.from_store(store, chosen),
        [labels[number] for number in kept],
        [splits[number] for number in kept],
        faults=faults,
        num_empty=num_empty,
        notes=notes,
    )


def _raw(path: Path) -> RawDataset:
    if path.suffix.lower() == ".npy":
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise SketchRNNError(f"{path}: larger than 2 GiB; split it")
            array = SingleArray(path.read_bytes(), path.name)
        except OSError as error:
            raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
        return RawDataset(array.drawings(""), [], [], name=path.stem)
    with open_archive(path) as archive:
        if set(SPLITS) <= set(archive.names):
            return read_npz(path)
        extras = ("label_names", "first_row")
        names = [n for n in archive.names if n not in extras and not n.endswith("_labels")]
        arrays = [item for name in names for item in archive.drawings(name)]
    return RawDataset(arrays, [], [], name=path.stem)


def _labels(raw: RawDataset, path: Path) -> list[str]:
    counts = {split: len(getattr(raw, split)) for split in SPLITS}
    if raw.labels is None:
        return [path.stem] * sum(counts.values())
    numbers = np.concatenate([raw.labels[split] for split in SPLITS])
    names = raw.label_names or tuple(f"{path.stem}/{n}" for n in range(numbers.max(initial=0) + 1))
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(names):
        raise SketchRNNError(f"{path}: a label number beyond its {len(names)} label names")
    return [names[number] for number in numbers]


def _stroke3(array: npt.NDArray[Any], where: str) -> npt.NDArray[Any]:
    if not array.size:
        return np.zeros((0, 3), np.float32)
    if array.ndim == 2 and array.shape[1] == 5:
        try:
            return Sketch.from_stroke5(array).strokes
        except SketchRNNError as error:
            raise SketchRNNError(f"{where}: {error}") from error
    return checked_strokes(array, where)


def _differences(store: Store) -> Store:
    """Returns drawings whose rows were positions with offsets instead."""
    rows = store.rows.copy()
    rows[1:, :2] -= store.rows[:-1, :2]
    starts = store.offsets[:-1]
    rows[starts, :2] = store.rows[starts, :2]
    return Store(rows, store.offsets, store.labels)
