"""Reports, warnings and pictures of a preparation."""

from __future__ import annotations

import json

import numpy as np
import pytest
from prepared_records import scribbles, write_records

from sketch_rnn.dataset.dataset import load_dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.run import prepare_files
from sketch_rnn.preparation.sheets import before_and_after, contact_sheet
from sketch_rnn.preparation.survey import survey
from sketch_rnn.render import to_svg


def test_warnings_become_errors_and_nothing_is_written(tmp_path, records):
    records.write_text(records.read_text() + "{\n")
    with pytest.raises(SketchRNNError, match="an error because of --strict"):
        prepare_files([records], tmp_path / "out.npz", strict=True)
    with pytest.raises(SketchRNNError, match="because of --strict"):
        prepare_files([records], tmp_path / "out", strict=True)
    assert [path.name for path in tmp_path.iterdir()] == ["in.ndjson"]


def test_too_few_drawings(tmp_path):
    write_records(tmp_path / "in.ndjson", scribbles(2))
    with pytest.raises(SketchRNNError, match=r"too few drawings: .*, and of 2 read 2 were kept"):
        prepare_files([tmp_path / "in.ndjson"], tmp_path / "out.npz")
    with pytest.raises(SketchRNNError, match=r"drawings are written as \.npz, or into a folder"):
        prepare_files([tmp_path / "in.ndjson"], tmp_path / "out.json")


def test_a_giant_that_fixes_the_scale_and_long_drawings_are_warned_of(tmp_path):
    drawings = [*scribbles(30), [line * 100 for line in scribbles(1, 5)[0]]]
    write_records(tmp_path / "in.ndjson", drawings)
    options = PrepareOptions(box=0, epsilon=0, max_points=0)
    report = prepare_files([tmp_path / "in.ndjson"], tmp_path / "out.npz", options=options)
    assert any("one giant drawing fixes the scale of the 31" in w for w in report.warnings())
    long = [[np.cumsum(np.random.default_rng(i).normal(0, 9, (400, 2)), axis=0)] for i in range(5)]
    write_records(tmp_path / "in.ndjson", long)
    options = PrepareOptions(epsilon=0, max_points=0)
    report = prepare_files([tmp_path / "in.ndjson"], tmp_path / "long.npz", options=options)
    assert any("5 drawings are longer than 250 rows" in w for w in report.warnings())
    report = prepare_files([tmp_path / "in.ndjson"], tmp_path / "cut.npz")
    assert any("5 drawings were longer than 250 points" in w for w in report.warnings())


def test_pictures_and_numbers(tmp_path, records):
    report = prepare_files([records], tmp_path / "out.npz")
    picture = to_svg(before_and_after(report))
    assert "60 of 67 drawings kept" in picture
    assert "before" in picture
    dataset = load_dataset([tmp_path / "out.npz"])
    assert "out: 10 of 52 train drawings" in to_svg(contact_sheet(dataset, count=10))
    with pytest.raises(SketchRNNError, match="no label 'dog'; the labels are cat, bus"):
        contact_sheet(dataset, label="dog")
    found = dict(survey(dataset).rows)
    assert found["splits"] == "52 train, 4 valid, 4 test"
    assert found["labels"] == "2: cat 30, bus 30"
    assert found["scale"] == f"{dataset.profile.scale:.4f} pixels, as training would use it"


def test_files_of_other_kinds_are_counted_and_bitmaps_get_advice(tmp_path, records):
    folder = tmp_path / "in"
    folder.mkdir()
    records.rename(folder / "a.ndjson")
    for name in ("readme.txt", "b.TXT", "noend", ".hidden", "c.png"):
        (folder / name).write_text("x")
    report = prepare_files([folder], tmp_path / "a.npz")
    assert "left out 4 files of other kinds: 2 .txt, 1 " in report.text()
    assert report.warnings()[0].startswith("bitmaps that were left out: 1; bitmaps hold no lines")
    with pytest.raises(SketchRNNError, match=r"c\.png: cannot be read; .*; bitmaps hold no lines;"):
        prepare_files([folder / "c.png"], tmp_path / "b.npz")


