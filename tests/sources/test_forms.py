"""The forms in which programs write drawings as JSON, tables and arrays, each with its drawing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sketch_rnn.sources.formats import pieces_of, read_piece
from sketch_rnn.sources.options import ReadingOptions
from tiny import zigzags

LINES = [[[0, 0], [30, 0], [30, 40], [10, 40]], [[5, 5], [9, 9]]]
OTHER = [[[1, 1], [8, 2], [9, 30], [2, 31]], [[6, 5], [9, 8]]]


def read(path, **options):
    pieces = pieces_of([path])
    return [chunk for piece in pieces for chunk in read_piece(piece, ReadingOptions(**options))]


def lines_in(chunks):
    return [
        [line.tolist() for line in chunk.lines.drawing(index)]
        for chunk in chunks
        for index in range(len(chunk.lines))
    ]


def notes_in(chunks):
    return [note.text for chunk in chunks for note in chunk.notes]


def faults_in(chunks):
    return [fault for chunk in chunks for fault in chunk.faults]


def objects(lines, **more):
    return [[{"x": x, "y": y, **more} for x, y in line] for line in lines]


def columns(lines):
    return [[[x for x, _ in line], [y for _, y in line]] for line in lines]


def longer(lines, *more):
    return [[[x, y, *more] for x, y in line] for line in lines]


FORMS = {
    "points": [LINES, OTHER],
    "x and y": [objects(LINES), objects(OTHER)],
    "p5 vectors": [objects(LINES, z=0), objects(OTHER, z=0)],
    "polylines": [{"polylines": LINES}, {"polylines": OTHER}],
    "strokes": [{"strokes": LINES}, {"strokes": OTHER}],
    "strokes of x and y": [{"strokes": objects(LINES)}, {"strokes": objects(OTHER)}],
    "QuickDraw": [{"drawing": columns(LINES)}, {"drawing": columns(OTHER)}],
    "columns": [columns(LINES), columns(OTHER)],
    "an empty stroke": [{"drawing": [[], *columns(LINES)]}, [*OTHER, []]],
}


@pytest.mark.parametrize("name", FORMS)
def test_several_drawings_in_a_json_file(tmp_path, name):
    (tmp_path / "a.json").write_text(json.dumps(FORMS[name]))
    chunks = read(tmp_path / "a.json")
    assert (lines_in(chunks), notes_in(chunks), faults_in(chunks)) == ([LINES, OTHER], [], [])


@pytest.mark.parametrize("name", [name for name in FORMS if name != "columns"])
def test_the_same_a_line_each_and_all_in_one_line(tmp_path, name):
    """Lines of lists of numbers that may be columns are points; only a whole file decides that."""
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, FORMS[name])))
    (tmp_path / "b.ndjson").write_text(json.dumps(FORMS[name]))
    for path in ("a.ndjson", "b.ndjson"):
        chunks = read(tmp_path / path)
        assert (lines_in(chunks), faults_in(chunks)) == ([LINES, OTHER], []), path


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        objects(LINES),
        {"polylines": LINES},
        {"strokes": LINES, "label": "x"},
        [{"points": line, "penColor": "black"} for line in objects(LINES, time=1.5, pressure=0.5)],
    ],
)
def test_one_drawing_in_a_json_file(tmp_path, content):
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert lines_in(read(tmp_path / "a.json")) == [LINES]


def test_one_line_is_a_drawing(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(LINES[0]))
    assert lines_in(read(tmp_path / "a.json")) == [LINES[:1]]


@pytest.mark.parametrize("more", [(0.5,), (1,), (0,), (0.25, 1700000000)])
def test_pressure_and_time_are_left_out_with_a_note(tmp_path, more):
    """Also where the pressure is 1 throughout, which is no pen state."""
    for name, content in (("a", longer(LINES, *more)), ("b", {"strokes": longer(LINES, *more)})):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
        chunks = read(tmp_path / f"{name}.json")
        assert lines_in(chunks) == [LINES]
        (note,) = notes_in(chunks)
        assert note.startswith("points of more than two numbers; the first two are x and y")


def test_stroke_rows_are_still_several_drawings(tmp_path):
    rows = [[[3, 4, 0], [5, -4, 1], [5, 5, 1]], [[1, 1, 0], [0, -9, 1]]]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    assert lines_in(read(tmp_path / "a.json")) == [
        [[[3, 4], [8, 0]], [[13, 5]]],
        [[[1, 1], [1, -8]]],
    ]


def test_strokes_as_ml5_gives_them(tmp_path):
    steps = [(3, 4, "down"), (5, -4, "up"), (5, 5, "down"), (0, 0, "end")]
    content = [{"dx": dx, "dy": dy, "pen": pen} for dx, dy, pen in steps]
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert lines_in(read(tmp_path / "a.json")) == [[[[3, 4], [8, 0]], [[13, 5]]]]


def test_an_object_of_other_keys_says_which(tmp_path):
    (tmp_path / "a.json").write_text('[{"paths": [], "name": "x"}]')
    (fault,) = faults_in(read(tmp_path / "a.json"))
    assert "an object with 'paths', 'name' in it; expected lines [[[x, y]" in fault


TABLES = {
    "stroke": "x,y,stroke,drawing\n"
    + "".join(
        f"{x},{y},{s},{d}\n"
        for d, drawing in enumerate((LINES, OTHER))
        for s, line in enumerate(drawing)
        for x, y in line
    ),
    "lifted after": "x,y,pen_up,drawing\n"
    + "".join(
        f"{x},{y},{int(i == len(line) - 1)},{d}\n"
        for d, drawing in enumerate((LINES, OTHER))
        for line in drawing
        for i, (x, y) in enumerate(line)
    ),
    "up on the way": "drawing, Pen_Down ,x,y\n"
    + "".join(
        f"{d},{int(i > 0)},{x},{y}\n"
        for d, drawing in enumerate((LINES, OTHER))
        for line in drawing
        for i, (x, y) in enumerate(line)
    ),
    "interleaved": "x,y,stroke,drawing\n"
    + "".join(
        f"{x},{y},{s},{d}\n"
        for s in (0, 1)
        for d, drawing in enumerate((LINES, OTHER))
        for x, y in drawing[s]
    ),
    "QuickDraw": "key_id,drawing,word\n"
    + "".join(f'{n},"{columns(drawing)}",wave\n' for n, drawing in enumerate((LINES, OTHER))),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(tmp_path, name):
    (tmp_path / "a.csv").write_text(TABLES[name])
    chunks = read(tmp_path / "a.csv")
    assert (lines_in(chunks), notes_in(chunks), faults_in(chunks)) == ([LINES, OTHER], [], [])
    assert {label for chunk in chunks for label in chunk.labels} == {
        "wave" if name == "QuickDraw" else "a"
    }


def test_records_of_a_table_are_selected(tmp_path):
    text = "countrycode,drawing,recognized,word\n"
    text += f'DE,"{columns(LINES)}",True,a\nUS,"{columns(OTHER)}",False,b\nUS,[,True,c\n'
    (tmp_path / "a.csv").write_text(text)
    assert lines_in(read(tmp_path / "a.csv", recognized=True)) == [LINES]
    assert lines_in(read(tmp_path / "a.csv", countries=("US",))) == [OTHER]
    (fault,) = faults_in(read(tmp_path / "a.csv"))
    assert fault.startswith(f"{tmp_path / 'a.csv'}:4: its drawing is not JSON")


def test_columns_that_are_not_used_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("t,x,y,pressure\n1,2,3,0.5\n2,4,5,0.5\n")
    chunks = read(tmp_path / "a.csv")
    assert lines_in(chunks) == [[[[2, 3], [4, 5]]]]
    assert notes_in(chunks) == ["columns that are not used: t, pressure"]


def test_points_over_which_the_pen_only_passes_are_not_drawn(tmp_path):
    (tmp_path / "a.csv").write_text("x,y,pen_up\n0,0,1\n9,9,0\n5,5,1\n6,6,1\n7,7,1\n8,8,0\n")
    assert lines_in(read(tmp_path / "a.csv")) == [[[[0, 0], [9, 9]], [[7, 7], [8, 8]]]]


@pytest.mark.parametrize("name", ["val", "validation"])
def test_another_name_of_the_validation_split(tmp_path, name):
    parts = {"train": 9, name: 3, "test": 2}
    save_objects(tmp_path / "a.npz", {split: zigzags(n, n) for split, n in parts.items()})
    (chunk,) = read(tmp_path / "a.npz")
    assert chunk.splits == ["train"] * 9 + ["valid"] * 3 + ["test"] * 2
    assert chunk.notes == []


def test_a_missing_split_is_taken_from_train_and_the_other_stays(tmp_path):
    save_objects(tmp_path / "a.npz", {"train": zigzags(40, 1), "test": zigzags(7, 2)})
    (chunk,) = read(tmp_path / "a.npz")
    assert chunk.splits[40:] == ["test"] * 7
    assert sorted(chunk.splits[:40]) == ["train"] * 38 + ["valid"] * 2
    assert notes_in([chunk]) == ["no valid drawings; 2 taken from train at random"]


def test_arrays_that_are_no_drawings_are_left_out_by_name(tmp_path):
    others = {"y": np.zeros(5, int), "mean": np.float64(3), "names": np.array(["a"])}
    save_objects(tmp_path / "a.npz", {"x": zigzags(5, 1)}, **others)
    (chunk,) = read(tmp_path / "a.npz")
    assert len(chunk.lines) == 5
    assert notes_in([chunk]) == ["arrays without drawings, which are not used: y, mean, names"]
    np.savez(tmp_path / "b.npz", **others)
    (fault,) = faults_in(read(tmp_path / "b.npz"))
    assert fault.endswith("none of its arrays holds drawings: y, mean, names")


def test_a_fault_of_a_single_array_names_the_file_alone(tmp_path):
    np.save(tmp_path / "dict.npy", {"train": 3}, allow_pickle=True)
    (fault,) = faults_in(read(tmp_path / "dict.npy"))
    assert fault.startswith(f"{tmp_path / 'dict.npy'}: cannot be read as arrays of numbers (")


def save_objects(path, drawings, **others):
    arrays = {}
    for name, sketches in drawings.items():
        arrays[name] = np.empty(len(sketches), object)
        arrays[name][:] = [np.rint(sketch) for sketch in sketches]
    np.savez(path, **arrays, **others)
