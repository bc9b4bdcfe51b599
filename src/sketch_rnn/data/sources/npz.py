"""Data sets in the original's `.npz` form: train, valid and test as arrays of stroke-3 arrays."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from sketch_rnn.data.sources.archive import Archive, open_archive
from sketch_rnn.data.sources.raw import RawDataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FIRST_ROWS, FirstRow, Sketch

SPLITS: Final = ("train", "valid", "test")


def read_npz(path: str | os.PathLike[str]) -> RawDataset:
    """Returns the drawings of a `.npz` file, unchecked; nothing in the file is executed.

    Read are object arrays of stroke-3 arrays as the original has them, plain `(S, n, 3)` arrays,
    and the labels and the meaning of the first row that `write_npz` adds.

    Raises:
        SketchRNNError: if the file is missing, cut short, not a `.npz`, lacks one of train, valid
            and test, or holds anything but numbers.
    """
    path = Path(path)
    with open_archive(path) as archive:
        missing = [split for split in SPLITS if split not in archive.names]
        if missing:
            raise SketchRNNError(
                f"{path.name}: has no {' and no '.join(missing)} in it; a data set needs train, "
                f"valid and test, found: {', '.join(sorted(archive.names)) or 'nothing'}"
            )
        splits = {split: archive.sketches(split) for split in SPLITS}
        counts = {split: len(sketches) for split, sketches in splits.items()}
        return RawDataset(
            **splits,
            labels=_read_labels(archive, counts),
            label_names=tuple(_read_texts(archive, "label_names")),
            first_row=_read_first_row(archive),
            name=path.stem,
        )


def write_npz(
    path: str | os.PathLike[str],
    train: Sequence[npt.NDArray[Any]],
    valid: Sequence[npt.NDArray[Any]],
    test: Sequence[npt.NDArray[Any]],
    *,
    labels: Mapping[str, npt.ArrayLike] | None = None,
    label_names: Sequence[str] = (),
    first_row: FirstRow | None = None,
    dtype: npt.DTypeLike = np.int16,
) -> None:
    """Writes drawings as a compressed `.npz` that the original reads too.

    Integer types round absolute positions and store the differences, so drawings do not drift,
    see `Sketch.rounded`. The file appears complete or not at all.

    Args:
        path: the file to write.
        train: stroke-3 arrays `(n, 3)` in pixels.
        valid: as `train`.
        test: as `train`.
        labels: for each split's name the class number of every drawing.
        label_names: names of the classes, in the order of their numbers.
        first_row: what row 0 of a drawing means, see `Sketch.first_row`.
        dtype: type of the numbers in the file, integer or float.

    Raises:
        SketchRNNError: if labels cannot be, an offset does not fit `dtype`, rounding would destroy
            the drawings, or the file cannot be written.
    """
    number_type = np.dtype(dtype)
    if number_type.kind not in "iuf":
        raise SketchRNNError(f"dtype={number_type} must be an integer or float type")
    numbers = None if labels is None else class_numbers(labels, Path(path).name)
    entries: dict[str, bytes] = {}
    for split, sketches in zip(SPLITS, (train, valid, test), strict=True):
        entries[split] = _object_entry(_converted(sketches, number_type, split))
        if numbers is not None:
            entries[f"{split}_labels"] = _plain_entry(numbers[split])
    if label_names:
        entries["label_names"] = _plain_entry(np.asarray(label_names, np.str_))
    if first_row is not None:
        entries["first_row"] = _plain_entry(np.asarray(first_row, np.str_))
    _write_atomically(Path(path), entries)


def class_numbers(
    labels: Mapping[str, npt.ArrayLike], name: str
) -> dict[str, npt.NDArray[np.int32]]:
    """Returns for each split's name the `(S,)` class number of every drawing.

    Raises:
        SketchRNNError: naming the drawings, if a split is missing, or labels are no whole numbers.
    """
    given = labels if isinstance(labels, Mapping) else {}
    numbers = {split: np.asarray(given[split]) for split in SPLITS if split in given}
    if any(found.size and found.dtype.kind not in "iu" for found in numbers.values()):
        raise SketchRNNError(f"{name}: labels are no whole numbers; names go into label_names")
    if len(numbers) < len(SPLITS):
        raise SketchRNNError(
            f"{name}: labels need the class numbers of each of {', '.join(SPLITS)}, by its name"
        )
    return {split: found.astype(np.int32) for split, found in numbers.items()}


def _read_labels(
    archive: Archive, counts: Mapping[str, int]
) -> dict[str, npt.NDArray[np.int32]] | None:
    names = {split: f"{split}_labels" for split in SPLITS}
    if not set(names.values()) <= set(archive.names):
        return None
    labels = {split: archive.plain(name, "iu").astype(np.int32) for split, name in names.items()}
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
    return [str(text) for text in archive.plain(name, "U").flat] if name in archive.names else []


def _converted(
    sketches: Sequence[npt.NDArray[Any]], dtype: np.dtype[Any], split: str
) -> list[npt.NDArray[Any]]:
    """Returns the sketches in the file's number type."""
    if dtype.kind == "f":
        return [np.asarray(sketch, dtype) for sketch in sketches]
    _reject_tiny(sketches, dtype, split)
    limits = np.iinfo(dtype)
    stored = []
    for number, sketch in enumerate(sketches):
        rows = Sketch(sketch).rounded().strokes
        if len(rows) and (rows.min() < limits.min or rows.max() > limits.max):
            raise SketchRNNError(
                f"{split} sketch {number} has offsets from {rows.min():.0f} to {rows.max():.0f}, "
                f"beyond {dtype} ({limits.min} to {limits.max}); pass another dtype, such as "
                "np.int32 or np.float32"
            )
        stored.append(rows.astype(dtype))
    return stored


def _reject_tiny(sketches: Sequence[npt.NDArray[Any]], dtype: np.dtype[Any], split: str) -> None:
    if not any(len(sketch) for sketch in sketches):
        return
    sizes = np.abs(np.concatenate(sketches)[:, :2]).max(axis=1)
    typical = np.median(sizes[sizes > 0]) if sizes.any() else 1
    if typical < 0.5:
        raise SketchRNNError(
            f"{split}: half of the offsets are below {typical:.2g} pixels and would be lost in "
            f"rounding to {dtype}; scale the drawings up or pass dtype=np.float32"
        )


def _object_entry(sketches: Sequence[npt.NDArray[Any]]) -> bytes:
    array = np.empty(len(sketches), object)
    for number, sketch in enumerate(sketches):
        array[number] = sketch
    stream = io.BytesIO()
    header = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(stream, header)
    # Protocol 2 and the module's name before NumPy 2: the original's Python and NumPy are old.
    content = pickle.dumps(array, protocol=2)
    stream.write(content.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n", 1))
    return stream.getvalue()


def _plain_entry(array: npt.NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=False)
    return stream.getvalue()


def _write_atomically(path: Path, entries: Mapping[str, bytes]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                for name, content in entries.items():
                    # ZipInfo's fixed date: the same drawings give the same bytes.
                    info = zipfile.ZipInfo(f"{name}.npy")
                    archive.writestr(info, content, zipfile.ZIP_DEFLATED)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
