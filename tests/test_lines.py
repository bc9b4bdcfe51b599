"""Laws of drawings as flat polylines."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sketch_rnn.lines import Lines
from sketch_rnn.sketch import FIRST_ROWS, Sketch
from sketch_rnn.sketches import Sketches

WHOLE = st.integers(-300, 300).map(float)
POLYLINE = st.integers(1, 12).flatmap(lambda n: arrays(np.float64, (n, 2), elements=WHOLE))
DRAWING = st.lists(POLYLINE, min_size=1, max_size=5)
DRAWINGS = st.lists(DRAWING, min_size=1, max_size=4)


def same(lines, others):
    return len(lines) == len(others) and all(map(np.array_equal, lines, others))


@given(DRAWINGS)
def test_polylines_come_back(drawings):
    lines = Lines.from_polylines(drawings)
    assert len(lines) == len(drawings)
    assert all(same(lines.drawing(i), drawing) for i, drawing in enumerate(drawings))


@pytest.mark.parametrize("first_row", FIRST_ROWS)
@given(DRAWINGS)
def test_stroke_3_to_polylines_and_back_is_the_identity(first_row, drawings):
    sketches = [Sketch.from_polylines(drawing, first_row) for drawing in drawings]
    lines = Lines.from_sketches(Sketches.from_arrays(sketches), first_row)
    for index, sketch in enumerate(sketches):
        assert same(lines.drawing(index), sketch.polylines())
        assert Sketch.from_polylines(lines.drawing(index), first_row) == sketch


@given(DRAWINGS, st.data())
def test_selecting_drawings(drawings, data):
    lines = Lines.from_polylines(drawings)
    kept = data.draw(arrays(bool, len(drawings)))
    chosen = [drawing for drawing, keep in zip(drawings, kept, strict=True) if keep]
    selected = lines.select(kept)
    assert len(selected) == len(chosen)
    assert all(same(selected.drawing(i), drawing) for i, drawing in enumerate(chosen))


def distance(points, ends):
    """Returns how far each of `points` is from the segment between two ends."""
    start, along = ends[0], ends[1] - ends[0]
    length = along @ along
    share = np.clip((points - start) @ along / length, 0, 1) if length else np.zeros(len(points))
    return np.hypot(*(points - start - share[:, None] * along).T)


@settings(max_examples=200)
@given(DRAWINGS, st.floats(0, 60))
def test_simplification_moves_no_kept_point_and_never_exceeds_epsilon(drawings, epsilon):
    lines = Lines.from_polylines(drawings)
    simple = lines.simplified(epsilon)
    assert np.array_equal(simple.drawing_starts, lines.drawing_starts)
    for index in range(len(lines.line_starts) - 1):
        line = lines.points[lines.line_starts[index] : lines.line_starts[index + 1]]
        left = simple.points[simple.line_starts[index] : simple.line_starts[index + 1]]
        places = positions_in(line, left)
        assert places[0] == 0
        assert np.array_equal(line[places], left)
        assert np.array_equal(left[-1], line[-1])
        for first, last in itertools.pairwise(places):
            within = line[first : last + 1]
            assert distance(within, within[[0, -1]]).max() <= epsilon + 1e-9


def positions_in(line, left):
    """Returns increasing places of the points `left` in `line`; the last is the line's end."""
    places, start = [], 0
    for number, point in enumerate(left):
        if number == len(left) - 1:
            places.append(len(line) - 1)
            break
        start = next(i for i in range(start, len(line)) if np.array_equal(line[i], point))
        places.append(start)
        start += 1
    return np.array(places)


def test_a_tolerance_for_each_line():
    bent = np.array([[0.0, 0], [5, 1], [10, 0]])
    lines = Lines.from_polylines([[bent, bent]])
    simple = lines.simplified(np.array([0.5, 1.5])).drawing(0)
    assert [len(line) for line in simple] == [3, 2]
