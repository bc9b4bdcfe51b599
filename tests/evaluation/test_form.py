from __future__ import annotations

import numpy as np
import pytest

from sketch_rnn.evaluation.form import MEASURES, distribution_distance, measure_form
from sketch_rnn.sketch import Sketch


def test_the_measures_of_a_known_drawing():
    lines = [np.array([[0, 0], [30, 0]]), np.array([[30, 10], [30, 20], [40, 20]])]
    twice = [2 * line for line in lines]
    form = measure_form([Sketch.from_polylines(lines), Sketch.from_polylines(twice)])
    assert form["points"].tolist() == [5, 5]
    assert form["strokes"].tolist() == [2, 2]
    assert form["travel"] == pytest.approx([10 / 60] * 2)
    assert form["size"] == pytest.approx([40 / 60, 80 / 60])
    assert form["shape"] == pytest.approx([40 / 60] * 2)
    assert set(form) == set(MEASURES)


def test_empty_drawings_and_dots_have_a_form():
    dot = Sketch.from_polylines([np.array([[3.0, 4.0]])])
    form = measure_form([Sketch(np.zeros((0, 3))), dot])
    assert form["strokes"].tolist() == [0, 1]
    assert form["shape"].tolist() == [0, 0.5]
    assert all(np.isfinite(values).all() for values in form.values())
    assert all(len(values) == 0 for values in measure_form([]).values())


def distance(values, others):
    return distribution_distance(values, others)(np.ones(len(values)))


def test_the_distance_of_distributions():
    values = np.random.default_rng(0).normal(size=300)
    assert distance(values, values[::-1]) == 0
    assert distance(values, values + 100) == 1
    assert distance(np.array([1.0, 2, 3, 4]), np.array([3.0, 4])) == 0.5
    far = [distance(values, values + shift) for shift in (0.1, 0.5, 1, 2)]
    assert far == sorted(far)


def test_counted_values_are_repeated_ones():
    rng = np.random.default_rng(0)
    values, others, counts = rng.integers(0, 9, 30), rng.integers(0, 9, 20), rng.integers(0, 4, 30)
    repeated = np.repeat(np.sort(values), counts)
    assert distribution_distance(values, others)(counts) == distance(repeated, others)
