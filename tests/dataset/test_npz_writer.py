"""What is written is what the original reads, whole or not at all."""

from __future__ import annotations

import io
import os
import pickletools
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.npz import read_npz

ONE = np.array([[1, -2, 0], [300, 4, 0], [-5, 0, 1]], np.int16)
TWO = np.array([[7, 7, 1], [0, -1, 0]], np.int16)


@pytest.mark.parametrize("encoding", ["ASCII", "latin1"])
def test_the_original_reads_what_is_written(tmp_path: Path, encoding: str) -> None:
    write_npz(tmp_path / "x.npz", [ONE, TWO], [TWO], [ONE])
    with np.load(tmp_path / "x.npz", allow_pickle=True, encoding=encoding) as found:
        assert found["train"].shape == (2,)
        assert found["train"].dtype == object
        assert found["train"][0].dtype == np.int16
        np.testing.assert_array_equal(found["train"][0], ONE)
        np.testing.assert_array_equal(found["valid"][0], TWO)


def test_equal_lengths_still_make_an_object_array(tmp_path: Path) -> None:
    write_npz(tmp_path / "x.npz", [ONE, ONE], [ONE], [ONE])
    with np.load(tmp_path / "x.npz", allow_pickle=True) as found:
        assert found["train"].shape == (2,)
        assert found["valid"].shape == (1,)


def test_old_python_and_numpy_can_load_what_is_written(tmp_path: Path) -> None:
    write_npz(tmp_path / "x.npz", [ONE, TWO], [TWO], [ONE])
    with zipfile.ZipFile(tmp_path / "x.npz") as file:
        stream = io.BytesIO(file.read("train.npy"))
    np.lib.format.read_magic(stream)
    np.lib.format.read_array_header_1_0(stream)
    operations = list(pickletools.genops(stream.read()))
    assert max(operation.proto for operation, _, _ in operations) == 2
    imports = {argument for operation, argument, _ in operations if operation.name == "GLOBAL"}
    assert imports == {
        "numpy.core.multiarray _reconstruct",
        "numpy ndarray",
        "numpy dtype",
        "_codecs encode",
    }


def test_written_files_read_back_with_labels(tmp_path: Path) -> None:
    labels = {"train": [1, 0], "valid": [0], "test": [1]}
    path = tmp_path / "x.npz"
    write_npz(
        path, [ONE, TWO], [TWO], [ONE], labels=labels, label_names=["cat", "猫"], first_row="line"
    )
    raw = read_npz(path)
    assert (raw.label_names, raw.first_row, raw.name) == (("cat", "猫"), "line", "x")
    assert {split: part.labels.tolist() for split, part in raw.by_name().items()} == labels
    np.testing.assert_array_equal(raw.train[1], TWO)


def test_labels_that_do_not_match_the_sketches(tmp_path: Path) -> None:
    labels = {"train": [1, 0], "valid": [0], "test": [1]}
    write_npz(tmp_path / "x.npz", [ONE], [TWO], [ONE], labels=labels)
    with pytest.raises(SketchRNNError, match=r"train_labels has shape \(2,\), expected .* 1 sketc"):
        read_npz(tmp_path / "x.npz")


def test_an_unknown_first_row_in_a_file(tmp_path: Path) -> None:
    write_npz(tmp_path / "x.npz", [ONE], [ONE], [ONE], first_row="jump")  # type: ignore[arg-type]
    with pytest.raises(SketchRNNError, match="first_row is 'jump'"):
        read_npz(tmp_path / "x.npz")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_types_keep_the_values(tmp_path: Path, dtype: type) -> None:
    sketch = np.array([[0.5, 0.25, 0], [-1.75, 3, 1]], np.float32)
    write_npz(tmp_path / "x.npz", [sketch], [sketch], [sketch], dtype=dtype)
    with np.load(tmp_path / "x.npz", allow_pickle=True) as judge:
        found = judge["train"][0]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, sketch)


