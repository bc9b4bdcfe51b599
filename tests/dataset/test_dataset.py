"""Where a dataset comes from: files, names, lists in memory, and several of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sketch_rnn.dataset import dataset as dataset_module
from sketch_rnn.dataset.dataset import Dataset, build_dataset, load_dataset, save_dataset
from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.doodles import DOODLES, KINDS
from sketch_rnn.sources.splits import SPLITS, Splits
from tiny import zigzags


def scribbles(count: int, length: int = 6, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = np.zeros((count, length, 3), np.float32)
    rows[..., :2] = rng.normal(scale=10, size=(count, length, 2)).round()
    rows[:, -1, 2] = 1
    return list(rows)


def built(train: list[np.ndarray], **settings: object) -> Dataset:
    return build_dataset(train, scribbles(2), scribbles(2), **settings)  # type: ignore[arg-type]


def test_stored_and_requested_meanings_of_row_0_win(tmp_path: Path) -> None:
    sketches = scribbles(50)
    assert built(sketches).profile.first_row == "line"
    save_dataset(tmp_path / "x.npz", sketches, sketches, sketches, first_row="move")
    assert load_dataset([tmp_path / "x.npz"]).profile.first_row == "move"
    asked = load_dataset([tmp_path / "x.npz"], first_row="line")
    assert asked.profile.first_row == asked.sketch("valid", 0).first_row == "line"


def test_errors_in_a_file_name_the_file(tmp_path: Path) -> None:
    bad = scribbles(2)
    bad[1][3, 0] = np.inf
    write_npz(tmp_path / "mine.npz", scribbles(2), bad, scribbles(2), dtype=np.float32)
    with pytest.raises(SketchRNNError, match=r"^mine: valid sketch 1: row 3 has a NaN"):
        load_dataset([tmp_path / "mine.npz"])


def test_several_sources_are_concatenated_split_by_split(tmp_path: Path) -> None:
    everywhere = {split: [0, 1] for split in ("train", "valid", "test")}
    pets, farm, plain = (scribbles(2, length) for length in (5, 6, 7))
    write_npz(
        tmp_path / "pets.npz", pets, pets, pets, labels=everywhere, label_names=["cat", "dog"]
    )
    write_npz(
        tmp_path / "farm.npz", farm, farm, farm, labels=everywhere, label_names=["cow", "cat"]
    )
    write_npz(tmp_path / "plain.npz", plain, plain, plain)
    paths = [tmp_path / f"{name}.npz" for name in ("pets", "farm", "plain")]
    data = load_dataset(paths)
    assert data.profile.labels == ("cat", "dog", "cow", "plain")
    assert data.profile.sources == ("pets", "farm", "plain")
    for split in ("train", "valid", "test"):
        assert data.split(split).labels.tolist() == [0, 1, 2, 0, 3, 3]
        assert data.split(split).lengths.tolist() == [5, 5, 6, 6, 7, 7]
    everything = np.concatenate([*pets, *farm, *plain])[:, :2]
    assert data.profile.scale == pytest.approx(np.std(everything), rel=1e-6)


def test_sources_that_differ_in_their_first_row_are_noted(tmp_path: Path) -> None:
    sketches = scribbles(2)
    for name, first_row in (("a", "move"), ("b", "line")):
        save_dataset(tmp_path / f"{name}.npz", sketches, sketches, sketches, first_row=first_row)  # type: ignore[arg-type]
    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    data = load_dataset(paths)
    assert data.profile.first_row == "move"
    expected = "the sources differ in what row 0 of a drawing means (a move, b line)"
    assert data.notes[0].startswith(expected)
    assert load_dataset(paths, first_row="line").notes == ()


@pytest.fixture
def few_doodles(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[str, ...], int]]:
    """Lets `doodles` draw a handful only; returns the list of what was asked for."""
    calls: list[tuple[tuple[str, ...], int]] = []
    full = dataset_module.make_doodles

    def few(kinds: tuple[str, ...], *, seed: int) -> Splits:
        calls.append((kinds, seed))
        return full(kinds, (24, 12, 12), seed)

    monkeypatch.setattr(dataset_module, "make_doodles", few)
    return calls


def test_doodles(few_doodles: list[tuple[tuple[str, ...], int]]) -> None:
    data = load_dataset("doodles", seed=3)
    assert few_doodles == [(DOODLES, 3)]
    assert data.profile.labels == DOODLES
    assert load_dataset(["doodles/all", "doodles/sun"]).profile.labels == KINDS
    assert (data.profile.first_row, data.profile.sources) == ("line", ("doodles",))
    assert data.notes == ()


def test_several_kinds_of_doodle_are_drawn_together(
    few_doodles: list[tuple[tuple[str, ...], int]], tmp_path: Path
) -> None:
    save_dataset(tmp_path / "x.npz", scribbles(2), scribbles(2), scribbles(2), first_row="line")
    data = load_dataset(["doodles/sun", str(tmp_path / "x.npz"), "doodles/cat", "doodles/sun"])
    assert few_doodles == [(("sun", "cat"), 0)]
    assert data.profile.labels == ("sun", "cat", "x")
    assert len(data.train) == 26
    assert data.train.labels[-2:].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("aron_sheep", r"no file aron_sheep \(did you mean aaron_sheep\?\); .*doodles/all, aaron"),
        (
            "nowhere/x.npz",
            r"no file nowhere/x\.npz; give the path of a \.npz file, or a name: dood",
        ),
        ("doodles/dragon", "dragon"),
    ],
)
def test_missing_sources(source: str, message: str) -> None:
    with pytest.raises(SketchRNNError, match=message):
        load_dataset([source])


def test_a_folder_is_not_a_source(tmp_path: Path) -> None:
    with pytest.raises(SketchRNNError, match=r"is a folder, not a store; .* data prepare .* --out"):
        load_dataset([tmp_path])


def test_no_source() -> None:
    with pytest.raises(SketchRNNError, match="no data given"):
        load_dataset([])


def test_splits_and_drawings_that_do_not_exist() -> None:
    data = built(scribbles(3))
    np.testing.assert_array_equal(data.sketch("train", 2).strokes, scribbles(3)[2])
    with pytest.raises(SketchRNNError, match="split='dev' must be one of train, valid, test"):
        data.split("dev")
    with pytest.raises(SketchRNNError, match="train sketch 3 does not exist; the split has 3"):
        data.sketch("train", 3)


def test_three_lists_become_a_file_in_one_call(tmp_path: Path) -> None:
    ragged = [Sketch(s, "line") for s in (*scribbles(2, 4), *scribbles(1, 9))]
    save_dataset(tmp_path / "mine.npz", ragged, ragged[:1], ragged[1:])
    data = load_dataset([tmp_path / "mine.npz"])
    assert (data.profile.first_row, data.profile.labels) == ("line", ("mine",))
    assert [len(data.train), len(data.valid), len(data.test)] == [3, 1, 2]
    assert data.sketch("train", 2) == ragged[2]


def test_a_file_with_labels_reads_back(tmp_path: Path) -> None:
    sketches = scribbles(2)
    labels = {split: [1, 0] for split in ("train", "valid", "test")}
    save_dataset(
        tmp_path / "x.npz", sketches, sketches, sketches, labels=labels, label_names=("a", "b")
    )
    data = load_dataset([tmp_path / "x.npz"])
    assert data.profile.labels == ("a", "b")
    assert data.valid.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            {"train": [0]},
            "labels need the class numbers of each of train, valid, test, by",
        ),
        ([0], "labels need the class numbers of each of train, valid, test, by"),
        ({"train": ["cat"]}, "labels are not whole numbers; names go into label_names"),
        ({"train": [0.5]}, "labels are not whole numbers; names go into label_names"),
    ],
)
def test_invalid_labels(tmp_path: Path, labels: object, message: str) -> None:
    ones = scribbles(1)
    with pytest.raises(SketchRNNError, match=rf"^x\.npz: {message}"):
        save_dataset(tmp_path / "x.npz", ones, ones, ones, labels=labels)  # type: ignore[arg-type]
    with pytest.raises(SketchRNNError, match=rf"^drawings: {message}"):
        built(ones, labels=labels)


@pytest.mark.parametrize("number", [2_000_000_000, 2**32])
def test_a_label_number_far_beyond_the_names_takes_no_memory(tmp_path: Path, number: int) -> None:
    ones, labels = scribbles(1), {split: np.array([number]) for split in SPLITS}
    with pytest.raises(SketchRNNError, match=r"^x\.npz: label number [\d,]+"):
        save_dataset(tmp_path / "x.npz", ones, ones, ones, labels=labels)
    named = {f"{split}_labels": array for split, array in labels.items()}
    np.savez(tmp_path / "y.npz", **dict.fromkeys(SPLITS, np.ones((1, 2, 3))), **named)
    with pytest.raises(SketchRNNError, match=r"y(\.npz)?: label number [\d,]+"):
        load_dataset([tmp_path / "y.npz"])


@pytest.mark.parametrize(("number", "message"), [(1, "1 with 1 label names"), (-1, "-1; labels")])
def test_a_class_without_a_name_is_not_written(tmp_path: Path, number: int, message: str) -> None:
    ones, labels = scribbles(1), {split: [number] for split in SPLITS}
    with pytest.raises(SketchRNNError, match=rf"^x\.npz: label number {message}"):
        save_dataset(tmp_path / "x.npz", ones, ones, ones, labels=labels, label_names=["cat"])
    assert not list(tmp_path.iterdir())


def test_one_source_needs_no_list(tmp_path: Path) -> None:
    save_dataset(tmp_path / "x.npz", scribbles(2), scribbles(1), scribbles(1))
    expected = load_dataset([tmp_path / "x.npz"]).fingerprint()
    for path in (tmp_path / "x.npz", str(tmp_path / "x.npz")):
        assert load_dataset(path).fingerprint() == expected


@pytest.mark.parametrize("name", ["mine", "mine.json"])
def test_a_dataset_is_a_npz_file(tmp_path: Path, name: str) -> None:
    message = rf"{name}: a dataset is written as \.npz; give the name .*{name}\.npz$"
    with pytest.raises(SketchRNNError, match=message):
        save_dataset(tmp_path / name, scribbles(1), scribbles(1), scribbles(1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ([], r"x\.npz: the train split has no sketches"),
        ([np.array([[0, 1]])], r"x\.npz: train sketch 0: shape \(1, 2\)"),
        ([np.array([[0, 1, 3]])], r"x\.npz: train sketch 0: row 0 has pen value 3"),
        (
            [Sketch([[1, 1, 1]], "line"), Sketch([[1, 1, 1]], "move")],
            r"x\.npz: the sketches differ in first_row",
        ),
    ],
)
def test_nothing_unusable_is_written(tmp_path: Path, train: list[np.ndarray], message: str) -> None:
    with pytest.raises(SketchRNNError, match=message):
        save_dataset(tmp_path / "x.npz", train, scribbles(1), scribbles(1))
    assert not list(tmp_path.iterdir())


def test_a_pile_of_drawings_is_divided_the_same_way_each_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "pile.npz"
    write_npz(path, zigzags(40, 0), [], [])
    first, second = load_dataset([path]), load_dataset([path])
    assert [len(first.split(split)) for split in SPLITS] == [36, 2, 2]
    assert first.notes == (
        "pile: has no valid and test drawings; 2 for each taken from train at random",
    )
    assert all(
        np.array_equal(first.split(split).rows, second.split(split).rows) for split in SPLITS
    )
    rows = {first.split(s)[i].tobytes() for s in SPLITS for i in range(len(first.split(s)))}
    assert len(rows) == 40


def test_files_of_drawings_are_sent_to_be_prepared(tmp_path):
    (tmp_path / "cat.ndjson.gz").write_text("x")
    message = r"sketch-rnn data prepare \S+cat\.ndjson\.gz --out cat\.npz$"
    with pytest.raises(SketchRNNError, match=message):
        load_dataset([tmp_path / "cat.ndjson.gz"])