def test_what_cannot_be_read_is_said_first(tmp_path):
    (tmp_path / "a.json").write_text('{"paths": []}')
    (tmp_path / "b.json").write_text("{")
    message = r"a\.json: an object with 'paths' in it; .* \(2 drawings or files like that\)$"
    with pytest.raises(SketchRNNError, match=message):
        prepare_files([tmp_path], tmp_path / "a.npz")


def test_a_note_about_many_files_is_one_line(tmp_path):
    for number in range(5):
        line = [[0, 0, 0.5], [9, number, 0.5], [5, 8, 0.5]]
        (tmp_path / f"{number}.json").write_text(json.dumps([line]))
    report = prepare_files([tmp_path], tmp_path / "a.npz")
    (note,) = report.warnings()
    assert note.startswith("5 files: points of more than two numbers; the first two are x and y")
    assert note.endswith(f"; the first: {tmp_path / '0.json'}")


def test_the_worst_outlying_strokes_are_named(tmp_path):
    square = [[[0, 9, 9, 0], [0, 0, 9, 9]]]
    drawings = [[*square, [[x, x], [4, 4 + i]]] for i, x in enumerate((40, 8, 400, 5, 70, 90))]
    lines = (json.dumps({"word": "a", "drawing": drawing}) for drawing in drawings)
    path = tmp_path / "in.ndjson"
    path.write_text("\n".join(lines))
    report = prepare_files([path], tmp_path / "out.npz")
    assert report.num_strays == 4
    (text,) = [text for text in report.warnings() if "outlying stroke" in text]
    worst = f"the worst: {path}:3 (44.4 times), {path}:6 (10 times), {path}:5 (7.78 times); remove"
    assert worst in text


def test_rows_are_named_by_their_place_among_all(tmp_path):
    square = [[0, 0, 0], [9, 0, 0], [0, 9, 0], [-9, 0, 1]]
    arrays = np.empty(6, object)
    arrays[:] = [np.array([*square, [5 + i, 0, 1], [1, 1, 1]]) for i in range(6)]
    arrays[4][4, 0] = 200
    arrays[1] = np.zeros((0, 3))
    np.save(tmp_path / "a.npy", arrays)
    report = prepare_files([tmp_path / "a.npy"], tmp_path / "out.npz")
    assert any(f"the worst: {tmp_path / 'a.npy'}: drawing 4 (" in w for w in report.warnings())


def test_a_file_that_cannot_be_read_is_said_before_too_few_drawings(tmp_path):
    write_records(tmp_path / "a.ndjson", scribbles(2))
    (tmp_path / "b.json").write_text('{"paths": []}')
    message = (
        r"b\.json: an object with 'paths' in it; .*; too few drawings: .* of 3 read 2 were kept"
    )
    with pytest.raises(SketchRNNError, match=message):
        prepare_files([tmp_path], tmp_path / "a.npz")


def test_a_folder_of_bitmaps_hears_that_they_must_be_traced(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"x")
    message = r"it holds 3 \.png; bitmaps that were left out: 3; bitmaps hold no lines; trace them"
    with pytest.raises(SketchRNNError, match=message):
        prepare_files([tmp_path], tmp_path / "a.npz")


def test_the_sheet_shows_what_was_left_out(tmp_path):
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90">'
    folder = tmp_path / "cat"
    folder.mkdir()
    page = '<rect width="90" height="90" fill="#ffe"/>'
    for number in range(4):
        line = f'<path d="M20 20 H70 V{40 + number}" fill="none" stroke="#000"/>'
        (folder / f"{number}.svg").write_text(f"{head}{page * (number == 1)}{line}</svg>")
    report = prepare_files([folder], tmp_path / "a.npz")
    (example,) = report.most_changed
    assert np.ptp(np.concatenate(example.left_out), axis=0).tolist() == [90, 90]
    # 360 of the 431 pixels of lines were the background's.
    assert example.change == pytest.approx(360 / 431, rel=1e-3)
    picture = before_and_after(report)
    assert [len(drawing.given) for drawing in picture.drawings][8:] == [1, 0]
    assert "1.svg: 84% of the lines gone" in to_svg(picture)
    left_out, kept = (
        drawn.points for drawn in (picture.drawings[8].given[0], picture.drawings[8].lines[0])
    )
    assert np.ptp(left_out, axis=0).max() == pytest.approx(
        1.8 * np.ptp(kept, axis=0).max(), rel=0.02
    )
