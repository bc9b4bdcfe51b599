"""Batches: the form of the tensors, and that the seed and the step alone decide them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sketch_rnn.config import TrainConfig
from sketch_rnn.dataset import batches
from sketch_rnn.dataset.batches import (
    ComputedOrder,
    StrokeBatch,
    TrainingBatches,
    epoch_order,
    evaluation_batches,
    make_batch,
)
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketches import Sketches

LENGTHS = [3, 7, 1, 12, 5, 9, 2]
SCALE = 4.0
N_MAX = 15
PADDING = [0, 0, 0, 0, 1]


@pytest.fixture
def store() -> Sketches:
    rng = np.random.default_rng(0)
    sketches = [
        np.column_stack([rng.integers(1, 90, (n, 2)), np.arange(n) % 6 == 5]) for n in LENGTHS
    ]
    return Sketches.from_arrays(sketches, range(10, 10 + len(LENGTHS)))


@pytest.fixture
def profile() -> DataProfile:
    return DataProfile(scale=SCALE, max_seq_len=N_MAX)


def plain(**settings: object) -> TrainConfig:
    """Returns settings without augmentation."""
    return TrainConfig(random_scale_factor=0, augment_stroke_prob=0, **settings)  # type: ignore[arg-type]


def assert_same(one: StrokeBatch, two: StrokeBatch) -> None:
    assert torch.equal(one.strokes, two.strokes)
    assert torch.equal(one.lengths, two.lengths)
    assert torch.equal(one.labels, two.labels)


@pytest.mark.parametrize("steps", [None, N_MAX, 12])
def test_the_form_of_a_batch(store: Sketches, steps: int | None) -> None:
    chosen = [3, 0, 3, 2]
    batch = make_batch(store, chosen, scale=SCALE, steps=steps)
    assert batch.strokes.shape == (4, (steps or 13) + 1, 5)
    assert batch.strokes.dtype == torch.float32
    assert batch.lengths.dtype == batch.labels.dtype == torch.int64
    assert batch.lengths.tolist() == [12, 3, 12, 1]
    assert batch.labels.tolist() == [13, 10, 13, 12]
    assert len(batch) == 4
    for index, strokes in zip(chosen, batch.strokes.tolist(), strict=True):
        rows = store[index]
        assert strokes[0] == [0, 0, 1, 0, 0]
        expected = [[x / SCALE, y / SCALE, 1 - lift, lift, 0] for x, y, lift in rows.tolist()]
        assert strokes[1 : len(rows) + 1] == expected
        assert all(row == PADDING for row in strokes[len(rows) + 1 :])


def test_a_drawing_longer_than_the_room(store: Sketches) -> None:
    with pytest.raises(SketchRNNError, match="a drawing has 12 rows, more than max_seq_len=11"):
        make_batch(store, [0, 3], scale=SCALE, steps=11)


@pytest.mark.parametrize(("form", "steps"), [("padded", N_MAX), ("true_length", None)])
def test_the_loss_form_decides_the_padding(
    store: Sketches, profile: DataProfile, form: str, steps: int | None
) -> None:
    batch = TrainingBatches(store, profile, plain(loss_form=form, batch_size=3))[4]
    longest = int(batch.lengths.max())
    assert batch.strokes.shape[1] - 1 == (steps or longest + 1)
    assert (batch.strokes[:, longest + 1 :, 4] == 1).all()


def test_a_batch_does_not_depend_on_what_was_asked_before(
    store: Sketches, profile: DataProfile
) -> None:
    config = TrainConfig(batch_size=3, seed=5)
    forwards = TrainingBatches(store, profile, config)
    expected = [forwards[step] for step in range(12)]
    backwards = TrainingBatches(store, profile, config)
    for step in (11, 3, 0, 11, 7, 6, 2):
        assert_same(backwards[step], expected[step])
        assert_same(TrainingBatches(store, profile, config)[step], expected[step])


def test_seed_and_step_matter(store: Sketches, profile: DataProfile) -> None:
    def strokes(seed: int, step: int) -> torch.Tensor:
        return TrainingBatches(store, profile, TrainConfig(batch_size=7, seed=seed))[step].strokes

    assert not torch.equal(strokes(0, 0), strokes(0, 1))
    assert not torch.equal(strokes(0, 0), strokes(1, 0))


def test_one_drawing_is_changed_anew_in_every_step(profile: DataProfile) -> None:
    line = np.column_stack([np.arange(1, 13), np.arange(2, 14), np.zeros(12)])
    batches = TrainingBatches(Sketches.from_arrays([line]), profile, TrainConfig(batch_size=1))
    ends = [batches[step].strokes[..., :2].sum(dim=1).tolist() for step in range(20)]
    lengths = {batches[step].lengths.item() for step in range(20)}
    assert len({str(end) for end in ends}) == 20
    assert len(lengths) > 1


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 10, 30])
def test_every_drawing_comes_once_an_epoch(
    store: Sketches, profile: DataProfile, batch_size: int
) -> None:
    batches = TrainingBatches(store, profile, plain(batch_size=batch_size, seed=3))
    steps = -(-5 * len(store) // batch_size)
    stream = np.concatenate([batches[step].labels.numpy() for step in range(steps)])
    epochs = stream[: 5 * len(store)].reshape(5, len(store))
    np.testing.assert_array_equal(np.sort(epochs, axis=1), [range(10, 17)] * 5)
    assert len(np.unique(epochs, axis=0)) > 1
    assert all(len(batches[step]) == batch_size for step in range(3))


def test_the_batch_size_does_not_change_the_order(store: Sketches, profile: DataProfile) -> None:
    one = TrainingBatches(store, profile, plain(batch_size=1))
    six = TrainingBatches(store, profile, plain(batch_size=6))
    singles = [one[step].labels.item() for step in range(12)]
    assert singles == [*six[0].labels.tolist(), *six[1].labels.tolist()]


def test_training_drawings_are_stretched_and_thinned(store: Sketches, profile: DataProfile) -> None:
    unchanged = TrainingBatches(store, profile, plain(batch_size=7))[2]
    changing = TrainConfig(batch_size=7, random_scale_factor=0.15, augment_stroke_prob=0.5)
    batch = TrainingBatches(store, profile, changing)[2]
    assert torch.equal(batch.labels, unchanged.labels)
    assert (batch.lengths <= unchanged.lengths).all()
    assert batch.lengths.sum() < unchanged.lengths.sum()
    ends = batch.strokes[..., :2].sum(dim=1) / unchanged.strokes[..., :2].sum(dim=1)
    assert ((ends >= 0.8499) & (ends <= 1.1501)).all()
    assert len(ends.unique()) == 14


def test_evaluation_sees_every_drawing_once_in_order(store: Sketches, profile: DataProfile) -> None:
    batches = list(evaluation_batches(store, profile, batch_size=3, loss_form="masked"))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert torch.cat([batch.lengths for batch in batches]).tolist() == LENGTHS
    padded = list(evaluation_batches(store, profile, batch_size=100, loss_form="padded"))
    assert [batch.strokes.shape for batch in padded] == [(7, N_MAX + 1, 5)]


def test_moving_a_batch_leaves_the_lengths_on_the_cpu(store: Sketches) -> None:
    moved = make_batch(store, [0, 1], scale=SCALE).to("meta")
    assert moved.strokes.device.type == moved.labels.device.type == "meta"
    assert moved.lengths.device.type == "cpu"


def test_nothing_to_train_on(profile: DataProfile) -> None:
    with pytest.raises(SketchRNNError, match="no drawings to train on"):
        TrainingBatches(Sketches.from_arrays([]), profile, TrainConfig())


def test_a_step_below_zero(store: Sketches, profile: DataProfile) -> None:
    with pytest.raises(IndexError, match="below 0"):
        TrainingBatches(store, profile, TrainConfig())[-1]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 64, 65, 1000, 4097])
def test_a_computed_order_has_every_drawing_once(count):
    places = ComputedOrder(count, seed=3, epoch=1)[0:count]
    assert sorted(places.tolist()) == list(range(count))


def test_any_part_of_it_is_part_of_the_whole():
    whole = ComputedOrder(1000, seed=3, epoch=1)[0:1000]
    assert np.array_equal(ComputedOrder(1000, seed=3, epoch=1)[130:170], whole[130:170])
    assert len(ComputedOrder(1000, seed=3, epoch=1)[990:1010]) == 10


def test_seed_and_epoch_change_it():
    first = ComputedOrder(1000, seed=3, epoch=1)[0:1000]
    for seed, epoch in ((4, 1), (3, 2)):
        assert (ComputedOrder(1000, seed, epoch)[0:1000] == first).mean() < 0.02


def test_neighbours_end_up_far_apart():
    count = 100_000
    places = ComputedOrder(count, seed=0, epoch=0)[0:count]
    # Two independent places are a third of the count apart on average.
    assert np.abs(np.diff(places)).mean() == pytest.approx(count / 3, rel=0.02)
    assert abs(np.corrcoef(np.arange(count), places)[0, 1]) < 0.02


def test_small_datasets_keep_the_listed_order(monkeypatch):
    expected = np.random.default_rng([7, 2, 0]).permutation(50)
    assert np.array_equal(epoch_order(50, 7, 2)[0:50], expected)
    monkeypatch.setattr(batches, "_MOST_LISTED", 49)
    assert isinstance(epoch_order(50, 7, 2), ComputedOrder)
