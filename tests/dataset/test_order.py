from __future__ import annotations

import numpy as np
import pytest

from sketch_rnn.dataset import order
from sketch_rnn.dataset.order import ComputedOrder, epoch_order


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


def test_few_drawings_are_listed_as_ever(monkeypatch):
    expected = np.random.default_rng([7, 2, 0]).permutation(50)
    assert np.array_equal(epoch_order(50, 7, 2)[0:50], expected)
    monkeypatch.setattr(order, "_MOST_LISTED", 49)
    assert isinstance(epoch_order(50, 7, 2), ComputedOrder)
