"""The checksum CRC-32C (Castagnoli), many bytes at a time with NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

_POLYNOMIAL: Final = 0x82F63B78
_NUM_BITS: Final = 32
_ALL_ONES: Final = 0xFFFFFFFF
_MASK_DELTA: Final = 0xA282EAD8


def crc32c(data: bytes | memoryview) -> int:
    """Returns the CRC-32C of `data`.

    The checksum is linear, so the data is cut into equally long lanes that advance together, and
    the checksum of a lane is moved over the lanes behind it (RFC 3720, appendix B.4).
    """
    content = np.frombuffer(data, np.uint8)
    width = max(math.isqrt(len(content)), 1)
    num_lanes = -(-len(content) // width)
    # Zeros in front leave a checksum that begins at zero unchanged.
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
    """Returns the checksum as TensorFlow stores it: rotated by 15 bits, and a constant added."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _ALL_ONES


@cache
def _table() -> Words:
    """Returns what each last byte turns into when a checksum moves on by 8 bits."""
    words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        words = np.where(words & 1, words >> 1 ^ np.uint32(_POLYNOMIAL), words >> 1)
    return words


def _advanced(words: Words, octets: npt.NDArray[np.uint8]) -> Words:
    advanced: Words = _table()[(words ^ octets) & 0xFF] ^ words >> 8
    return advanced


def _moved(word: int, distance: int) -> int:
    """Returns what a checksum becomes after `distance` zero bytes."""
    for exponent in range(distance.bit_length()):
        if distance >> exponent & 1:
            word = _applied(_power(exponent), word)
    return word


@cache
def _power(exponent: int) -> tuple[int, ...]:
    """Returns what each single bit of a checksum becomes after `2**exponent` zero bytes."""
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
