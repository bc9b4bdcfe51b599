"""Class-conditional training: what it needs of the data, and what does not change it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from recorded_runs import assert_same_state, last, message

from sketch_rnn.dataset.batches import StrokeBatch
from sketch_rnn.dataset.dataset import build_dataset
from sketch_rnn.dataset.labels import relabelled
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.evaluation.losses import evaluate
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.generate.sampling import sample
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.distributed import ALONE
from sketch_rnn.training.microbatches import micro_batches
from tiny import TINY_MODEL, TINY_TRAINING, zigzags

NAMES = ("dog", "cat", "bus")
LABELLED = replace(TINY_MODEL, num_labels=3, label_size=5)
COUNTS = {"train": 12, "valid": 6, "test": 6}


def labelled_data(names=NAMES, order=(0, 1, 2)):
    """Zigzags that are in turn dogs, cats and buses, with their class numbers in some order."""
    labels = {
        split: [order[number % 3] for number in range(count)] for split, count in COUNTS.items()
    }
    listed = [names[order.index(number)] for number in range(3)]
    splits = (zigzags(count, seed) for seed, count in enumerate(COUNTS.values()))
    return build_dataset(
        *splits, labels=labels, label_names=listed, first_row="move", name="zigzags"
    )


@pytest.fixture(scope="module")
def data():
    return labelled_data()


def test_labels_are_learned_and_remembered_by_name(trainer, data, tmp_path):
    trainer(LABELLED, data, num_steps=40, save_every=20).fit()
    model = SketchRNN.from_pretrained(tmp_path / "run")
    assert model.profile.labels == NAMES
    cats, dogs = (sample(model, 5, label=name) for name in ("cat", "dog"))
    assert any(
        not np.array_equal(a.strokes, b.strokes)
        for a, b in zip(cats.sketches, dogs.sketches, strict=True)
    )


@pytest.mark.parametrize("conditional", [True, False])
def test_the_order_of_labels_in_the_data_does_not_matter(trainer, tmp_path, conditional):
    model = replace(LABELLED, conditional=conditional)
    for name, order in (("one", (0, 1, 2)), ("other", (2, 0, 1))):
        trainer(model, labelled_data(order=order), out=tmp_path / name).fit()
    ours, theirs = (SketchRNN.from_pretrained(tmp_path / name) for name in ("one", "other"))
    assert ours.profile.labels != theirs.profile.labels
    assert torch.equal(label_vectors(ours, NAMES), label_vectors(theirs, NAMES))
    for (name, first), second in zip(
        ours.network.decoder.named_parameters(), theirs.network.decoder.parameters(), strict=True
    ):
        assert torch.equal(first, second), name


def test_resuming_changes_nothing(trainer, data, tmp_path):
    settings = {"save_every": 3, "ema_decay": 0.9}
    trainer(LABELLED, data, out=tmp_path / "at once", **settings).fit()
    trainer(LABELLED, data, out=tmp_path / "parts", num_steps=3, **settings).fit()
    trainer(LABELLED, data, out=tmp_path / "parts", resume=True, **settings).fit()
    assert_same_state(last(tmp_path / "parts"), last(tmp_path / "at once"))


def test_a_share_of_the_labels_is_dropped_whatever_the_parts(data):
    batch_labels = torch.arange(1000) % 3
    strokes, lengths = torch.zeros(1000, 3, 5), torch.ones(1000, dtype=torch.long)
    batch = StrokeBatch(strokes, lengths, batch_labels)

    def told(accumulate, step=7):
        config = replace(TINY_TRAINING, accumulate=accumulate, label_keep_prob=0.8)
        parts = micro_batches(
            batch, step, model=LABELLED, config=config, workers=ALONE, device=torch.device("cpu")
        )
        return [part.known["labels"] for part in parts]

    (whole,) = told(1)
    dropped = whole == -1
    assert 0.15 < dropped.float().mean() < 0.25
    assert torch.equal(whole[~dropped], batch_labels[~dropped])
    counts = [sum(int((labels == n).sum()) for labels in told(3)) for n in (-1, 0, 1, 2)]
    assert counts == [int((whole == n).sum()) for n in (-1, 0, 1, 2)]
    assert not torch.equal(told(1, step=8)[0], whole)


def test_evaluation_tells_the_label_under_the_model_s_numbers(trainer, data, tmp_path):
    trainer(LABELLED, data, num_steps=60, save_every=30, learning_rate=0.02).fit()
    model = SketchRNN.from_pretrained(tmp_path / "run")
    valid = relabelled(data, model.profile.labels).valid
    told = evaluate(model, valid)
    other = relabelled(labelled_data(order=(2, 0, 1)), model.profile.labels).valid
    assert evaluate(model, other) == told
    assert evaluate(model, valid, use_labels=False) != told


def test_data_must_have_labels(trainer, data):
    assert message(trainer, model=replace(LABELLED, num_labels=1)) == (
        "zigzags: class conditions need drawings of at least 2 labels, and these have 1 "
        "(zigzags); name several sources, or leave --class-conditional out"
    )
    assert message(trainer, model=replace(LABELLED, num_labels=2), data=data) == (
        "zigzags: the data has 3 labels, but num_labels=2"
    )


def test_every_label_needs_drawings(trainer):
    labels = {split: [int(number == 0) for number in range(n)] for split, n in COUNTS.items()}
    splits = (zigzags(count, seed) for seed, count in enumerate(COUNTS.values()))
    rare = build_dataset(
        *splits, labels=labels, label_names=("cat", "bus"), first_row="move", name="zigzags"
    )
    assert message(trainer, model=replace(LABELLED, num_labels=2), data=rare) == (
        "zigzags: label 'bus' has 1 training drawings, and class conditions need at least 2 of "
        "each label; add drawings, or leave that label out"
    )


def test_unknown_labels_of_the_data_are_named(data):
    with pytest.raises(SketchRNNError, match="no label 'dog'; the labels are bus, cat"):
        relabelled(data, ("bus", "cat"))
