"""Arrays in a TensorFlow checkpoint of the second format, read without TensorFlow.

`NAME.index` is a table from a variable's name to a small protocol-buffer message: type, shape,
place in a `NAME.data-*` file, and checksum.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.files import Files
from sketch_rnn.interop.tensorflow.table import DamagedError, Reader, masked_crc32c, read_table

# Numbers of TensorFlow's DataType.
_TYPES: Final[dict[int, np.dtype[Any]]] = {
    1: np.dtype("<f4"),
    2: np.dtype("<f8"),
    19: np.dtype("<f2"),
}
_MAX_RANK: Final = 8
_MAX_SHARDS: Final = 99_999
_HEADER: Final = ""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class _Entry(NamedTuple):
    """The type, shape and location of a variable."""

    type_number: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    is_sliced: bool


class Bundle:
    """The variables of one checkpoint.

    Args:
        files: the files of its folder.
        prefix: the checkpoint's name, such as `vector-1234`.

    Raises:
        SketchRNNError: if the index is missing or damaged.
    """

    def __init__(self, files: Files, prefix: str) -> None:
        self._files = files
        self._prefix = prefix
        self._index = f"{files.where}/{prefix}.index"
        if f"{prefix}.index" not in files.names:
            raise SketchRNNError(f"{self._index}: no such file; it belongs to the checkpoint")
        messages = read_table(files.read(f"{prefix}.index"), self._index)
        try:
            self._num_shards = _num_shards(messages.pop(_HEADER, b""))
            self._entries = {name: _entry(message) for name, message in messages.items()}
        except DamagedError as error:
            raise SketchRNNError(f"{self._index}: damaged ({error}); copy it again") from error
        self._shards: dict[int, bytes] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all variables, sorted."""
        return tuple(self._entries)

    def array(self, name: str) -> npt.NDArray[Any]:
        """The values of a variable.

        Raises:
            SketchRNNError: if they are missing, damaged, or not floating-point numbers.
        """
        entry = self._entries[name]
        element = _TYPES.get(entry.type_number)
        if element is None or entry.is_sliced:
            what = "is stored in slices" if entry.is_sliced else f"has type {entry.type_number}"
            raise SketchRNNError(f"{self._index}: {name} {what}, expected one array of floats")
        expected = math.prod(entry.shape) * element.itemsize
        shard = self._shard(entry.shard)
        if entry.size != expected or entry.offset + entry.size > len(shard):
            raise SketchRNNError(
                f"{self._index}: {name} of shape {entry.shape} should have {expected} bytes, and "
                f"is said to have {entry.size} from {entry.offset} of {len(shard)}; damaged or cut "
                "short, copy it again"
            )
        content = memoryview(shard)[entry.offset : entry.offset + entry.size]
        if masked_crc32c(content) != entry.checksum:
            raise SketchRNNError(f"{self._index}: the checksum of {name} is wrong; copy it again")
        values: npt.NDArray[Any] = np.frombuffer(content, element)
        return values.reshape(entry.shape)

    def _shard(self, number: int) -> bytes:
        name = f"{self._prefix}.data-{number:05d}-of-{self._num_shards:05d}"
        if number >= self._num_shards or name not in self._files.names:
            raise SketchRNNError(
                f"{self._files.where}/{name}: no such file; it belongs to the checkpoint"
            )
        if number not in self._shards:
            self._shards[number] = self._files.read(name)
        return self._shards[number]


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yields number and value of each field of a protocol-buffer message."""
    reader = Reader(message)
    while not reader.is_at_end:
        number, wire = divmod(reader.varint(), 8)
        if wire == _VARINT:
            yield number, reader.varint()
        elif wire == _BYTES:
            yield number, reader.take(reader.varint())
        elif wire == _FIXED32:
            yield number, struct.unpack("<I", reader.take(4))[0]
        elif wire == _FIXED64:
            yield number, struct.unpack("<Q", reader.take(8))[0]
        else:
            raise DamagedError("a message with an unknown kind of field")


def _typed(fields: Mapping[int, Any], number: int, kind: type) -> Any:
    value = fields.get(number, kind())
    if not isinstance(value, kind):
        raise DamagedError(f"field {number} of a message has the wrong type")
    return value


def _num_shards(message: bytes) -> int:
    """The number of data files, from the header of the index."""
    fields = dict(_fields(message))
    if _typed(fields, 2, int):
        raise DamagedError("its numbers are big-endian")
    num_shards = int(_typed(fields, 1, int))
    if not 1 <= num_shards <= _MAX_SHARDS:
        raise DamagedError(f"{num_shards} data files")
    return num_shards


def _entry(message: bytes) -> _Entry:
    fields = dict(_fields(message))
    type_number, shard, offset, size, checksum = (
        int(_typed(fields, number, int)) for number in (1, 3, 4, 5, 6)
    )
    shape = tuple(_shape(_typed(fields, 2, bytes)))
    return _Entry(type_number, shape, shard, offset, size, checksum, is_sliced=7 in fields)


def _shape(message: bytes) -> Iterator[int]:
    for rank, (number, value) in enumerate(_fields(message)):
        if number != 2 or not isinstance(value, bytes) or rank >= _MAX_RANK:
            raise DamagedError("not a valid shape")
        yield int(_typed(dict(_fields(value)), 1, int))
