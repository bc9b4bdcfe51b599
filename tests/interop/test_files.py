"""Files of foreign models in zip archives."""

from __future__ import annotations

import struct
import zipfile

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.files import ZipFiles

MEGABYTE = 2**20


def test_a_bomb_that_claims_to_be_large_itself(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lstm/vector.index", bytes(30 * MEGABYTE))
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 20, 600 * MEGABYTE)
    path.write_bytes(data)
    message = r"^bomb\.zip/lstm/vector\.index claims 31457280 bytes, far more .*; refused$"
    with pytest.raises(SketchRNNError, match=message):
        ZipFiles(path, "lstm").read("vector.index")


def test_many_bombs_together(tmp_path):
    path = tmp_path / "bombs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "abc":
            archive.writestr(name, bytes(7 * MEGABYTE))
    files = ZipFiles(path)
    assert len(files.read("a")) == len(files.read("b")) == 7 * MEGABYTE
    with pytest.raises(SketchRNNError, match=r"^bombs\.zip/c claims 7340032 bytes"):
        files.read("c")
