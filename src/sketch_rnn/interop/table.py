"""The sorted table of keys and values that TensorFlow's index files are.

The layout is LevelDB's: blocks of entries whose keys share a prefix with the one before, an index
block of the places of the others, and a footer. Every size in the file is checked before use.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.crc32c import masked_crc32c

_FOOTER_SIZE: Final = 48
_MAGIC: Final = 0xDB4775248B80FB57
_TRAILER_SIZE: Final = 5
# Far beyond any model's. Names share prefixes with the ones before, so that without limits a small
# file could fill the memory with long ones.
_MAX_KEY_SIZE: Final = 1024
_MAX_KEY_BYTES: Final = 2**20
_MAX_ENTRIES: Final = 10_000
_MAX_VARINT_SIZE: Final = 10


class DamagedError(ValueError):
    """Bytes that are not what they should be; the message says which."""


class Reader:
    """A place in a run of bytes, and the steps that read on from it, never beyond the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def is_at_end(self) -> bool:
        """Returns whether all is read."""
        return self.position >= len(self.data)

    def take(self, size: int) -> bytes:
        """Returns the next `size` bytes."""
        end = self.position + size
        if end > len(self.data):
            raise DamagedError(
                f"{size} bytes wanted where {len(self.data) - self.position} are left"
            )
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def varint(self) -> int:
        """Returns the next number, seven bits a byte, smallest first."""
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
    """Returns the values of a table by key.

    Args:
        content: the whole file.
        where: its name, for messages.

    Raises:
        SketchRNNError: if it is damaged, compressed, or no such table.
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
        # Else a small file could name one block again and again, and take for ever.
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
    """Returns the content of one block, whose checksum is right."""
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
    """Yields the entries of a block; the list of restart points behind them is not needed."""
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
