"""Files of every kind, and folders of them, become drawings with labels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.formats import pieces_of, read_piece
from sketch_rnn.sources.options import ReadingOptions
from tiny import zigzags

LINES = [[[0, 0], [30, 0], [30, 40]], [[5, 5], [9, 9]]]
ROWS = Sketch.from_polylines([np.array(line) for line in LINES]).strokes
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg"><path stroke="red" d="M0 0L30 0L30 40M5 5L9 9"/></svg>'
)


def read(*paths, **options):
    reading = ReadingOptions(**options)
    return [chunk for piece in pieces_of(paths) for chunk in read_piece(piece, reading)]


def drawings_of(chunks):
    return [
        [line.tolist() for line in chunk.lines.drawing(index)]
        for chunk in chunks
        for index in range(len(chunk.lines))
    ]


def labels_of(chunks):
    return [label for chunk in chunks for label in chunk.labels]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", SVG),
        ("a.json", json.dumps(LINES)),
        ("b.json", json.dumps([LINES, LINES])),
        ("c.json", json.dumps([{"polylines": LINES, "label": "x"}])),
        ("d.json", json.dumps(ROWS.tolist())),
        ("e.json", json.dumps([ROWS.tolist(), ROWS.tolist()])),
        ("f.json", json.dumps(Sketch(ROWS).stroke5().tolist())),
        (
            "g.json",
            json.dumps({"drawing": [[*map(list, zip(*line, strict=True))] for line in LINES]}),
        ),
        ("a.csv", "x,y,stroke\n0,0,1\n30,0,1\n30,40,1\n5,5,2\n9,9,2\n"),
        ("b.csv", "0,0,1\n30,0,1\n30,40,1\n5,5,2\n9,9,2\n"),
        ("c.csv", "drawing,x,y,stroke\na,0,0,1\na,30,0,1\na,30,40,1\na,5,5,2\na,9,9,2\n"),
    ],
)
def test_each_form_holds_the_same_drawing(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    found = drawings_of(read(tmp_path / name))
    assert found
    assert all(drawing == LINES for drawing in found)


@pytest.mark.parametrize("kind", ["objects", "plain", "one", "stroke5", "dataset"])
def test_arrays(tmp_path, kind):
    path = tmp_path / "a.npy"
    several = np.empty(2, object)
    several[:] = [ROWS, ROWS[:3]]
    if kind == "dataset":
        path = tmp_path / "a.npz"
        write_npz(path, [ROWS], [ROWS], [ROWS], first_row="move")
    else:
        stroke5 = Sketch(ROWS).stroke5()
        arrays = {"objects": several, "plain": np.stack([ROWS, ROWS]), "one": ROWS}
        np.save(path, arrays.get(kind, stroke5), allow_pickle=True)
    chunks = read(path, first_row="move")
    assert drawings_of(chunks)[0] == LINES
    assert labels_of(chunks)[0] == "a"
    splits = ["train", "valid", "test"] if kind == "dataset" else [""]
    assert [split for chunk in chunks for split in chunk.splits][: len(splits)] == splits


def test_labels_of_a_data_set_come_along(tmp_path):
    labels = {"train": [1, 0], "valid": [1], "test": [0]}
    splits = ([ROWS, ROWS], [ROWS], [ROWS])
    write_npz(tmp_path / "a.npz", *splits, labels=labels, label_names=("cat", "dog"))
    assert labels_of(read(tmp_path / "a.npz")) == ["dog", "cat", "dog", "cat"]


def test_a_drawing_of_an_array_file_that_is_at_fault_is_named(tmp_path):
    drawings = np.empty(3, object)
    drawings[:] = [ROWS, ROWS * 2, np.zeros((0, 3))]
    np.save(tmp_path / "a.npy", drawings, allow_pickle=True)
    (chunk,) = read(tmp_path / "a.npy")
    assert len(chunk.lines) == 1
    assert chunk.num_empty == 1
    assert chunk.faults[0].startswith(f"{tmp_path / 'a.npy'}: drawing 1: row 2 has pen value 2")


def test_positions_in_place_of_offsets_are_refused_and_can_be_read(tmp_path):
    rng = np.random.default_rng(0)
    drawings = np.empty(10, object)
    for i in range(10):
        positions = np.cumsum(rng.normal(0, 5, (40, 2)), axis=0) + 120
        drawings[i] = np.column_stack([positions, np.arange(40) == 39])
    np.save(tmp_path / "a.npy", drawings, allow_pickle=True)
    (chunk,) = read(tmp_path / "a.npy")
    assert len(chunk.lines) == 0
    assert "the first two columns hold positions, not offsets" in chunk.faults[0]
    np.save(tmp_path / "few.npy", drawings[:1], allow_pickle=True)
    (chunk,) = read(tmp_path / "few.npy")
    assert len(chunk.lines) == 1
    assert chunk.notes[0].text.startswith("the first two columns may be positions")
    (chunk,) = read(tmp_path / "a.npy", absolute=True)
    assert chunk.notes == []
    assert np.allclose(chunk.lines.drawing(3)[0], drawings[3][:, :2], atol=1e-4)


def test_a_folder_is_read_in_order_and_what_is_unknown_in_it_left_aside(tmp_path):
    for name in ("birds/b.svg", "birds/a.svg", "cats/c.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(SVG)
    (tmp_path / "readme.txt").write_text("not a drawing")
    (tmp_path / ".hidden.svg").write_text("no")
    assert labels_of(read(tmp_path)) == ["birds", "birds", "cats"]
    assert labels_of(read(tmp_path, labels="file")) == ["a", "b", "c"]


def test_a_file_that_cannot_be_read_is_a_fault_and_the_rest_goes_on(tmp_path):
    (tmp_path / "a.svg").write_text("<svg")
    (tmp_path / "b.svg").write_text(SVG)
    (tmp_path / "c.npz").write_bytes(b"PK")
    chunks = read(tmp_path)
    assert drawings_of(chunks) == [LINES]
    faults = [fault for chunk in chunks for fault in chunk.faults]
    assert [fault.partition(": ")[0] for fault in faults] == [
        str(tmp_path / "a.svg"),
        str(tmp_path / "c.npz"),
    ]


def test_groups_of_an_svg_are_drawings_of_their_own(tmp_path):
    (tmp_path / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" stroke="red"><g id="one"><path d="M0 0L1 1"/>'
        '<path d="M2 2L3 3"/>'
        '</g><title>t</title><g/><path d="M5 5L6 6"/></svg>'
    )
    assert drawings_of(read(tmp_path / "a.svg", groups=True)) == [
        [[[0, 0], [1, 1]], [[2, 2], [3, 3]]],
        [[[5, 5], [6, 6]]],
    ]


def test_a_table_with_several_drawings_and_a_row_at_fault(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "x,y,stroke,drawing,label\n0,0,1,a,cat\n1,1,1,a,cat\n0,0,1,b,dog\n0,oops,1,b,dog\n"
        "2,2,1,c,dog\n3,3,1,c,dog\n"
    )
    (chunk,) = read(path)
    assert labels_of([chunk]) == ["cat", "dog"]
    expected = "expected columns x, y and perhaps stroke, pen_up or pen_down, drawing and label"
    assert chunk.faults[0].startswith(f"{path}:5: {expected}")
    assert chunk.faults[0].endswith("found '0,oops,1,b,dog'")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.svg", r"no file or folder .*none\.svg; give what is to be read"),
        ("a.txt", r"a\.txt: cannot be read; known are \.svg, "),
        ("empty", r"empty: no file in this folder ends in \.svg, "),
    ],
)
def test_inputs_that_cannot_be(tmp_path, name, message):
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SketchRNNError, match=message):
        pieces_of([tmp_path / name])


def test_invalid_options():
    with pytest.raises(SketchRNNError, match="fills='all' must be one of auto, outline, skip"):
        ReadingOptions(fills="all")


def test_a_pile_of_drawings_in_one_split_is_no_split(tmp_path):
    write_npz(tmp_path / "a.npz", zigzags(4, 0), [], [], dtype=np.float32)
    (chunk,) = read(tmp_path / "a.npz")
    assert chunk.splits == [""] * 4