def test_rounding_does_not_drift(tmp_path: Path) -> None:
    sketch = np.tile([1.4, -0.7, 0], (200, 1)).astype(np.float32)
    write_npz(tmp_path / "x.npz", [sketch], [sketch], [sketch])
    with np.load(tmp_path / "x.npz", allow_pickle=True) as judge:
        found = judge["train"][0]
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, Sketch(sketch).rounded().strokes)
    drift = np.abs(np.cumsum(found, axis=0) - np.cumsum(sketch, axis=0, dtype=np.float64))
    assert drift.max() < 0.51
    assert np.abs(np.cumsum(np.rint(sketch), axis=0)[-1] - np.cumsum(sketch, axis=0)[-1]).max() > 50


@pytest.mark.parametrize(
    ("dtype", "offset", "message"),
    [
        (np.int16, 40000, r"valid sketch 1 has offsets from 0 to 40000, beyond int16 \(-32768"),
        (np.int8, -200, r"offsets from -200 to 2, beyond int8 .*pass another dtype"),
        (np.uint8, -1, "beyond uint8"),
    ],
)
def test_offsets_beyond_the_type(tmp_path: Path, dtype: type, offset: int, message: str) -> None:
    good = np.array([[1, 2, 0], [0, 1, 1]], np.float32)
    bad = np.array([[1, 2, 0], [offset, 1, 1]], np.float32)
    with pytest.raises(SketchRNNError, match=message):
        write_npz(tmp_path / "x.npz", [good], [good, bad], [good], dtype=dtype)
    assert list(tmp_path.iterdir()) == []


def test_rounding_away_a_tiny_drawing_is_refused(tmp_path: Path) -> None:
    tiny = np.array([[0.01, 0.02, 0], [0.1, 0.3, 1]], np.float32)
    with pytest.raises(SketchRNNError, match=r"train: half of the offsets are below 0\.16 pixels"):
        write_npz(tmp_path / "x.npz", [tiny], [ONE], [ONE])


def test_types_without_numbers(tmp_path: Path) -> None:
    with pytest.raises(SketchRNNError, match="must be an integer or float type"):
        write_npz(tmp_path / "x.npz", [ONE], [ONE], [ONE], dtype=np.complex64)


def test_writing_is_deterministic_and_leaves_nothing_behind(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        write_npz(tmp_path / name, [ONE, TWO], [TWO], [ONE], first_row="move")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(b"old")

    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(SketchRNNError, match="cannot be written: No space left"):
        write_npz(path, [ONE], [ONE], [ONE])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_npz(tmp_path / "new" / "folder" / "x.npz", [ONE], [ONE], [ONE])
    assert len(read_npz(tmp_path / "new" / "folder" / "x.npz").train) == 1


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SketchRNNError, match="cannot be written: "):
        write_npz(tmp_path / "file" / "x.npz", [ONE], [ONE], [ONE])


OFFSETS = st.integers(1, 40).flatmap(lambda n: arrays(np.int16, (n, 2)))
FLOATS = st.integers(1, 40).flatmap(
    lambda n: arrays(np.float32, (n, 2), elements=st.floats(-300, 300, width=32))
)


def sketches_of(offsets: list[np.ndarray]) -> list[np.ndarray]:
    return [np.column_stack([part, np.arange(len(part)) % 3 == 0]) for part in offsets]


@given(st.lists(OFFSETS, min_size=1, max_size=4))
def test_any_whole_drawing_survives_int16_exactly(offsets: list[np.ndarray]) -> None:
    sketches = sketches_of([np.vstack([part, [[2, 3]]]) for part in offsets])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.npz"
        write_npz(path, sketches, [], [])
        found = read_npz(path).train
    assert len(found) == len(sketches)
    assert all(map(np.array_equal, found, sketches))


@given(st.lists(FLOATS, min_size=1, max_size=4))
def test_any_drawing_ends_where_it_ended(offsets: list[np.ndarray]) -> None:
    sketches = sketches_of([np.vstack([part, [[20, 30]]]) for part in offsets])
    sizes = np.abs(np.concatenate(sketches)[:, :2]).max(axis=1)
    assume(np.median(sizes[sizes > 0]) >= 0.5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.npz"
        write_npz(path, sketches, [], [])
        found = read_npz(path).train
    for before, after in zip(sketches, found, strict=True):
        gap = np.abs(before[:, :2].cumsum(axis=0) - after[:, :2].cumsum(axis=0, dtype=np.int64))
        assert gap.max() <= 0.501
        assert np.array_equal(before[:, 2], after[:, 2])
