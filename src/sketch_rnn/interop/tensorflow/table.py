"""The sorted table of keys and values that TensorFlow's index files are, and its checksums.

The layout is LevelDB's: blocks of entries whose keys share a prefix with the one before, an index
block of the places of the others, and a footer. Every size in the file is checked before use.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError

Words = npt.NDArray[np.uint32]

_POLYNOMIAL: Final = 0x82F63B78
_NUM_BITS: Final = 32
_ALL_ONES: Final = 0xFFFFFFFF
_MASK_DELTA: Final = 0xA282EAD8

_FOOTER_SIZE: Final = 48
_MAGIC: Final = 0xDB4775248B80FB57
_TRAILER_SIZE: Final = 5
# Far beyond any model's. Names share prefixes with the previous one, so without limits a small file
# could fill the memory with long names.
_MAX_KEY_SIZE: Final = 1024
_MAX_KEY_BYTES: Final = 2**20
_MAX_ENTRIES: Final = 10_000
_MAX_VARINT_SIZE: Final = 10


def crc32c(data: bytes | memoryview) -> int:
    """The CRC-32C of `data`.

    The checksum is linear, so the data is cut into equally long lanes that advance together, and
    the checksum of a lane is moved over the lanes behind it (RFC 3720, appendix B.4).
    """
    content = np.frombuffer(data, np.uint8)
    width = max(math.isqrt(len(content)), 1)
    num_lanes = -(-len(content) // width)
    # Leading zeros do not change a checksum that begins at zero.
    padded = np.concatenate([np.zeros(num_lanes * width - len(content), np.uint8), content])
    lanes = np.zeros(num_lanes, np.uint32)
    for column in np.ascontiguousarray(padded.reshape(num_lanes, width).T):
        lanes = _advanced(lanes, column)
    moved = [_moved(1 << bit, width) for bit in range(_NUM_BITS)]
    total = 0
    for lane in lanes.tolist():
        total = _applied(moved, total) ^ lane
    start = _moved(_ALL_ONES, len(content))
    return start ^ total ^ _ALL_ONES


def masked_crc32c(data: bytes | memoryview) -> int:
    """The checksum as TensorFlow stores it: rotated by 15 bits, and a constant added."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _ALL_ONES


@cache
def _table() -> Words:
    """The contribution of each last byte when a checksum advances by 8 bits."""
    words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        words = np.where(words & 1, words >> 1 ^ np.uint32(_POLYNOMIAL), words >> 1)
    return words


def _advanced(words: Words, octets: npt.NDArray[np.uint8]) -> Words:
    advanced: Words = _table()[(words ^ octets) & 0xFF] ^ words >> 8
    return advanced


def _moved(word: int, distance: int) -> int:
    """The checksum `word` advanced over `distance` zero bytes."""
    for exponent in range(distance.bit_length()):
        if distance >> exponent & 1:
            word = _applied(_power(exponent), word)
    return word


@cache
def _power(exponent: int) -> tuple[int, ...]:
    """Each single bit of a checksum, advanced over `2**exponent` zero bytes."""
    if not exponent:
        bits = (1 << np.arange(_NUM_BITS, dtype=np.uint64)).astype(np.uint32)
        return tuple(_advanced(bits, np.zeros(_NUM_BITS, np.uint8)).tolist())
    half = _power(exponent - 1)
    return tuple(_applied(half, word) for word in half)


def _applied(columns: Sequence[int], word: int) -> int:
    result = 0
    while word:
        lowest = word & -word
        result ^= columns[lowest.bit_length() - 1]
        word ^= lowest
    return result


class DamagedError(ValueError):
    """Bytes are not as expected; the message says how."""


class Reader:
    """A reader's position in bytes; no step reads beyond the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def is_at_end(self) -> bool:
        """Whether everything has been read."""
        return self.position >= len(self.data)

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        end = self.position + size
        if end > len(self.data):
            raise DamagedError(
                f"{size} bytes wanted where {len(self.data) - self.position} are left"
            )
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def varint(self) -> int:
        """The next number, seven bits a byte, smallest first."""
        value = 0
        for shift in range(0, 7 * _MAX_VARINT_SIZE, 7):
            (byte,) = self.take(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise DamagedError("a number without an end")


class _Place(NamedTuple):
    offset: int
    size: int


def read_table(content: bytes, where: str) -> dict[str, bytes]:
    """The values of a table by key.

    Args:
        content: the whole file.
        where: its name, for messages.

    Raises:
        SketchRNNError: if it is damaged, compressed, or not such a table.
    """
    try:
        return dict(_entries(content))
    except DamagedError as error:
        raise SketchRNNError(
            f"{where}: damaged or not the index of a TensorFlow checkpoint ({error}); copy it again"
        ) from error


def _entries(content: bytes) -> Iterator[tuple[str, bytes]]:
    if len(content) < _FOOTER_SIZE:
        raise DamagedError(f"only {len(content)} bytes")
    footer = content[-_FOOTER_SIZE:]
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise DamagedError("its last bytes are not those of a table")
    places = Reader(footer)
    _place(places)  # of the meta index, which holds nothing here
    last_end, last_key = 0, b""
    num_entries = key_bytes = 0
    for _, value in _block_entries(_block(content, _place(places))):
        place = _place(Reader(value))
        # Otherwise a small file could name one block over and over, and take forever.
        if place.offset < last_end:
            raise DamagedError("its blocks overlap")
        last_end = place.offset + place.size
        for key, entry in _block_entries(_block(content, place)):
            if key <= last_key and last_key:
                raise DamagedError("its names are not in order")
            last_key = key
            num_entries += 1
            key_bytes += len(key)
            if num_entries > _MAX_ENTRIES or key_bytes > _MAX_KEY_BYTES:
                raise DamagedError("far more names than a model has variables")
            yield _text(key), entry


def _place(reader: Reader) -> _Place:
    return _Place(reader.varint(), reader.varint())


def _block(content: bytes, place: _Place) -> bytes:
    """The content of one block, whose checksum is right."""
    end = place.offset + place.size
    if end + _TRAILER_SIZE > len(content):
        raise DamagedError("a block lies beyond its end")
    kind, checksum = struct.unpack("<BI", content[end : end + _TRAILER_SIZE])
    if masked_crc32c(content[place.offset : end + 1]) != checksum:
        raise DamagedError("a block's checksum is wrong")
    if kind:
        raise DamagedError(f"a block is compressed by method {kind}, which checkpoints are not")
    return content[place.offset : end]


def _block_entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields the entries of a block, without the restart points at its end."""
    if len(block) < 4:
        raise DamagedError("a block is empty")
    (num_restarts,) = struct.unpack("<I", block[-4:])
    size = len(block) - 4 * (num_restarts + 1)
    if size < 0:
        raise DamagedError("a block claims more restart points than fit into it")
    reader = Reader(block[:size])
    key = b""
    while not reader.is_at_end:
        shared, own, value_size = reader.varint(), reader.varint(), reader.varint()
        if shared > len(key) or shared + own > _MAX_KEY_SIZE:
            raise DamagedError("a name's length is wrong")
        key = key[:shared] + reader.take(own)
        yield key, reader.take(value_size)


def _text(key: bytes) -> str:
    try:
        return key.decode()
    except UnicodeDecodeError:
        raise DamagedError("a name is not text") from None
