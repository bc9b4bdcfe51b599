"""The whole way from files to a data set."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sketch_rnn.dataset.dataset import load_dataset
from sketch_rnn.dataset.store import StoredSketches
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.preparation.drawings import prepare_dataset
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.run import prepare_files
from sketch_rnn.preparation.sheets import before_and_after, contact_sheet
from sketch_rnn.preparation.splitting import SplitRule, first_of_each
from sketch_rnn.preparation.survey import survey
from sketch_rnn.render import to_svg
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.splits import SPLITS


def scribble(rng):
    """Returns a drawing of a few wandering strokes."""
    return [
        np.cumsum(rng.normal(0, 9, (int(rng.integers(4, 30)), 2)), axis=0) + rng.uniform(0, 90, 2)
        for _ in range(int(rng.integers(1, 5)))
    ]


def scribbles(count, seed=0):
    rng = np.random.default_rng(seed)
    return [scribble(rng) for _ in range(count)]


def write_records(path, drawings, words=("cat", "bus")):
    lines = (
        json.dumps(
            {"word": words[i % len(words)], "drawing": [line.T.tolist() for line in drawing]}
        )
        for i, drawing in enumerate(drawings)
    )
    path.write_text("\n".join(lines) + "\n")


def rows_of(dataset):
    stores = {split: dataset.split(split) for split in SPLITS}
    return {split: [store[i] for i in range(len(store))] for split, store in stores.items()}


def same(ones, others):
    return len(ones) == len(others) and all(map(np.array_equal, ones, others))


@pytest.fixture
def records(tmp_path):
    drawings = scribbles(60)
    write_records(tmp_path / "in.ndjson", [*drawings, *drawings[:7]])
    return tmp_path / "in.ndjson"


def test_every_drawing_is_written_or_accounted_for(tmp_path, records):
    records.write_text(records.read_text() + '{"drawing": []}\n{"drawing": 3}\n')
    report = prepare_files([records], tmp_path / "out.npz")
    assert report.num_read == 69
    assert report.num_written == 60
    assert report.dropped == {
        "the same as another": 7,
        "without any point": 1,
        "could not be read": 1,
    }
    dataset = load_dataset([tmp_path / "out.npz"])
    assert [len(dataset.split(split)) for split in SPLITS] == [52, 4, 4]
    assert dataset.profile.labels == ("cat", "bus")
    assert dataset.profile.first_row == "line"
    assert dataset.profile.scale == pytest.approx(report.scale)
    text = report.text()
    assert "read     69 drawings" in text
    assert f"{records}:69: its 'drawing' is not a list of lines" in text
    assert "dropped  7 the same as another" in text
    assert "splits   52 train, 4 valid, 4 test" in text
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


def test_splits_do_not_depend_on_order_or_company_and_share_nothing(tmp_path, records):
    drawings = scribbles(60)
    write_records(tmp_path / "other.ndjson", drawings[::-1])
    prepare_files([records], tmp_path / "a.npz")
    prepare_files([tmp_path / "other.ndjson"], tmp_path / "b.npz")
    ones, others = (
        {s: {r.tobytes() for r in rows} for s, rows in rows_of(load_dataset([p])).items()}
        for p in (tmp_path / "a.npz", tmp_path / "b.npz")
    )
    assert ones == others
    assert not ones["train"] & ones["valid"]
    assert not ones["train"] & ones["test"]
    assert not ones["valid"] & ones["test"]
    prepare_files([records], tmp_path / "c.npz", options=PrepareOptions(seed=1))
    again = rows_of(load_dataset([tmp_path / "c.npz"]))
    assert {r.tobytes() for r in again["test"]} != ones["test"]


def test_parts_of_one_drawing_are_in_one_split(tmp_path):
    write_records(tmp_path / "in.ndjson", scribbles(40), words=("a",))
    options = PrepareOptions(epsilon=0, max_points=10, long="split", valid=0.3, test=0.3)
    report = prepare_files([tmp_path / "in.ndjson"], tmp_path / "out.npz", options=options)
    assert report.num_written > 80
    assert report.num_cut == report.num_written - 40
    whole = prepare_files(
        [tmp_path / "in.ndjson"],
        tmp_path / "whole.npz",
        options=PrepareOptions(epsilon=0, max_points=0, valid=0.3, test=0.3),
    )
    assert whole.measures.splits == {"train": 16, "valid": 12, "test": 12}


def test_given_splits_are_kept_unless_they_are_made_again(tmp_path, records):
    prepare_files([records], tmp_path / "a.npz")
    prepare_files([tmp_path / "a.npz"], tmp_path / "b.npz", options=PrepareOptions(epsilon=0))
    again = PrepareOptions(epsilon=0, resplit=True, seed=9)
    prepare_files([tmp_path / "a.npz"], tmp_path / "c.npz", options=again)
    a, b, c = (rows_of(load_dataset([tmp_path / f"{n}.npz"])) for n in "abc")
    assert all(same(a[split], b[split]) for split in SPLITS)
    assert not same(a["test"], c["test"])


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
    with pytest.raises(SketchRNNError, match="no label dog; there are cat, bus"):
        contact_sheet(dataset, label="dog")
    found = dict(survey(dataset).rows)
    assert found["splits"] == "52 train, 4 valid, 4 test"
    assert found["labels"] == "2: cat 30, bus 30"
    assert found["scale"] == f"{dataset.profile.scale:.4f} pixels, as training would use it"


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
    assert report.dropped["left out by a filter"] == 33
    assert report.num_written == 30


def test_the_first_of_equal_drawings_is_kept(monkeypatch):
    rng = np.random.default_rng(3)
    parts = [rng.integers(0, 50, n).astype(np.uint64) for n in (40, 0, 60)]
    everything = np.concatenate(parts)
    expected = np.zeros(100, bool)
    expected[np.unique(everything, return_index=True)[1]] = True
    assert np.array_equal(first_of_each(parts), expected)
    monkeypatch.setattr("sketch_rnn.preparation.splitting.MOST_COUNTED", 9)
    assert np.array_equal(first_of_each(parts), expected)


def test_splits_of_very_many_drawings_are_as_large_as_asked():
    keys = np.random.default_rng(4).integers(0, 2**63, 20_000).astype(np.uint64)
    exact = np.bincount(SplitRule([keys], 0.1, 0.05, 7).splits(keys))
    assert exact.tolist() == [17_000, 2000, 1000]
    about = np.bincount(SplitRule(None, 0.1, 0.05, 7).splits(keys))
    assert np.allclose(about, exact, atol=200)


def test_examples_keep_no_more_than_themselves(tmp_path):
    write_records(tmp_path / "in.ndjson", scribbles(60))
    report = prepare_files([tmp_path / "in.ndjson"], tmp_path / "out.npz")
    assert len(report.examples) == 24
    assert all(line.base is None for e in report.examples for line in [*e.before, *e.after])


def test_a_cap_keeps_the_first_drawings_of_each_label(tmp_path):
    drawings = scribbles(60)
    # Cats come twice as often; the first one is a duplicate of the second.
    write_records(tmp_path / "in.ndjson", [drawings[0], *drawings], words=("cat", "cat", "bus"))
    report = prepare_files([tmp_path / "in.ndjson"], tmp_path / "all.npz")
    assert report.num_written == 60
    capped = prepare_files(
        [tmp_path / "in.ndjson"], tmp_path / "out.npz", options=PrepareOptions(per_label=7)
    )
    assert capped.measures.labels == {"cat": 7, "bus": 7}
    assert capped.dropped["beyond the number for its label"] == 46
    given = PrepareOptions(per_label=7, keep_duplicates=True)
    twice = prepare_files([tmp_path / "in.ndjson"], tmp_path / "twice.npz", options=given)
    assert twice.measures.labels == {"cat": 7, "bus": 7}


def test_each_label_can_be_split_on_its_own(tmp_path):
    write_records(tmp_path / "in.ndjson", scribbles(120), words=("cat", "bus", "sun"))
    options = PrepareOptions(split_labels=True, valid=0.1, test=0.05)
    for workers, out in ((1, "out.npz"), (1, "store")):
        prepare_files([tmp_path / "in.ndjson"], tmp_path / out, options=options, workers=workers)
        found = load_dataset(tmp_path / out)
        counts = {s: np.bincount(found.split(s).labels).tolist() for s in SPLITS}
        assert counts == {"train": [34] * 3, "valid": [4] * 3, "test": [2] * 3}


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


def test_labels_without_test_drawings_are_named(tmp_path):
    rng = np.random.default_rng(0)
    lines = [
        json.dumps({"word": word, "drawing": rng.integers(0, 255, (1, 2, 9)).tolist()})
        for word in ("cat", "bus", "sun", "car", "cup")
        for _ in range(6)
    ]
    (tmp_path / "a.ndjson").write_text("\n".join(lines))
    together = PrepareOptions(split_labels=False)
    report = prepare_files([tmp_path / "a.ndjson"], tmp_path / "a.npz", options=together)
    named = [text for text in report.warnings() if text.startswith("labels without a ")]
    assert [text.split(" ")[3] for text in named] == ["valid", "test"]
    assert all(text.endswith("; --split-labels splits each label on its own") for text in named)
    report = prepare_files([tmp_path / "a.ndjson"], tmp_path / "b.npz")
    assert not any(text.startswith("labels without a ") for text in report.warnings())


def test_labels_of_few_drawings_are_split_together_and_named(tmp_path):
    words = ["cat"] * 20 + ["bus"] * 3 + [f"rare{i}" for i in range(6)]
    write_records(tmp_path / "a.ndjson", scribbles(29), words=words)
    first, second = (prepare_files([tmp_path / "a.ndjson"], tmp_path / n) for n in ("a.npz", "b"))
    assert first.measures.held_out == second.measures.held_out
    assert [first.measures.held_out["bus", split] for split in ("valid", "test")] == [1, 1]
    assert first.measures.splits == {"train": 23, "valid": 3, "test": 3}
    named = "labels with fewer than 3 drawings, too few for every split: rare0, rare1, "
    assert any(text.startswith(named) for text in first.warnings())
    ones, others = (rows_of(load_dataset([tmp_path / name])) for name in ("a.npz", "b"))
    assert all(same(ones[split], others[split]) for split in SPLITS)


def test_a_drawing_of_two_labels_is_in_one_split():
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 2**63, 400).astype(np.uint64)
    keys = np.concatenate([keys, keys[:100]])
    labels = np.repeat([0, 1, 2], [100, 300, 100]).astype(np.int32)
    rule = SplitRule([keys], 0.3, 0.3, 0, [labels])
    splits = rule.splits(keys, labels)
    assert np.array_equal(splits[:100], splits[400:])
    assert np.bincount(splits[:100]).tolist() == [40, 30, 30]
    # The other drawings' labels decide for themselves.
    assert np.array_equal(
        splits[:400],
        SplitRule([keys[:400]], 0.3, 0.3, 0, [labels[:400]]).splits(keys[:400], labels[:400]),
    )


def test_a_cap_counts_the_drawings_of_a_label_in_all_files(tmp_path, monkeypatch):
    monkeypatch.setattr("sketch_rnn.sources.formats._FILES_IN_A_PIECE", 1)
    drawings = scribbles(30)
    for number in range(3):
        part = drawings[10 * number : 10 * number + 10]
        write_records(tmp_path / f"{number}.ndjson", part, words=("cat",))
    report = prepare_files([tmp_path], tmp_path / "out.npz", options=PrepareOptions(per_label=12))
    assert report.measures.labels == {"cat": 12}


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


def test_the_report_says_which_splits_the_files_gave(tmp_path, records):
    prepare_files([records], tmp_path / "a.npz")
    report = prepare_files([tmp_path / "a.npz"], tmp_path / "b.npz")
    assert "splits   52 train, 4 valid, 4 test; as in the files\n" in report.text()
    write_records(tmp_path / "c.ndjson", scribbles(20, seed=1))
    both = [tmp_path / "a.npz", tmp_path / "c.ndjson"]
    text = prepare_files(both, tmp_path / "c.npz").text()
    assert "; 60 of them as in the files\n" in text
    assert "in the files" not in prepare_files([records], tmp_path / "d.npz").text()


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


def test_files_of_one_drawing_are_labelled_by_their_folder(tmp_path):
    (tmp_path / "cats").mkdir()
    for number in range(4):
        line = [[0, 0], [9, number], [5, 8]]
        (tmp_path / "cats" / f"{number}.json").write_text(json.dumps([line]))
        (tmp_path / "cats" / f"{number}.csv").write_text(f"x,y\n0,0\n9,{number}\n5,20\n")
    buses = [[line.tolist() for line in drawing] for drawing in scribbles(4)]
    (tmp_path / "cats" / "buses.json").write_text(json.dumps(buses))
    report = prepare_files([tmp_path], tmp_path / "a.npz")
    assert report.measures.labels == {"cats": 8, "buses": 4}


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
    assert "cat: 84% of the lines gone" in to_svg(picture)
    left_out, kept = (
        drawn.points for drawn in (picture.drawings[8].given[0], picture.drawings[8].lines[0])
    )
    assert np.ptp(left_out, axis=0).max() == pytest.approx(
        1.8 * np.ptp(kept, axis=0).max(), rel=0.02
    )
