"""Laws of the distance between drawings."""

from __future__ import annotations

import numpy as np
import pytest

from sketch_rnn.evaluation.distance import ink_points, nearest_drawings
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.doodles import KINDS, draw_doodle

SQUARE = [[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]]


def doodles(count, seed=0):
    rng = np.random.default_rng(seed)
    return [draw_doodle(KINDS[i % len(KINDS)], rng) for i in range(count)]


def test_points_lie_evenly_on_the_ink():
    points = ink_points(Sketch.from_polylines([SQUARE]), 40)
    assert np.abs(points).max(axis=1) == pytest.approx(np.full(40, 0.5))
    gaps = np.hypot(*np.diff(points, axis=0).T)
    assert np.median(gaps) == pytest.approx(0.1)


def test_a_drawing_is_nearest_to_itself_at_any_place_size_and_order():
    library = doodles(36)
    moved = []
    for sketch in library:
        lines = [line[::-1] * 3 + (50, -20) for line in reversed(sketch.polylines())]
        moved.append(Sketch.from_polylines(lines))
    found = nearest_drawings(moved, library)
    assert [each.number for each in found] == list(range(36))
    assert max(each.distance for each in found) < 0.02


def test_distance_is_a_share_of_the_size_and_symmetric():
    low = Sketch.from_polylines([[[0, 0], [100, 0]], [[0, 50], [100, 50]]])
    high = Sketch.from_polylines([[[0, 0], [100, 0]], [[0, 30], [100, 30]]])
    (there,), (back,) = nearest_drawings([low], [high]), nearest_drawings([high], [low])
    assert there.distance == pytest.approx(0.1, abs=1e-3)
    assert back.distance == pytest.approx(there.distance, abs=1e-6)


def test_other_drawings_are_away():
    found = nearest_drawings(doodles(12, seed=1), doodles(600))
    assert min(each.distance for each in found) > 0.005


def test_empty_sketches_and_dots():
    empty, dot = Sketch(np.zeros((0, 3))), Sketch.from_polylines([[[5, 5]]])
    library = [Sketch.from_polylines([SQUARE]), dot]
    nothing, point = nearest_drawings([empty, dot], library)
    assert (nothing.number, nothing.distance) == (-1, float("inf"))
    assert (point.number, point.distance) == (1, 0)


def test_the_nearest_of_many_is_the_nearest_of_all():
    library = doodles(1200)
    sketches = doodles(12, seed=3)
    found = nearest_drawings(sketches, library)
    for sketch, each in zip(sketches, found, strict=True):
        alone = [nearest_drawings([sketch], [other])[0].distance for other in library[:60]]
        assert each.distance <= min(alone) + 1e-6
