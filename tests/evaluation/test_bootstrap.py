from __future__ import annotations

import numpy as np
import pytest

from sketch_rnn.evaluation.bootstrap import distance_figure, mean_figure
from sketch_rnn.evaluation.distribution import mean_distances


def test_the_interval_of_a_mean_holds_it_about_19_times_in_20():
    rng = np.random.default_rng(0)
    figures = [mean_figure(rng.random(100) < 0.3, seed) for seed in range(200)]
    held = np.mean([figure.low <= 0.3 <= figure.high for figure in figures])
    assert 0.9 <= held <= 0.99
    assert all(figure.low <= figure.value <= figure.high for figure in figures)


def test_shares_stay_between_0_and_1():
    figure = mean_figure([1.0] * 49 + [0.0], 0)
    assert figure.value == pytest.approx(0.98)
    assert 0 < figure.low < figure.high <= 1
    assert mean_figure([0.0] * 20, 0).high == 0


def test_the_interval_of_a_mean_pairwise_distance_is_as_wide_as_it_varies():
    rng = np.random.default_rng(0)
    samples = [rng.exponential(size=(60, 2)) for _ in range(200)]
    spread = np.std([mean_distances(rows).mean() for rows in samples])
    figures = [mean_figure(mean_distances(rows), 0, factor=2) for rows in samples[:50]]
    width = np.mean([figure.high - figure.low for figure in figures])
    assert width == pytest.approx(3.92 * spread, rel=0.15)


def test_a_distance_keeps_its_value_and_has_no_interval_below_0():
    values = np.random.default_rng(0).normal(size=50)
    figure = distance_figure(50, lambda counts: abs(counts @ values) / 50, 0)
    assert figure.value == pytest.approx(abs(values.mean()))
    assert 0 <= figure.low <= figure.value <= figure.high


def test_equal_seeds_give_equal_intervals():
    values = np.random.default_rng(0).normal(size=50)
    assert mean_figure(values, 3) == mean_figure(values, 3)
    assert mean_figure(values, 3) != mean_figure(values, 4)
