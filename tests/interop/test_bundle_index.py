"""Hostile indexes of the original's checkpoints: tables of names."""

from __future__ import annotations

import struct
import tracemalloc

import pytest

from bundle_files import MAGIC, block, sealed, table_of_blocks, varint
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.tensorflow.table import read_table


def test_a_table_that_names_one_block_again_and_again():
    data = block([(b"a", b"")])
    place = varint(0) + varint(len(data) - 5)
    index = block([(b"%d" % i, place) for i in range(1000)])
    footer = place + varint(len(data)) + varint(len(index) - 5)
    content = data + index + footer.ljust(40, b"\0") + MAGIC.to_bytes(8, "little")
    with pytest.raises(SketchRNNError, match="its blocks overlap"):
        read_table(content, "x")


def amplified(name_size, count):
    """An index of one block in which each entry of a few bytes is a long name."""
    data = b""
    for number in range(count):
        own = (b"" if number else b"a" * (name_size - 5)) + b"%05d" % number
        data += varint(name_size - len(own)) + varint(len(own)) + varint(0) + own
    return table_of_blocks([(b"z", sealed(data + struct.pack("<II", 0, 1)))])


@pytest.mark.parametrize(
    ("name_size", "count", "message"),
    [(990, 2000, "far more names"), (12, 20_000, "far more names"), (1200, 1, "a name's length")],
)
def test_short_entries_of_long_names(name_size, count, message):
    content = amplified(name_size, count)
    tracemalloc.start()
    try:
        with pytest.raises(SketchRNNError, match=rf"^x: damaged or not the index .*{message}"):
            read_table(content, "x")
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()
