"""Write datasets in the original's `.npz` form."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError, shown
from sketch_rnn.io.atomic import write_atomically
from sketch_rnn.sketch import FirstRow, Sketch, number_array
from sketch_rnn.sources.splits import SPLITS, class_numbers


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
    see `Sketch.rounded`. The file is written atomically.

    Args:
        path: the file to write.
        train: stroke-3 arrays `(n, 3)` in pixels.
        valid: as `train`.
        test: as `train`.
        labels: by the name of the split, the class number of every drawing.
        label_names: names of the classes, in the order of their numbers.
        first_row: what row 0 of a drawing means, see `Sketch.first_row`.
        dtype: type of the numbers in the file, integer or float.

    Raises:
        SketchRNNError: if labels are invalid, an offset does not fit `dtype`, rounding would
            destroy the drawings, or the file cannot be written.
    """
    number_type = _number_type(dtype)
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
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in entries.items():
            # ZipInfo's fixed date: the same drawings give the same bytes.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content, zipfile.ZIP_DEFLATED)
    write_atomically(Path(path), stream.getvalue())


def _number_type(dtype: npt.DTypeLike) -> np.dtype[Any]:
    try:
        found = np.dtype(dtype)
    except (TypeError, ValueError):
        found = np.dtype(object)
    if found.kind not in "iuf":
        raise SketchRNNError(f"dtype={shown(dtype)} must be an integer or float type")
    return found


def _converted(
    sketches: Sequence[npt.NDArray[Any]], dtype: np.dtype[Any], split: str
) -> list[npt.NDArray[Any]]:
    """The sketches in the file's number type."""
    is_whole = dtype.kind != "f"
    if is_whole:
        _reject_tiny(sketches, dtype, split)
    limits = np.iinfo(dtype) if is_whole else np.finfo(dtype)
    stored = []
    for number, given in enumerate(sketches):
        sketch = number_array(given, f"{split} sketch {number}")
        rows = Sketch(sketch).rounded().strokes if is_whole else sketch
        finite = rows[np.isfinite(rows)]
        if finite.size and (finite.min() < limits.min or finite.max() > limits.max):
            raise SketchRNNError(
                f"{split} sketch {number} has offsets from {finite.min():.0f} to "
                f"{finite.max():.0f}, beyond {dtype} ({limits.min} to {limits.max}); pass "
                "another dtype, such as np.int32 or np.float32"
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
