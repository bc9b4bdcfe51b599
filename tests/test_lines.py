"""Laws of drawings as flat polylines."""

from __future__ import annotations

import itertools
import threading

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
TOLERANCES = st.floats(0, 60)


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
@given(DRAWINGS, TOLERANCES)
def test_simplification_moves_no_kept_point_and_never_exceeds_epsilon(drawings, epsilon):
    lines = Lines.from_polylines(drawings)
    check_simplified(lines, lines.simplified(epsilon), epsilon)


def check_simplified(lines, simple, epsilon):
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


@pytest.fixture
def small_stack():
    """Gives threads the stack that they have on macOS."""
    before = threading.stack_size(512 * 1024)
    yield
    threading.stack_size(before)


def test_a_long_line_is_simplified_without_recursion(small_stack):
    corners = [[0, 0], [9, 0], [9, 9]]
    lines = Lines.from_polylines([[np.tile(corners, (20_000, 1)), corners]])
    found = []
    thread = threading.Thread(target=lambda: found.append(lines.simplified(2.0)))
    thread.start()
    thread.join()
    long, short = found[0].drawing(0)
    assert np.array_equal(short, corners)
    for end in (0, -1):
        assert np.array_equal(long[end], lines.drawing(0)[0][end])
    # A tolerance of 2 cannot drop a corner of such a triangle between others.
    assert len(long) == 60_000


@given(arrays(np.float64, st.tuples(st.integers(3, 40), st.just(2)), elements=WHOLE), TOLERANCES)
def test_long_lines_are_simplified_like_short_ones(line, tolerance):
    lines = Lines.from_polylines([[line, line + 1, line[:1]]])
    expected = lines.simplified(tolerance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sketch_rnn.lines._LONG", 2)
        found = lines.simplified(tolerance)
    assert np.array_equal(found.points, expected.points)
    assert np.array_equal(found.line_starts, expected.line_starts)


@given(DRAWING, TOLERANCES)
def test_sections_that_are_halved_stay_within_the_tolerance(drawing, tolerance):
    lines = Lines.from_polylines([drawing])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sketch_rnn.lines._LONG", 2)
        patch.setattr("sketch_rnn.lines._FARTHEST_LEVELS", 1)
        simple = lines.simplified(tolerance)
    check_simplified(lines, simple, tolerance)
