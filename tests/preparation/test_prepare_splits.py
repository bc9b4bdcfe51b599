"""Splits and labels of prepared drawings."""

from __future__ import annotations

import json

import numpy as np
from prepared_records import rows_of, same, scribbles, write_records

from sketch_rnn.dataset.dataset import load_dataset
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.run import prepare_files
from sketch_rnn.preparation.splitting import SplitRule, first_of_each
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.splits import SPLITS


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
    assert capped.dropped["beyond --per-label"] == 46
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


def test_the_report_says_which_splits_the_files_gave(tmp_path, records):
    prepare_files([records], tmp_path / "a.npz")
    report = prepare_files([tmp_path / "a.npz"], tmp_path / "b.npz")
    assert "splits   52 train, 4 valid, 4 test; as in the files\n" in report.text()
    write_records(tmp_path / "c.ndjson", scribbles(20, seed=1))
    both = [tmp_path / "a.npz", tmp_path / "c.ndjson"]
    text = prepare_files(both, tmp_path / "c.npz").text()
    assert "; 60 of them as in the files, the others at random" in text
    assert "in the files" not in prepare_files([records], tmp_path / "d.npz").text()


def test_a_split_named_val_is_the_validation_split_of_data_prepare_and_train_alike(tmp_path):
    parts = {"train": scribbles(20), "val": scribbles(6, seed=1), "test": scribbles(5, seed=2)}
    arrays = {}
    for name, drawings in parts.items():
        sketches = [Sketch.from_polylines(drawing).strokes for drawing in drawings]
        arrays[name] = np.empty(len(sketches), object)
        arrays[name][:] = [np.rint(rows) for rows in sketches]
    np.savez(tmp_path / "a.npz", **arrays)
    trained_on = load_dataset([tmp_path / "a.npz"])
    assert [len(trained_on.split(s)) for s in SPLITS] == [20, 6, 5]
    report = prepare_files([tmp_path / "a.npz"], tmp_path / "b.npz")
    assert "splits   20 train, 6 valid, 5 test; as in the files\n" in report.text()
    # A file of two splits has its third taken from train, and the report says so.
    del arrays["val"]
    np.savez(tmp_path / "c.npz", **arrays)
    report = prepare_files([tmp_path / "c.npz"], tmp_path / "d.npz")
    assert "no valid drawings; 1 taken from train at random" in report.warnings()[0]
    assert "19 train, 1 valid, 5 test; as in the files, but for those taken from" in report.text()


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
