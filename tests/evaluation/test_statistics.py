"""Distances between sets of drawings, and intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sketch_rnn.evaluation.statistics import (
    distance_figure,
    frechet_distance,
    mean_distances,
    mean_figure,
    moments,
    nearest_distances,
    overlap,
)


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


def normal(count: int, size: int = 6, seed: int = 0, scale: float = 1.0, shift: float = 0.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, size))


def frechet(drawn, real):
    return frechet_distance(*moments(drawn), *moments(real))


def means(drawn, real):
    shares = overlap(drawn, real)
    return [getattr(shares, name).mean() for name in ("precision", "recall", "density", "coverage")]


def test_the_frechet_distance_of_aligned_normals_is_that_of_each_axis():
    # Of one dimension it is (m - m')^2 + (s - s')^2; with diagonal covariances those add up.
    rows = normal(5000, 3)
    rows = (rows - rows.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T
    ours, theirs = rows * [1.0, 2.0, 3.0] + [0, 1, 0], rows * [2.0, 2.0, 0.5]
    assert frechet(ours, theirs) == pytest.approx(1 + 1 + 6.25, rel=1e-9)


def test_the_frechet_distance_agrees_with_the_matrix_root_of_the_product():
    ours = normal(400, 5) @ normal(5, 5, seed=1)
    theirs = normal(300, 5, seed=2) @ normal(5, 5, seed=3) + 1
    product = np.cov(ours.T) @ np.cov(theirs.T)
    values, vectors = np.linalg.eig(product)
    root = (vectors * np.sqrt(values)) @ np.linalg.inv(vectors)
    assert np.allclose(root @ root, product)
    apart = ((ours.mean(0) - theirs.mean(0)) ** 2).sum()
    expected = apart + np.trace(np.cov(ours.T) + np.cov(theirs.T) - 2 * root)
    assert frechet(ours, theirs) == pytest.approx(expected, rel=1e-9)


def test_the_frechet_distance_of_a_set_to_itself_is_0_also_without_full_rank():
    for rows in (normal(100), normal(4), np.ones((20, 6))):
        assert frechet(rows, rows[::-1]) == pytest.approx(0, abs=1e-6)


def test_distances_grow_with_the_shift():
    real = normal(500)
    far = [frechet(normal(500, seed=1, shift=shift), real) for shift in (0, 0.3, 1, 2)]
    assert far == sorted(far)
    shares = np.array([means(normal(500, seed=1, shift=s), real) for s in (0, 0.7, 1.5, 3)])
    assert (np.diff(shares, axis=0) < 0).all()


def test_a_set_covers_itself():
    rows = normal(300)
    precision, recall, density, coverage = means(rows, rows)
    assert (precision, recall, coverage) == (1, 1, 1)
    # Each row lies in its own ball and in those of the 5 rows it is near to, on average.
    assert density == pytest.approx(6 / 5)


def test_narrow_drawings_are_precise_and_do_not_recall():
    real = normal(400, 2)
    precision, recall, _, coverage = means(normal(400, 2, seed=1, scale=0.2), real)
    assert precision > 0.95
    assert recall < 0.4
    assert coverage < 0.5
    precision, recall, _, _ = means(normal(400, 2, seed=1, scale=5), real)
    assert precision < 0.4
    assert recall > 0.95


def test_the_shares_agree_with_their_definitions():
    ours, theirs = normal(40, 3), normal(30, 3, seed=1, shift=0.5)
    between = np.array([[math.dist(one, other) for other in theirs] for one in ours])
    our_balls = [sorted(math.dist(one, other) for other in ours)[3] for one in ours]
    balls = [sorted(math.dist(one, other) for other in theirs)[3] for one in theirs]
    shares = overlap(ours, theirs, neighbours=3)
    inside = between <= balls
    assert shares.precision.tolist() == inside.any(1).tolist()
    assert shares.density.tolist() == (inside.sum(1) / 3).tolist()
    assert shares.coverage.tolist() == inside.any(0).tolist()
    assert shares.recall.tolist() == (between <= np.array(our_balls)[:, None]).any(0).tolist()


def test_distances_agree_with_their_definitions_over_several_chunks():
    ours, theirs = normal(1100, 2), normal(30, 2, seed=1)
    direct = np.hypot(*(ours[:, None] - theirs).transpose(2, 0, 1))
    assert nearest_distances(ours, theirs) == pytest.approx(direct.min(1))
    within = np.hypot(*(theirs[:, None] - theirs).transpose(2, 0, 1))
    assert mean_distances(theirs) == pytest.approx(within.sum(1) / 29, abs=1e-6)
    assert nearest_distances(ours, ours) == pytest.approx(0, abs=1e-6)


def test_figures_do_not_depend_on_the_order():
    ours, theirs = normal(700), normal(600, seed=1)
    mixed = np.random.default_rng(2).permutation(ours)
    assert means(mixed, theirs) == pytest.approx(means(ours, theirs))
    assert frechet(mixed, theirs) == pytest.approx(frechet(ours, theirs))
