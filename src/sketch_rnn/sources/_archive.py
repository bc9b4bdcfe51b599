"""Reads the arrays of a `.npz` file with bounded memory, and without executing any pickle."""

from __future__ import annotations

import io
import os
import tokenize
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.archives import BROKEN_ZIP, read_member
from sketch_rnn.sources._safe_pickle import NumberArray, read_object_array

_FREE_BYTES: Final = 64 * 2**20
_MAX_EXPANSION: Final = 200


class NotDrawingsError(SketchRNNError):
    """An array of numbers or texts that does not hold drawings."""


class Archive:
    """The arrays of an open `.npz` file.

    Attributes:
        file_name: what to call the file in messages.
        names: the names of the arrays.
    """

    def __init__(self, file: IO[bytes], file_name: str, file_size: int) -> None:
        self.file_name = file_name
        # For all together: members may overlap in a file, which then holds more of them than bytes.
        self._bytes_left = _FREE_BYTES + _MAX_EXPANSION * file_size
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
            items = read_object_array(entry.content, where, max_bytes=self._bytes_left)
            self._bytes_left -= sum(item.nbytes for item in items)
            return items
        is_sketches = 0 in entry.shape or (len(entry.shape) == 3 and entry.shape[2] in (3, 5))
        if entry.element.kind not in "biuf" or not is_sketches:
            raise NotDrawingsError(
                f"{self.file_name}: {name or 'it'} is a {entry.element} array of shape "
                f"{entry.shape}, "
                "expected one (n, 3) array of numbers for each sketch"
            )
        return list(self._plain_array(name, entry))

    def plain(self, name: str, kinds: str) -> npt.NDArray[Any]:
        """Returns an array without objects, whose element type is one of NumPy's `kinds`."""
        entry = self._read(name)
        if entry.element.kind not in kinds:
            raise SketchRNNError(f"{self.file_name}: {name} holds {entry.element}, unexpected")
        return self._plain_array(name, entry)

    def _read(self, name: str) -> _Entry:
        where = f"{self.file_name}: {name}"
        content = read_member(self._zip, self._infos[name], self._bytes_left, where)
        self._bytes_left -= len(content)
        try:
            return _parse(io.BytesIO(content))
        except (ValueError, EOFError) as error:
            raise SketchRNNError(f"{self.file_name}: {name} is not an array ({error})") from error

    def _plain_array(self, name: str, entry: _Entry) -> npt.NDArray[Any]:
        expected = int(np.prod(entry.shape, dtype=object)) * entry.element.itemsize
        if expected != len(entry.content):
            raise SketchRNNError(
                f"{self.file_name}: {name} should have {expected} bytes and has "
                f"{len(entry.content)}; the file is damaged"
            )
        flat: npt.NDArray[Any] = np.frombuffer(entry.content, entry.element)
        return flat.reshape(entry.shape, order=entry.order)


class SingleArray(Archive):
    """A `.npy` file as an archive of one array without a name."""

    def __init__(self, content: bytes, file_name: str) -> None:
        self.file_name = file_name
        self._bytes_left = _FREE_BYTES + _MAX_EXPANSION * len(content)
        self._content = content
        self.names = ("",)

    def _read(self, name: str) -> _Entry:
        try:
            return _parse(io.BytesIO(self._content))
        except (ValueError, EOFError) as error:
            raise SketchRNNError(f"{self.file_name}: not a .npy array ({error})") from error


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The arrays of a `.npz` file, as a context.

    Raises:
        SketchRNNError: if the file is missing, damaged, or not a `.npz`.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be opened: {error.strerror}") from error
    with file:
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
        yield Archive(file, str(path), os.fstat(file.fileno()).st_size)


class _Entry(NamedTuple):
    """One array: the values of its header, and its bytes."""

    shape: tuple[int, ...]
    order: Literal["C", "F"]
    element: np.dtype[Any]
    content: bytes


def _parse(stream: IO[bytes]) -> _Entry:
    version = np.lib.format.read_magic(stream)
    with warnings.catch_warnings():
        # NumPy warns about headers that Python 2 wrote, the usual case here.
        warnings.simplefilter("ignore", UserWarning)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version} of the .npy format")
        read_header = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
        try:
            shape, is_fortran, element = read_header(stream)
        except (ArithmeticError, SyntaxError, TypeError, tokenize.TokenError) as error:
            raise ValueError("its header cannot be read") from error
    return _Entry(shape, "F" if is_fortran else "C", element, stream.read())
