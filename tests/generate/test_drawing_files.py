"""Drawings that a user names, and files of drawings."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch_rnn.dataset.dataset import save_dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.files import (
    NamedSketch,
    beginning,
    encode_given,
    own_and_foreign,
    read_drawing,
    read_drawings,
    reconstruct_given,
    write_drawings,
)
from sketch_rnn.generate.latent import encode, reconstruct
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.generate.sampling import Samples, iter_samples, sample
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import Sketch

LINES = [[[0, 1], [2, 3]], [[7, 7], [9, 9]]]

PROFILE = DataProfile(
    scale=10, max_seq_len=20, typical_size=100, typical_spacing=10, sources=("sheep",)
)
LARGE = Sketch.from_polylines([[[0, 0], [900, 0], [900, 700]]])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def data_file(folder, zigzag):
    splits = [[zigzag.scaled(size + n) for n in range(3)] for size in (1, 4, 7)]
    save_dataset(folder / "zigzags.npz", *splits, dtype=np.float32)
    return "zigzags.npz"


def test_a_drawing_of_a_data_set(data_file, zigzag, profile):
    drawing = read_drawing(f"{data_file}:test/2")
    assert drawing.sketch == zigzag.scaled(9)
    assert drawing.name == "zigzags.npz:test/2"
    assert not drawing.needs_fit(profile)
    assert drawing.needs_fit(replace(profile, sources=("doodles",)))


def test_a_doodle(monkeypatch, zigzag, profile):
    from sketch_rnn.dataset.dataset import build_dataset

    calls = []

    def load(sources):
        calls.append(sources)
        return build_dataset([zigzag], [zigzag], [zigzag, zigzag.scaled(2)], name="doodles")

    monkeypatch.setattr("sketch_rnn.generate.files.load_dataset", load)
    first, second = read_drawings(["doodles/cat:test/0", "doodles/cat:test/1"])
    assert calls == [["doodles/cat"]]
    assert second.sketch == zigzag.scaled(2)
    assert not first.needs_fit(replace(profile, sources=("doodles",)))


def test_the_first_drawing_of_a_data_file(data_file, zigzag):
    assert read_drawing(data_file).sketch == zigzag


def test_an_svg_and_a_json_file(folder, profile):
    (folder / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" stroke="red"><path d="M0 1L2 3M7 7L9 9"/></svg>'
    )
    (folder / "b.json").write_text(json.dumps(LINES))
    for drawing in read_drawings(["a.svg", "b.json"]):
        assert [line.tolist() for line in drawing.sketch.polylines()] == LINES
        assert drawing.needs_fit(profile)


def test_one_of_several_in_a_json_file(folder):
    items = [{"polylines": LINES}, {"polylines": LINES[:1]}]
    (folder / "b.json").write_text(json.dumps(items))
    assert len(read_drawing("b.json").sketch) == 4
    assert len(read_drawing("b.json:1").sketch) == 2
    with pytest.raises(SketchRNNError, match=r"b\.json: has no drawing 2; it holds 2, counted"):
        read_drawing("b.json:2")


def test_a_file_whose_name_looks_like_a_place(folder):
    (folder / "c:1").write_text("")
    with pytest.raises(SketchRNNError, match="c:1: not a drawing; a drawing is a"):
        read_drawing("c:1")


@pytest.mark.parametrize("first_row", ["move", "line"])
def test_new_drawings_written_to_npz_are_read_again(folder, model, first_row):
    model.profile = replace(model.profile, first_row=first_row)
    samples = sample(model, 6, temperature=1.0)
    assert write_drawings("new.npz", [samples]).count == 6
    found = read_drawings([f"new.npz:train/{n}" for n in range(6) if len(samples.sketches[n])])
    assert [d.sketch for d in found] == [sketch for sketch in samples.sketches if len(sketch)]
    with pytest.raises(SketchRNNError, match="train sketch 6 does not exist; the split has 6, "):
        read_drawing("new.npz:train/6")


def test_new_drawings_written_to_json_are_read_again(folder, model):
    samples = sample(model, 3)
    write_drawings("new.json", [samples])
    for number, sketch in enumerate(samples.sketches):
        if len(sketch):
            found = read_drawing(f"new.json:{number}").sketch
            assert np.allclose(found.positions(), sketch.positions(), atol=2e-3)


def test_json_is_written_while_the_drawings_are_made(folder, model):
    def parts():
        for part in iter_samples(model, 6, temperature=1.0, batch_size=2):
            sizes.append(sum(path.stat().st_size for path in folder.glob(".many.json.*.tmp")))
            # More than a file keeps in memory before it writes.
            many = Samples(part.sketches * 200, np.tile(part.ended, 200))
            made.append(many)
            yield many

    made, sizes = [], []
    written = write_drawings("many.json", parts())
    assert sizes[0] == 0 < sizes[1] < sizes[2]
    assert (written.count, written.ended) == (1200, sum(part.ended.sum() for part in made))
    assert written.empty == sum(not len(sketch) for part in made for sketch in part.sketches)
    found = json.loads((folder / "many.json").read_text())
    assert [item["ended"] for item in found[:400]] == made[0].ended.tolist()


def test_no_drawings_are_an_empty_list(folder):
    assert write_drawings("none.json", []).count == 0
    assert json.loads((folder / "none.json").read_text()) == []


def test_drawings_with_and_without_a_place_are_written_with_one(folder, zigzag):
    line = replace(zigzag, first_row="line")
    write_drawings("mixed.npz", [Samples([zigzag, line], np.array([True, True]))])
    first, second = read_drawings(["mixed.npz:train/0", "mixed.npz:train/1"])
    assert first.sketch == zigzag
    for found, expected in zip(second.sketch.polylines(), line.polylines(), strict=True):
        assert np.allclose(found, expected)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("none.svg", r"no file none\.svg; a drawing is a file \(\.svg, \.svgz, .*\), or DATA:"),
        ("none.npz:test/1", r"no file none\.npz; give the path of a \.npz file, or a name"),
        ("zigzags.npz:test/3", r"zigzags\.npz:test/3: test sketch 3 does not exist; the split has"),
        ("zigzags.npz:prefix/0", r"zigzags\.npz:prefix/0: split 'prefix' must be one of train, "),
        ("zigzags.npz:5", r"zigzags\.npz:5: give the split too, as in zigzags\.npz:test/5"),
        ("zigzags.npz:test/x", r"no file zigzags\.npz:test/x; a drawing is"),
        ("none.json:0", r"none\.json: cannot be read: No such file"),
        (".", r"no file \.; a drawing is"),
        ("", r"no file ; a drawing is"),
        ("notes.txt", r"notes\.txt: not a drawing; a drawing is"),
        ("empty.json", r"empty\.json: nothing is drawn in it"),
    ],
)
def test_no_such_drawing(data_file, folder, argument, message):
    (folder / "notes.txt").write_text("hello")
    (folder / "empty.json").write_text("[]")
    with pytest.raises(SketchRNNError, match=message):
        read_drawing(argument)


def test_other_formats_are_not_written(folder, zigzag):
    samples = Samples([Sketch.from_polylines([])], np.array([True]))
    with pytest.raises(SketchRNNError, match=r"drawings are written as \.npz or \.json, not '\.g"):
        write_drawings("new.gif", [samples])


def drawing(source):
    return NamedSketch(LARGE, str(source), source)


def test_drawings_stay_in_order_and_only_those_from_elsewhere_are_fitted():
    drawings = [drawing(source) for source in ("sheep", "sheep", None, "cats", "sheep")]
    groups = [(fit, len(sketches)) for fit, sketches in own_and_foreign(drawings, PROFILE)]
    assert groups == [(False, 2), (True, 2), (False, 1)]


def test_encode_given(make_model):
    model = make_model(profile=PROFILE)
    z = encode_given(model, [drawing("sheep"), drawing(None)])
    own, foreign = (encode(model, [LARGE], fit=fit)[0] for fit in (False, True))
    assert not own.allclose(foreign)
    torch.testing.assert_close(z, torch.stack([own, foreign]))


def test_reconstruct_given(make_model):
    model = make_model(profile=PROFILE)
    options = DrawingOptions(seed=3, temperature=0.8)
    samples = reconstruct_given(model, [drawing("sheep"), drawing(None)], options)
    own, foreign = (reconstruct(model, [LARGE], options=options, fit=f) for f in (False, True))
    assert samples.sketches == own.sketches + foreign.sketches
    assert not torch.equal(own.z, foreign.z)


def test_beginning():
    assert beginning(drawing(None), None) == LARGE
    assert beginning(drawing(None), 2) == Sketch(LARGE.strokes[:2])


@pytest.mark.parametrize("rows", [0, 4, -1])
def test_beginning_with_more_rows_than_there_are(rows):
    with pytest.raises(SketchRNNError, match=rf"^rows={rows} must be 1 to 3, all of x$"):
        beginning(NamedSketch(LARGE, "x"), rows)
