from __future__ import annotations

import pytest

from sketch_rnn.config import TrainConfig
from sketch_rnn.training.schedules import kl_weight, learning_rate, total_steps

CONFIG = TrainConfig(
    learning_rate=0.1,
    min_learning_rate=0.02,
    decay_rate=0.5,
    kl_weight=0.7,
    kl_weight_start=0.1,
    kl_decay_rate=0.25,
)


@pytest.mark.parametrize(("step", "rate"), [(0, 0.1), (1, 0.06), (3, 0.03), (200, 0.02)])
def test_learning_rate(step, rate):
    assert learning_rate(CONFIG, step) == pytest.approx(rate)


@pytest.mark.parametrize(("step", "weight"), [(0, 0.1), (1, 0.55), (2, 0.6625), (200, 0.7)])
def test_kl_weight(step, weight):
    assert kl_weight(CONFIG, step) == pytest.approx(weight)


def test_the_defaults_are_the_originals():
    assert learning_rate(TrainConfig(), 0) == pytest.approx(0.001)
    assert learning_rate(TrainConfig(), 10_000) == pytest.approx(0.00099 * 0.9999**10_000 + 1e-5)
    assert kl_weight(TrainConfig(), 0) == pytest.approx(0.01)
    assert kl_weight(TrainConfig(), 10_000) == pytest.approx(0.5 - 0.49 * 0.99995**10_000)


@pytest.mark.parametrize(
    ("epochs", "num_sketches", "steps"), [(None, 7400, 123), (1, 7400, 74), (3, 101, 4), (2, 5, 1)]
)
def test_epochs_decide_the_number_of_steps(epochs, num_sketches, steps):
    config = TrainConfig(num_steps=123, epochs=epochs, batch_size=100)
    assert total_steps(config, num_sketches) == steps
