"""Checks, clean-up with notes, and the measures of a dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sketch_rnn.dataset.cleaning import detect_first_row
from sketch_rnn.dataset.dataset import Dataset, build_dataset, load_dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.strokes import absolute_evidence

REAL = ("aaron_sheep", "omniglot", "short_kanji", "kanji.rdp100")


def scribbles(count: int, length: int = 6, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = np.zeros((count, length, 3), np.float32)
    rows[..., :2] = rng.normal(scale=10, size=(count, length, 2)).round()
    rows[:, -1, 2] = 1
    return list(rows)


def built(train: list[np.ndarray], **settings: object) -> Dataset:
    return build_dataset(train, scribbles(2), scribbles(2), **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def real(shared: Path) -> dict[str, Dataset]:
    return {name: load_dataset([str(shared / "data" / f"{name}.npz")]) for name in REAL}


def positions_of(store: Sketches) -> Sketches:
    """The drawings with absolute positions in the place of offsets."""
    sketches = [Sketch(store[i]) for i in range(len(store))]
    absolute = [np.column_stack([s.positions(), s.strokes[:, 2]]) for s in sketches]
    return Sketches.from_arrays(absolute)


def test_sheep(real: dict[str, Dataset]) -> None:
    sheep = real["aaron_sheep"]
    assert [len(sheep.split(name)) for name in ("train", "valid", "test")] == [7400, 300, 300]
    assert sheep.profile.max_seq_len == 250
    assert sheep.profile.scale == pytest.approx(18.5198, rel=1e-5)
    assert sheep.profile.labels == sheep.profile.sources == ("aaron_sheep",)
    assert sheep.notes == ()
    lengths = np.concatenate([sheep.split(s).lengths for s in ("train", "valid", "test")])
    assert lengths.mean() == pytest.approx(125, abs=0.5)


def test_the_longest_drawing_is_over_all_splits(real: dict[str, Dataset]) -> None:
    omniglot = real["omniglot"]
    assert omniglot.profile.max_seq_len == 157
    assert omniglot.train.lengths.max() == 143


@pytest.mark.parametrize(
    ("name", "first_row"),
    [
        ("aaron_sheep", "line"),
        ("omniglot", "move"),
        ("short_kanji", "line"),
        ("kanji.rdp100", "line"),
    ],
)
def test_first_rows_of_real_files(real: dict[str, Dataset], name: str, first_row: str) -> None:
    assert real[name].profile.first_row == first_row


@pytest.mark.parametrize("name", REAL)
def test_absolute_coordinates_of_real_files(real: dict[str, Dataset], name: str) -> None:
    train = real[name].train.select(range(2000))
    assert absolute_evidence(train) == "no"
    assert absolute_evidence(positions_of(train)) == "surely"
    centred = [rows - [100, 100, 0] for rows in positions_of(train)]
    assert absolute_evidence(Sketches.from_arrays(centred)) == "surely"


@pytest.mark.parametrize("name", ["aaron_sheep", "kanji.rdp100"])
def test_measures_of_real_files(real: dict[str, Dataset], name: str) -> None:
    first = [real[name].train[i] for i in range(500)]
    data = build_dataset(first, first, first, first_row=real[name].profile.first_row)
    boxes = [data.sketch("train", i).bounds() for i in range(500)]
    found = data.profile
    assert found.typical_size == pytest.approx(np.median([box.size for box in boxes]), rel=1e-5)
    corner = (np.median([box.left for box in boxes]), np.median([box.top for box in boxes]))
    assert found.typical_corner == pytest.approx(corner, rel=1e-5)


def test_first_rows_inside_a_box_or_around_a_centre_are_positions() -> None:
    rng = np.random.default_rng(0)
    sketches = scribbles(200, 12)
    lines = Sketches.from_arrays(sketches)
    assert detect_first_row(lines) == "line"
    for low, high in ((0, 255), (-200, 200)):
        placed = [np.vstack([[*rng.uniform(low, high, 2), 0], sketch]) for sketch in sketches]
        assert detect_first_row(Sketches.from_arrays(placed)) == "move"
    at_origin = [np.vstack([[0, 0, 0], sketch]) for sketch in sketches]
    assert detect_first_row(Sketches.from_arrays(at_origin)) == "move"


def test_measures() -> None:
    square = np.array([[10, 0, 0], [0, 20, 0], [-10, 0, 0], [0, -20, 1], [3, 4, 0], [0, 2, 1]])
    line = built([square], first_row="line").profile
    assert (line.typical_size, line.typical_corner, line.typical_spacing) == (20, (0, 0), 10)
    move = built([square + [[5, 7, 0]] * (np.arange(6) == 0)[:, None]], first_row="move").profile
    assert (move.typical_size, move.typical_corner, move.typical_spacing) == (20, (5, 7), 15)
    assert line.scale == pytest.approx(np.std(square[:, :2]))
    assert (line.max_seq_len, line.labels) == (6, ("drawings",))


def test_the_origin_belongs_to_a_drawing_whose_first_row_is_a_line() -> None:
    away = [np.array([[10, 20, 0], [5, 0, 1]])]
    line, move = (built(away, first_row=first_row).profile for first_row in ("line", "move"))
    assert (line.typical_corner, line.typical_size) == ((0, 0), 20)
    assert (move.typical_corner, move.typical_size) == ((10, 20), 5)


def test_over_long_drawings_are_dropped_and_counted() -> None:
    data = build_dataset(
        [*scribbles(3), *scribbles(2, 9)],
        [*scribbles(1), *scribbles(1, 30)],
        scribbles(2),
        max_seq_len=8,
        labels={"train": [0, 1, 0, 1, 1], "valid": [1, 0], "test": [0, 0]},
    )
    assert [len(data.train), len(data.valid), len(data.test)] == [3, 1, 2]
    assert data.train.labels.tolist() == [0, 1, 0]
    assert data.profile.max_seq_len == 6
    expected = "drawings: dropped 3 sketches (2 of 5 train, 1 of 2 valid) longer than 8 rows"
    assert data.notes == (expected,)


def test_without_a_limit_nothing_is_dropped() -> None:
    data = built([*scribbles(3), *scribbles(1, 400)])
    assert (len(data.train), data.profile.max_seq_len, data.notes) == (4, 400, ())


def test_empty_drawings_are_dropped_and_counted() -> None:
    data = built([*scribbles(3), np.zeros((0, 3)), np.array([])])
    assert len(data.train) == 3
    assert data.notes == ("drawings: dropped 2 sketches (2 of 5 train) without any row",)


def test_offsets_are_clamped_and_counted() -> None:
    wild = scribbles(3)
    wild[1][2, 0], wild[2][0, 1], wild[2][1, 1] = 5000, -1001, 1000
    data = built(wild)
    assert data.notes == ("drawings: 2 offsets beyond 1000 pixels were clamped to that",)
    assert data.train[1][2, 0] == 1000
    assert data.train[2][:2, 1].tolist() == [-1000, 1000]
    assert wild[1][2, 0] == 5000
    assert data.profile.scale == pytest.approx(np.std(data.train.rows[:, :2]), rel=1e-6)


def test_absolute_coordinates_are_refused() -> None:
    smooth = [np.column_stack([np.cumsum(s[:, :2], axis=0), s[:, 2]]) for s in scribbles(20, 40)]
    assert built(scribbles(20, 40)).notes == ()
    inside = [sketch + np.array([1000, 1000, 0]) for sketch in smooth]
    with pytest.raises(SketchRNNError, match=r"mine: .* hold positions, .* FILE --abs"):
        built(inside, name="mine")
    # One stroke a drawing and around the origin: they may as well be finely sampled offsets.
    (note,) = built(smooth, name="mine").notes
    assert note.startswith("mine: the first two columns may be positions")


def test_finely_sampled_offsets_are_not_taken_for_positions() -> None:
    """They change as little from row to row as positions do."""
    angles = np.linspace(0, 2 * np.pi, 50)
    circle = np.column_stack([np.diff(100 * np.cos(angles)), np.diff(100 * np.sin(angles))])
    stroke = np.column_stack([circle, np.arange(49) == 48])
    rng = np.random.default_rng(0)
    drawings = []
    for _ in range(20):
        travels = [[*rng.normal(0, 80, 2), 0] for _ in range(3)]
        drawings.append(np.vstack([part for travel in travels for part in (travel, stroke)]))
    assert absolute_evidence(Sketches.from_arrays(drawings)) == "no"


def test_drawings_of_dots_alone_are_not_taken_for_positions():
    """They have no line to compare the pen's travels with."""
    dots = [np.tile(np.float32([4, -2, 1]), (60, 1)) for _ in range(3)]
    assert absolute_evidence(Sketches.from_arrays(dots)) == "no"


