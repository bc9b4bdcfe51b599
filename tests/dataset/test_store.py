"""Stores give what drawings in memory give, and damage to them is named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sketch_rnn.config import TrainConfig
from sketch_rnn.dataset.batches import TrainingBatches
from sketch_rnn.dataset.dataset import load_dataset
from sketch_rnn.dataset.store import KINDS, MANIFEST, Shard, StoredSketches, is_store, open_store
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.preparation import writing
from sketch_rnn.preparation.writing import StoreWriter
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.splits import SPLITS
from tiny import zigzags


@pytest.fixture
def stores():
    found = {}
    for seed, (split, count) in enumerate(zip(SPLITS, (30, 6, 5), strict=True)):
        labels = np.arange(count) % 2
        found[split] = Sketches.from_arrays([np.rint(z) for z in zigzags(count, seed)], labels)
    return found


@pytest.fixture
def folder(tmp_path, stores, monkeypatch):
    """Writes a store in parts, with several shards."""
    monkeypatch.setattr(writing, "_SHARD_ROWS", 40)
    writer = StoreWriter(tmp_path / "made", "move")
    for split, store in stores.items():
        for start in range(0, len(store), 4):
            writer.add(split, store.select(np.arange(start, min(start + 4, len(store)))))
    writer.close(("a", "b"), ("made",))
    writer.abandon()
    return tmp_path / "made"


def test_a_store_round_trips(folder, stores):
    opened, _ = open_store(folder)
    assert len(list(folder.glob("train-*.rows"))) > 2
    for split, store in stores.items():
        found = opened[split]
        assert len(found) == len(store)
        assert np.array_equal(found.lengths, store.lengths)
        assert np.array_equal(found.labels, store.labels)
        assert all(np.array_equal(found[i], store[i]) for i in range(len(store)))
        chosen = [3, 0, 3, 4]
        ones, others = found.select(chosen), store.select(chosen)
        assert np.array_equal(ones.rows, others.rows)
        assert np.array_equal(ones.offsets, others.offsets)
        assert np.array_equal(ones.labels, others.labels)
    assert len(found.select([])) == 0


@pytest.mark.parametrize("index", [-1, 5])
def test_a_drawing_that_is_not_there(folder, stores, index):
    for store in (stores["test"], open_store(folder)[0]["test"]):
        with pytest.raises(IndexError, match="out of range for 5"):
            store.select([0, index])


def test_shards_without_drawings_are_passed_over(stores):
    store = stores["valid"]
    rows = store.rows.astype(np.int16)
    full = Shard(rows, store.offsets, store.labels)
    empty = Shard(rows[:0], store.offsets[:1], store.labels[:0])
    found = StoredSketches([empty, full, empty, full, empty]).select([11, 0, 7, 0])
    expected = store.select([5, 0, 1, 0])
    assert np.array_equal(found.rows, expected.rows)
    assert np.array_equal(found.offsets, expected.offsets)
    assert np.array_equal(found.labels, expected.labels)


def test_training_draws_the_same_batches(folder, stores):
    dataset = load_dataset([folder])
    config = TrainConfig(batch_size=7)
    ones = TrainingBatches(dataset.train, dataset.profile, config)
    others = TrainingBatches(stores["train"], dataset.profile, config)
    for step in (0, 3, 9):
        assert ones[step].strokes.equal(others[step].strokes)


def test_measures_are_those_of_all_drawings(folder, stores):
    _, profile = open_store(folder)
    assert profile.scale == pytest.approx(float(np.std(stores["train"].rows[:, :2])), rel=1e-6)
    assert profile.max_seq_len == max(int(store.lengths.max()) for store in stores.values())
    assert profile.labels == ("a", "b")
    assert profile.sources == ("made",)


def test_a_drawing_beyond_the_last(folder):
    store = open_store(folder)[0]["test"]
    with pytest.raises(IndexError, match="an index is out of range for 5 sketches"):
        store.select([5])
    with pytest.raises(IndexError):
        store[5]
    assert len(StoredSketches([])) == 0


def change_manifest(folder, **values):
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def cut_rows(folder):
    file = next(folder.glob("train-*.rows"))
    file.write_bytes(file.read_bytes()[:-6])


def lie(kind, place, value):
    def damage(folder):
        file = sorted(folder.glob(f"train-*.{kind}"))[1]
        array = np.fromfile(file, KINDS[kind])
        array[place] = value
        array.tofile(file)

    return damage


endless = {split: [{"name": "x", "drawings": float("inf"), "rows": 0}] for split in SPLITS}


def not_a_file(folder):
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lie("offsets", 0, 1), r"train-00001\.offsets goes from 1 to \d+, not from 0 to"),
        (lie("offsets", -1, 2**62), "goes from 0 to 4,611"),
        (lie("offsets", 1, -3), "offsets: a drawing of -3 rows, expected 1 to"),
        (lie("offsets", 1, 2**40), "offsets: a drawing of "),
        (lie("labels", 1, 2), r"train-00001\.labels: label 2, and there are 2 labels"),
        (lie("labels", 1, -1), "labels: label -1, and"),
        (cut_rows, r"damaged or not a store .*train-0000\d\.rows has \d+ bytes"),
        (
            lambda f: next(f.glob("test-*.labels")).unlink(),
            r"No such file or directory \(test-\d+\.labels\)$",
        ),
        (lambda f: (f / MANIFEST).write_text("{"), "damaged or not a store"),
        (lambda f: (f / MANIFEST).write_text("[]"), "damaged or not a store"),
        (lambda f: change_manifest(f, format="other"), "not a store of sketch-rnn"),
        (lambda f: change_manifest(f, format_version=2), "format version 2, but .* up to 1; upgr"),
        (lambda f: change_manifest(f, splits={}), r"not a store \(no 'train'\); prepare it again"),
        (lambda f: change_manifest(f, splits=endless), "cannot convert float infinity"),
        (
            lambda f: change_manifest(
                f,
                splits={s: [{"name": "../x", "drawings": 0, "rows": 0}] for s in SPLITS},
            ),
            r"a shard outside the folder: \.\./x",
        ),
    ],
)
def test_damage(folder, damage, message):
    damage(folder)
    assert is_store(folder)
    with pytest.raises(SketchRNNError, match=message):
        open_store(folder)


def test_a_manifest_that_is_a_device_is_refused(folder):
    not_a_file(folder)
    with pytest.raises(SketchRNNError, match="not a regular file"):
        open_store(folder)


def test_a_pen_value_that_cannot_be_is_named_when_it_is_read(folder):
    lie("rows", 2, 7)(folder)
    store = open_store(folder)[0]["train"]
    with pytest.raises(SketchRNNError, match="a pen value that is neither 0 nor 1"):
        store.select(range(len(store)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_seq_len": 3}, r"more than 3; prepare it with a lower --max-points"),
        ({"first_row": "line"}, "row 0 of its drawings is a move"),
    ],
)
def test_invalid_requests_of_a_store(folder, options, message):
    with pytest.raises(SketchRNNError, match=message):
        load_dataset([folder], **options)
