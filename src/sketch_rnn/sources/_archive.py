"""Read the arrays of a `.npz` file with bounded memory, and without executing any pickle."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.archives import BROKEN_ZIP, read_member
from sketch_rnn.io.budget import BYTES, DRAWINGS, Meter, opened
from sketch_rnn.sources._safe_pickle import NumberArray, check_shape, read_object_array


class NotDrawingsError(SketchRNNError):
    """An array of numbers or texts that does not hold drawings."""


class Archive:
    """The arrays of an open `.npz` file.

    Attributes:
        file_name: what to call the file in messages.
        meter: what is left of the file's budget.
        names: the names of the arrays.
    """

    def __init__(self, file: IO[bytes], file_name: str, meter: Meter) -> None:
        self.file_name = file_name
        # For all together: members may overlap in a file, which then holds more of them than bytes.
        self.meter = meter
        try:
            self._zip = zipfile.ZipFile(file)
        except BROKEN_ZIP as error:
            raise SketchRNNError(
                f"{file_name}: damaged or cut short ({error}); download or copy it again"
            ) from error
        self._infos = {info.filename.removesuffix(".npy"): info for info in self._zip.infolist()}
        self.names = tuple(self._infos)

    def sketches(self, name: str) -> list[NumberArray]:
        """The items of an object array or of a plain `(S, n, 3)` array, unchecked.

        Raises:
            SketchRNNError: if the array holds anything but numbers, or is damaged.
        """
        return self._sketches(name, self._read(name))

    def drawings(self, name: str) -> list[NumberArray]:
        """The items as `sketches` returns them; an `(n, 3)` or `(n, 5)` array is one drawing.

        Raises:
            NotDrawingsError: if it is an array of another kind.
            SketchRNNError: if the array holds anything but numbers, or is damaged.
        """
        entry = self._read(name)
        if len(entry.shape) == 2 and entry.shape[1] in (3, 5) and entry.element.kind in "biuf":
            return [self._plain_array(name, entry)]
        return self._sketches(name, entry)

    def _sketches(self, name: str, entry: _Entry) -> list[NumberArray]:
        if entry.element.hasobject:
            where = f"{self.file_name}, {name}" if name else self.file_name
            return read_object_array(entry.content, where, self.meter)
        is_sketches = 0 in entry.shape or (len(entry.shape) == 3 and entry.shape[2] in (3, 5))
        if entry.element.kind not in "biuf" or not is_sketches:
            raise NotDrawingsError(
                f"{self.file_name}: {name or 'it'} is a {entry.element} array of shape "
                f"{entry.shape}, "
                "expected one (n, 3) array of numbers for each sketch"
            )
        array = self._plain_array(name, entry)
        self.meter.spend(DRAWINGS, len(array))
        return list(array)

    def plain(self, name: str, kinds: str) -> npt.NDArray[Any]:
        """An array without objects, whose element type is one of NumPy's `kinds`."""
        entry = self._read(name)
        if entry.element.kind not in kinds:
            raise SketchRNNError(f"{self.file_name}: {name} holds {entry.element}, unexpected")
        return self._plain_array(name, entry)

    def _read(self, name: str) -> _Entry:
        where = f"{self.file_name}: {name}"
        content = read_member(self._zip, self._infos[name], self.meter.left(BYTES), where)
        self.meter.spend(BYTES, len(content))
        return _parse(content, f"{self.file_name}: {name} is not an array")

    def _plain_array(self, name: str, entry: _Entry) -> npt.NDArray[Any]:
        expected = math.prod(entry.shape) * entry.element.itemsize
        if expected != len(entry.content):
            raise SketchRNNError(
                f"{self.file_name}: {name} should have {expected} bytes and has "
                f"{len(entry.content)}; the file is damaged"
            )
        flat: npt.NDArray[Any] = np.frombuffer(entry.content, entry.element)
        return flat.reshape(entry.shape, order=entry.order)


class SingleArray(Archive):
    """A `.npy` file as an archive of one array without a name."""

    def __init__(self, content: bytes, file_name: str, meter: Meter) -> None:
        self.file_name = file_name
        self.meter = meter
        self._content = content
        self.names = ("",)

    def _read(self, name: str) -> _Entry:
        return _parse(self._content, f"{self.file_name}: not a .npy array")


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The arrays of a `.npz` file, as a context.

    Raises:
        SketchRNNError: if the file is missing, damaged, or not a `.npz`.
    """
    with opened(path, "npz") as (file, meter):
        start = file.read(6)
        if start == b"\x93NUMPY":
            raise SketchRNNError(
                f"{path}: a single .npy array; expected a .npz with train, valid and test"
            )
        if start[:2] != b"PK":
            raise SketchRNNError(
                f"{path}: not a .npz file; expected a zip with arrays train, valid and test"
            )
        file.seek(0)
        yield Archive(file, str(path), meter)


@contextmanager
def open_array(path: Path) -> Iterator[SingleArray]:
    """The array of a `.npy` file, as a context.

    Raises:
        SketchRNNError: if the file is missing, damaged, or not a `.npy`.
    """
    with opened(path, "npy") as (file, meter):
        yield SingleArray(file.read(), str(path), meter)


class _Entry(NamedTuple):
    """One array: the values of its header, and its bytes."""

    shape: tuple[int, ...]
    order: Literal["C", "F"]
    element: np.dtype[Any]
    content: bytes


def _parse(content: bytes, otherwise: str) -> _Entry:
    """The array in the bytes of a `.npy` file.

    Args:
        content: the bytes.
        otherwise: begins the error message where they are not such a file.

    Raises:
        SketchRNNError: if the header is not that of an array.
    """
    stream = io.BytesIO(content)
    try:
        # NumPy warns about headers that Python 2 wrote, the usual case here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            shape, is_fortran, element = _header(stream)
        check_shape(shape)
    except Exception as error:
        # The header is a Python literal: what is wrong in it can raise anything.
        reason = str(error) if isinstance(error, ValueError) else "its header cannot be read"
        raise SketchRNNError(f"{otherwise} ({reason})") from error
    return _Entry(shape, "F" if is_fortran else "C", element, stream.read())


def _header(stream: IO[bytes]) -> tuple[Any, bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the .npy format")
    read_header = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
    found: tuple[Any, bool, np.dtype[Any]] = read_header(stream)
    return found
