"""Members of zip archives: what one holds, never more than is said, and no odd packings."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.archives import read_member

CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def archived(content, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a", content)
    return bytearray(file.getvalue())


def read(data, max_bytes=1000):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return read_member(archive, archive.infolist()[0], max_bytes, "x.zip/a")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("size", [0, 1, 1000])
def test_whole_members(method, size):
    content = bytes(number % 7 for number in range(size))
    assert read(archived(content, method)) == content


def test_more_than_fits():
    with pytest.raises(SketchRNNError, match=r"^x\.zip/a claims 1001 bytes, far more .*; refused$"):
        read(archived(bytes(1001)))


def test_packed_sizes_that_lie():
    data = archived(bytes(4000))
    place = data.index(CENTRAL)
    struct.pack_into("<I", data, place + 20, 600 * 2**20)
    with pytest.raises(SketchRNNError, match="claims 4000 bytes"):
        read(data)


def test_a_member_that_unfolds_to_more_than_it_claims():
    data = archived(bytes(40 * 2**20))
    struct.pack_into("<I", data, data.index(CENTRAL) + 24, 100)
    tracemalloc.start()
    try:
        with pytest.raises(SketchRNNError, match=r"^x\.zip/a is damaged or cut short \(Bad CRC"):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("method", "name"),
    [(zipfile.ZIP_LZMA, "lzma"), (zipfile.ZIP_BZIP2, "bzip2"), (77, "method 77")],
)
def test_other_packings_are_refused(method, name):
    data = archived(b"abc" * 9, zipfile.ZIP_STORED if method == 77 else method)
    data[30 + len("a") + 4] = 0xFF  # for lzma the size of its dictionary
    struct.pack_into("<H", data, data.index(CENTRAL) + 10, method)
    with pytest.raises(SketchRNNError, match=rf"^x\.zip/a is packed by {name}; only stored and"):
        read(data)


@pytest.mark.parametrize("flag", [1, 0x20])
def test_encrypted_and_patched_members(flag):
    data = archived(b"abc")
    for place in (data.index(CENTRAL) + 8, data.index(LOCAL) + 6):
        data[place] |= flag
    with pytest.raises(SketchRNNError, match="is damaged or cut short"):
        read(data)