def test_one_missing_split_is_taken_from_train() -> None:
    data = build_dataset(scribbles(40), [], scribbles(3), name="mine")
    assert [len(data.split(name)) for name in ("train", "valid", "test")] == [38, 2, 3]
    assert data.notes == ("mine: has no valid drawings; 2 taken from train at random",)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ([], r"drawings: the train split has no sketches; each of train, valid and test needs"),
        ([np.zeros((0, 3))], "the train split has no sketches"),
        ([np.array([[0, np.nan, 0]])], "^drawings: train sketch 0: row 0 has a NaN or infinite"),
        ([np.array([[0, 1, 7]])], "^drawings: train sketch 0: row 0 has pen value 7"),
        ([np.array([[0, 1]])], r"^drawings: train sketch 0: shape \(1, 2\), expected \(n, 3\)"),
        ([np.array([[1, 1, 0]])], "all training offsets are the same"),
    ],
)
def test_unusable_drawings(train: list[np.ndarray], message: str) -> None:
    with pytest.raises(SketchRNNError, match=message):
        built(train)


def test_a_limit_that_leaves_nothing() -> None:
    with pytest.raises(SketchRNNError, match="the train split has no sketches of 1 to 5 rows"):
        built(scribbles(3), max_seq_len=5)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"train": [0, 2], "valid": [0, 1], "test": [0, 1]}, "label number 2 with 2 label names"),
        ({"train": [0, -1], "valid": [0, 1], "test": [0, 1]}, "label number -1; labels count the"),
        ({"train": [0], "valid": [0, 1], "test": [0, 1]}, r"labels of shape \(1,\) for 2 sketches"),
    ],
)
def test_bad_labels(labels: dict[str, list[int]], message: str) -> None:
    with pytest.raises(SketchRNNError, match=message):
        built(scribbles(2), labels=labels, label_names=("a", "b"))
