"""Files of the original's form are read whatever they hold, and faults are named."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import BUDGETS, BYTES, Allowance
from sketch_rnn.sources.npz import read_npz
from sketch_rnn.sources.splits import SPLITS

ONE = np.array([[1, -2, 0], [300, 4, 0], [-5, 0, 1]], np.int16)
TWO = np.array([[7, 7, 1], [0, -1, 0]], np.int16)


def objects(*items: object) -> np.ndarray:
    array = np.empty(len(items), object)
    for number, item in enumerate(items):
        array[number] = item
    return array


def saved(path: Path, train: object, valid: object = None, test: object = None) -> Path:
    rest = objects(ONE)
    np.savez(path, train=train, valid=rest if valid is None else valid, test=test or rest)
    return path


def npy(content: bytes, shape: str = "(1,)", descr: str = "'|O'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


def zipped(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(f"{name}.npy", content)
    return path


def python2_pickle(sketches: list[np.ndarray]) -> bytes:
    """Returns the pickle Python 2 writes for an object array: raw bytes in strings."""

    def array(state: bytes) -> bytes:
        empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01bt"
        return empty + b"R(K\x01" + state + b"tb"

    def element(code: bytes, order: bytes) -> bytes:
        call = b"cnumpy\ndtype\n(U" + bytes([len(code)]) + code + b"K\x00K\x01tR"
        return call + b"(K\x03U\x01" + order + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"

    items = b""
    for sketch in sketches:
        data = sketch.astype("<i2").tobytes()
        shape = b"K" + bytes([len(sketch)]) + b"K\x03\x86"
        text = b"T" + len(data).to_bytes(4, "little") + data
        items += array(shape + element(b"i2", b"<") + b"\x89" + text)
    outer = (
        b"K" + bytes([len(sketches)]) + b"\x85" + element(b"O8", b"|") + b"\x89](" + items + b"e"
    )
    return b"\x80\x02" + array(outer) + b"."


@pytest.mark.parametrize("name", ["aaron_sheep", "omniglot", "short_kanji", "kanji.rdp100"])
def test_real_files_read_as_numpy_reads_them(shared: Path, name: str) -> None:
    path = shared / "data" / f"{name}.npz"
    raw = read_npz(path)
    assert (raw.name, raw.label_names, raw.first_row) == (name, (name,), None)
    with np.load(path, allow_pickle=True, encoding="latin1") as judge:
        for split in SPLITS:
            found, expected = getattr(raw, split), judge[split]
            assert len(found) == len(expected)
            assert not found.labels.any()
            np.testing.assert_array_equal(found.rows, np.concatenate(expected).astype(np.float32))


def test_counts_of_real_files(shared: Path) -> None:
    sheep = read_npz(shared / "data" / "aaron_sheep.npz")
    assert [len(sheep.train), len(sheep.valid), len(sheep.test)] == [7400, 300, 300]


def test_python_2_files(tmp_path: Path) -> None:
    entry = npy(python2_pickle([ONE, TWO]), shape="(2L,)")
    raw = read_npz(zipped(tmp_path / "old.npz", train=entry, valid=entry, test=entry))
    np.testing.assert_array_equal(raw.train[0], ONE)
    np.testing.assert_array_equal(raw.test[1], TWO)


@pytest.mark.parametrize("dtype", ["i1", ">i2", "<i4", "i8", "u1", ">f8", "f2", "f4", "?"])
def test_number_types(tmp_path: Path, dtype: str) -> None:
    sketch = (np.abs(ONE) % 100).astype(dtype)
    found = read_npz(saved(tmp_path / "a.npz", objects(sketch, sketch[:2]))).train
    np.testing.assert_array_equal(found[0], sketch)
    np.testing.assert_array_equal(found[1], sketch[:2])
    plain = read_npz(saved(tmp_path / "b.npz", np.stack([sketch, sketch]))).train
    np.testing.assert_array_equal(plain, [sketch, sketch])


def test_lists_and_arrays_of_python_numbers(tmp_path: Path) -> None:
    square = np.array([ONE.tolist(), ONE.tolist()], dtype=object)
    assert square.shape == (2, 3, 3)
    np.testing.assert_array_equal(read_npz(saved(tmp_path / "a.npz", square)).train, [ONE, ONE])
    rows = [[1, 2.5, False], (np.float32(3), np.int8(4), 1)]
    found = read_npz(saved(tmp_path / "b.npz", objects(rows, [ONE[0], ONE[1]], ONE))).train
    np.testing.assert_array_equal(found[0], [[1, 2.5, 0], [3, 4, 1]])
    np.testing.assert_array_equal(found[1], ONE[:2])


def test_plain_array_in_column_order(tmp_path: Path) -> None:
    plain = np.asfortranarray(np.stack([ONE, ONE + np.array([1, 1, 0])]))
    np.testing.assert_array_equal(read_npz(saved(tmp_path / "a.npz", plain)).train, plain)


@pytest.mark.parametrize(
    "item", ["text", {"a": 1}, 3, None, np.array(["x"]), objects("x"), [["x"]]]
)
def test_anything_but_numbers_is_refused(tmp_path: Path, item: object) -> None:
    with pytest.raises(SketchRNNError, match=r"a\.npz, train: .*not a stroke dataset"):
        read_npz(saved(tmp_path / "a.npz", objects(item)))


def allow(monkeypatch: pytest.MonkeyPatch, unpacked: Allowance) -> None:
    budget = BUDGETS["npz"]
    changed = replace(budget, units={**budget.units, BYTES: unpacked})
    monkeypatch.setitem(BUDGETS, "npz", changed)


def test_an_entry_of_absurd_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, Allowance(1000, 200))
    path = tmp_path / "bomb.npz"
    zeros = np.zeros((100, 1000, 3))
    np.savez_compressed(path, train=zeros, valid=zeros, test=zeros)
    with pytest.raises(SketchRNNError, match=r"bomb\.npz: train claims 2400128 bytes"):
        read_npz(path)


def test_entries_of_absurd_size_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, Allowance(1_000_000))
    zeros = np.zeros((10, 1000, 3))  # 240 kB
    np.savez_compressed(tmp_path / "few.npz", train=zeros, valid=zeros, test=zeros)
    assert len(read_npz(tmp_path / "few.npz").test) == 10
    more = np.zeros((20, 1000, 3))
    np.savez_compressed(tmp_path / "many.npz", train=more, valid=more, test=more)
    with pytest.raises(SketchRNNError, match=r"many\.npz: test claims 480128 bytes"):
        read_npz(tmp_path / "many.npz")


def test_files_cut_short(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.npz", objects(ONE)).read_bytes()
    cut = tmp_path / "cut.npz"
    for size in range(10, len(whole), 37):
        cut.write_bytes(whole[:size])
        with pytest.raises(SketchRNNError, match=r"cut\.npz: damaged or cut short"):
            read_npz(cut)


def test_changed_bytes_are_noticed(tmp_path: Path) -> None:
    content = bytearray(saved(tmp_path / "a.npz", objects(ONE)).read_bytes())
    content[300] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(SketchRNNError, match=r"a\.npz: train is damaged or cut short .*CRC"):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"x\.npz: not a \.npz file"),
        (b"<html>404: Not Found</html>", r"x\.npz: not a \.npz file"),
        (npy(b"", shape="(0,)"), r"x\.npz: a single \.npy array"),
    ],
)
def test_not_an_npz(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(SketchRNNError, match=message):
        read_npz(tmp_path / "x.npz")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SketchRNNError, match=r"none\.npz: cannot be read: No such file"):
        read_npz(tmp_path / "none.npz")


def test_a_missing_train_split(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", valid=ONE[None], tests=ONE[None])
    message = r"x\.npz: has no train in it, .* found: tests, valid; sketch-rnn data prepare "
    with pytest.raises(SketchRNNError, match=message):
        read_npz(tmp_path / "x.npz")


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (ONE, r"train is a int16 array of shape \(3, 3\), expected one \(n, 3\) array"),
        (np.array([["a"]]), "train is a <U1 array"),
        (np.zeros((1, 2, 3), complex), "train is a complex128 array"),
    ],
)
def test_plain_arrays_of_other_shapes(tmp_path: Path, train: np.ndarray, message: str) -> None:
    with pytest.raises(SketchRNNError, match=message):
        read_npz(saved(tmp_path / "x.npz", train))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (b"not an array", "train is not an array"),
        (npy(b"\x00" * 5, shape="(1, 2, 3)", descr="'<i2'"), "should have 12 bytes and has 5"),
        (npy(b"", shape="(99999999, 99999, 3)", descr="'<f8'"), "and has 0"),
        (npy(b"", shape="(0,)", descr="()"), "its header cannot be read"),
        (npy(b"", shape="(" + "-" * 9000 + "1,)", descr="'<f8'"), "train is not an array"),
        (npy(b"", shape="(" + "1+" * 4500 + "1,)", descr="'<f8'"), "train is not an array"),
        (npy(bytes(24), shape="(-1, -1, 3)", descr="'<f8'"), "an array of shape"),
        (npy(bytes(24), shape="(True, True, 3)", descr="'<f8'"), "an array of shape"),
        (npy(b"", shape="(" + "0," * 70 + ")", descr="'<f8'"), "an array of shape"),
        (npy(b"", shape=f"(0, {2**70})", descr="'<f8'"), "an array of shape"),
        (npy(b"", shape="(10000000, 0, 3)", descr="'<f8'"), r"more than 1,\d+,\d+ drawings"),
    ],
)
def test_broken_entries(tmp_path: Path, entry: bytes, message: str) -> None:
    path = zipped(tmp_path / "x.npz", train=entry, valid=entry, test=entry)
    with pytest.raises(SketchRNNError, match=message):
        read_npz(path)
