"""Read NumPy's files: datasets in the original's `.npz` form, and arrays of stroke rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FIRST_ROWS, FirstRow
from sketch_rnn.sources._archive import Archive, NotDrawingsError, open_archive, open_array
from sketch_rnn.sources.chunk import Chunk, Note
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.splits import (
    SPLITS,
    TAKEN_FROM_TRAIN,
    Labels,
    Splits,
    class_numbers,
    default_names,
    held_out,
)
from sketch_rnn.sources.strokes import chunk_of_strokes
from sketch_rnn.text import printable

_SPLIT_NAMES: Final = {
    "train": ("train",),
    "valid": ("valid", "val", "validation"),
    "test": ("test",),
}


@dataclass(frozen=True, eq=False)
class _Content:
    """The arrays of a file, unchecked: a dataset, or drawings without a split (under "")."""

    splits: Mapping[str, list[npt.NDArray[Any]]]
    labels: Mapping[str, Labels] | None = None
    label_names: tuple[str, ...] = ()
    first_row: FirstRow | None = None
    unused: tuple[str, ...] = ()


def read_npz(path: str | os.PathLike[str], *, name: str = "") -> Splits:
    """The sketches of a dataset in a `.npz` file; nothing in the file is executed.

    Read are object arrays of stroke-3 arrays as the original has them, plain `(S, n, 3)` arrays,
    and the labels and the meaning of the first row that `write_npz` adds. `val` is `valid`; a split
    that is not there is empty.

    Args:
        path: the file.
        name: what to call the source; by default as the file, without its ending.

    Raises:
        SketchRNNError: if the file is missing, cut short, not a `.npz`, or without a train split,
            or a split holds anything but sketches.
    """
    path = Path(path)
    with open_archive(path) as archive:
        if not _split_names(archive):
            raise SketchRNNError(
                f"{path}: has no train in it, as a dataset has; found: "
                f"{', '.join(sorted(archive.names)) or 'nothing'}; sketch-rnn data prepare makes "
                "a dataset of arrays of drawings"
            )
        content = _dataset(archive)
    name = name or path.stem
    return Splits.from_arrays(
        **content.splits,
        labels=content.labels,
        label_names=content.label_names if content.labels else (name.rpartition("/")[2],),
        first_row=content.first_row,
        name=name,
    )


def read_arrays(path: Path, options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawings of a `.npz` or `.npy` file; nothing in it is executed.

    Read are the original's datasets with their splits, object arrays of stroke-3 or stroke-5
    arrays, `(S, n, 3)` and `(S, n, 5)` arrays, and one drawing alone. One that cannot be read
    becomes a fault.

    Raises:
        SketchRNNError: if the file is missing, damaged, or holds anything but drawings.
    """
    content = _content(path)
    arrays = [array for part in content.splits.values() for array in part]
    given, notes = _given_splits(content)
    if content.unused:
        notes.append(f"arrays without drawings, which are not used: {', '.join(content.unused)}")
    chunk = chunk_of_strokes(
        arrays,
        _labels(content, path),
        name=str(path),
        splits=given,
        first_row=options.first_row or content.first_row,
        absolute=options.absolute,
    )
    yield replace(chunk, notes=[*chunk.notes, *(Note(str(path), note) for note in notes)])


def _given_splits(content: _Content) -> tuple[list[str], list[str]]:
    """The split of each drawing, empty texts where there is only one, and notes."""
    splits = np.array([split for split, part in content.splits.items() for _ in part], "<U5")
    missing = [split for split in SPLITS if not content.splits.get(split)]
    if not missing:
        return splits.tolist(), []
    train = np.flatnonzero(splits == "train")
    if len(missing) > 1 or "train" in missing or len(train) < 2:
        return [""] * len(splits), []
    taken = train[held_out(len(train), missing)[missing[0]]]
    splits[taken] = missing[0]
    return splits.tolist(), [f"no {missing[0]} drawings; {len(taken)} {TAKEN_FROM_TRAIN}"]


def _content(path: Path) -> _Content:
    if path.suffix.lower() == ".npy":
        with open_array(path) as array:
            return _Content({"": array.drawings("")})
    with open_archive(path) as archive:
        if len(_split_names(archive)) > 1:
            return _dataset(archive)
        drawings, unused = [], []
        for name in archive.names:
            try:
                drawings += [] if _is_extra(name) else archive.drawings(name)
            except NotDrawingsError:
                unused.append(name)
        if len(unused) == len(archive.names):
            raise SketchRNNError(f"{path}: none of its arrays holds drawings: {', '.join(unused)}")
        return _Content({"": drawings}, unused=tuple(unused))


def _split_names(archive: Archive) -> dict[str, str]:
    """The name of each split's array, for the splits that the file has; empty without train."""
    found = {
        split: next(name for name in names if name in archive.names)
        for split, names in _SPLIT_NAMES.items()
        if set(names) & set(archive.names)
    }
    return found if "train" in found else {}


def _is_extra(name: str) -> bool:
    return name in ("label_names", "first_row") or name.endswith("_labels")


def _dataset(archive: Archive) -> _Content:
    given = _split_names(archive)
    splits = {s: archive.sketches(given[s]) if s in given else [] for s in SPLITS}
    labels = _read_labels(archive, {split: len(part) for split, part in splits.items()})
    names = tuple(_read_texts(archive, "label_names"))
    others = [n for n in archive.names if n not in given.values() and not _is_extra(n)]
    return _Content(splits, labels, names, _read_first_row(archive), tuple(others))


def _labels(content: _Content, path: Path) -> list[str]:
    if content.labels is None:
        return [path.stem] * sum(map(len, content.splits.values()))
    numbers = np.concatenate([content.labels[split] for split in SPLITS])
    count = int(numbers.max(initial=0)) + 1
    names = content.label_names or default_names(path.stem, count)
    if count > len(names):
        raise SketchRNNError(f"{path}: a label number beyond its {len(names)} label names")
    return [names[number] for number in numbers]


def _read_labels(archive: Archive, counts: Mapping[str, int]) -> dict[str, Labels] | None:
    names = {split: f"{split}_labels" for split in SPLITS}
    if not set(names.values()) <= set(archive.names):
        return None
    given = {split: archive.plain(name, "iu") for split, name in names.items()}
    labels = class_numbers(given, archive.file_name)
    for split, numbers in labels.items():
        if numbers.shape != (counts[split],):
            raise SketchRNNError(
                f"{archive.file_name}: {names[split]} has shape {numbers.shape}, "
                f"expected one number for each of {counts[split]} sketches"
            )
    return labels


def _read_first_row(archive: Archive) -> FirstRow | None:
    texts = _read_texts(archive, "first_row")
    if texts and texts[0] not in FIRST_ROWS:
        raise SketchRNNError(
            f"{archive.file_name}: first_row is {texts[0]!r}, expected one of move, line"
        )
    return cast(FirstRow, texts[0]) if texts else None


def _read_texts(archive: Archive, name: str) -> list[str]:
    if name not in archive.names:
        return []
    return [printable(str(text)) for text in archive.plain(name, "U").flat]
