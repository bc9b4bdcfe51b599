"""The whole way from files to a dataset."""

from __future__ import annotations

import numpy as np
import pytest
from prepared_records import rows_of, same, scribbles, write_records

from sketch_rnn.dataset.dataset import load_dataset
from sketch_rnn.dataset.store import StoredSketches
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.preparation.drawings import prepare_dataset
from sketch_rnn.preparation.run import prepare_files
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.splits import SPLITS


def test_every_drawing_is_written_or_accounted_for(tmp_path, records):
    records.write_text(records.read_text() + '{"drawing": []}\n{"drawing": 3}\n')
    report = prepare_files([records], tmp_path / "out.npz")
    assert report.num_read == 69
    assert report.num_written == 60
    assert report.dropped == {
        "equal to an earlier drawing (--keep-duplicates keeps them)": 7,
        "without a point": 1,
        "that cannot be read": 1,
    }
    dataset = load_dataset([tmp_path / "out.npz"])
    assert [len(dataset.split(split)) for split in SPLITS] == [52, 4, 4]
    assert dataset.profile.labels == ("cat", "bus")
    assert dataset.profile.first_row == "line"
    assert dataset.profile.scale == pytest.approx(report.scale)
    text = report.text()
    assert "read     69 drawings" in text
    assert f"{records}:69: its 'drawing' is not a list of lines" in text
    assert "dropped  7 equal to an earlier drawing" in text
    assert "splits   52 train, 4 valid, 4 test; at random, each label on its own\n" in text
    assert "drawings or files that could not be read: 1; the first: " in report.warnings()[0]


def test_a_store_holds_the_same_as_a_file(tmp_path, records):
    prepare_files([records], tmp_path / "out.npz")
    prepare_files([records], tmp_path / "out")
    file, store = (load_dataset([tmp_path / name]) for name in ("out.npz", "out"))
    assert isinstance(store.train, StoredSketches)
    ones, others = rows_of(file), rows_of(store)
    assert all(same(ones[split], others[split]) for split in SPLITS)
    assert all(np.array_equal(file.split(s).labels, store.split(s).labels) for s in SPLITS)
    expected, found = file.profile.to_dict(), store.profile.to_dict()
    assert found.pop("scale") == pytest.approx(expected.pop("scale"), rel=1e-6)
    assert found == expected


def test_several_processes_write_the_same(tmp_path, records, monkeypatch):
    monkeypatch.setattr("sketch_rnn.sources.formats._PIECE_BYTES", 20_000)
    seen = []
    prepare_files([records], tmp_path / "a.npz", on_progress=lambda *p: seen.append(p))
    assert len(seen) > 2
    assert seen[-1] == (len(seen), len(seen))
    prepare_files([records], tmp_path / "b.npz", workers=2)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    monkeypatch.undo()
    prepare_files([records], tmp_path / "c.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "c.npz").read_bytes()


def test_nothing_but_the_result_is_left(tmp_path, records):
    prepare_files([records], tmp_path / "made" / "out")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["out"]
    with pytest.raises(SketchRNNError, match=r"out exists already; remove it"):
        prepare_files([records], tmp_path / "made" / "out")


def test_drawings_in_memory(tmp_path):
    drawings = scribbles(30)
    mixed = [
        *drawings[:10],
        *[Sketch.from_polylines(drawing) for drawing in drawings[10:20]],
        *[Sketch.from_polylines(drawing).strokes for drawing in drawings[20:]],
    ]
    dataset, report = prepare_dataset(mixed, labels=["a", "b"] * 15, epsilon=1)
    assert report.num_written == 30
    assert sorted(dataset.profile.labels) == ["a", "b"]
    assert len(dataset.train) == 26
    written, _ = prepare_dataset(drawings, tmp_path / "out.npz", epsilon=1)
    assert {r.tobytes() for r in rows_of(written)["test"]} == {
        r.tobytes() for r in rows_of(dataset)["test"]
    }
    with pytest.raises(SketchRNNError, match=r"^prepare: unknown 'epsilom' \(did you mean 'eps"):
        prepare_dataset(drawings, epsilom=1)
    message = r"^no drawing can be used: drawing 0: polylines is of type int, expected a list"
    with pytest.raises(SketchRNNError, match=message):
        prepare_dataset([5, 6, 7])
    with pytest.raises(SketchRNNError, match="1 labels for 30 drawings"):
        prepare_dataset(drawings, labels=["a"])


def test_filters_reach_the_reader(tmp_path, records):
    reading = ReadingOptions(words=("cat",))
    report = prepare_files([records], tmp_path / "out.npz", reading=reading)
    assert report.dropped["not chosen by --word, --country or --recognized"] == 33
    assert report.num_written == 30


def test_examples_keep_no_more_than_themselves(tmp_path):
    write_records(tmp_path / "in.ndjson", scribbles(60))
    report = prepare_files([tmp_path / "in.ndjson"], tmp_path / "out.npz")
    assert len(report.examples) == 24
    assert all(line.base is None for e in report.examples for line in [*e.before, *e.after])
