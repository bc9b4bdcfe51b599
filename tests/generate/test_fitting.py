"""A drawing fitted to a model: its place, size and density."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.fitting import Fit, fit_drawing, simplified, with_density
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FIRST_ROWS, Sketch

SQUARE = np.array([[0, 0], [100, 0], [100, 100], [0, 100], [0, 0.0]])


def moved(sketch, factor, x=0.0, y=0.0):
    return Sketch.from_polylines([line * factor + (x, y) for line in sketch.polylines()])


def same_lines(first, second, tolerance=1e-3):
    lines, others = first.polylines(), second.polylines()
    return len(lines) == len(others) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=0, atol=tolerance)
        for a, b in zip(lines, others, strict=True)
    )


coordinates = st.floats(-500, 500, width=32)
polylines = st.lists(
    st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=5), min_size=1, max_size=4
)


@settings(deadline=None, max_examples=60)
@given(
    lines=polylines,
    own=st.sampled_from(FIRST_ROWS),
    model=st.sampled_from(FIRST_ROWS),
    part=st.booleans(),
    fit=st.booleans(),
    pen_down=st.booleans(),
)
def test_there_and_back_is_where_it_was(profile_of, lines, own, model, *, part, fit, pen_down):
    # Of a first line of two equal points, `line` rows keep only the dot.
    assume(len(lines[0]) != 2 or np.ptp(lines[0], axis=0).max() > 1e-3)
    sketch = Sketch.from_polylines([np.array(line) for line in lines], own)
    if pen_down:
        strokes = sketch.strokes.copy()
        strokes[-1, 2] = 0
        sketch = Sketch(strokes, own)
    relation = Fit.of(sketch, profile_of(model), fit=fit, part=part)
    seen = relation.apply(sketch)
    back = relation.invert(seen)
    assert seen.first_row == model
    assert same_lines(back, sketch)
    assert back.strokes[-1, 2] == seen.strokes[-1, 2] == sketch.strokes[-1, 2]


@pytest.fixture(scope="module")
def profile_of():
    def make(first_row):
        return DataProfile(
            scale=10,
            max_seq_len=40,
            first_row=first_row,
            typical_size=100,
            typical_spacing=10,
            typical_corner=(5, 10),
        )

    return make


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.5])
def test_a_drawing_of_about_the_models_size_stays_itself(zigzag, profile, factor):
    sketch = moved(zigzag, factor)
    assert fit_drawing(sketch, profile).sketch is sketch


@pytest.mark.parametrize("factor", [0.01, 0.5, 3.0, 100.0])
def test_another_size_becomes_the_typical_size_in_the_typical_place(zigzag, profile, factor):
    fitted = fit_drawing(moved(zigzag, factor, -70, 900), profile)
    box = fitted.sketch.bounds()
    assert box.size == pytest.approx(100, abs=1e-3)
    assert (box.left, box.top) == pytest.approx((5, 10), abs=1e-3)
    assert fitted.fit.factor == pytest.approx(100 / (80 * factor))


def test_another_place_becomes_the_typical_place(zigzag, profile):
    box = fit_drawing(moved(zigzag, 1, 300, 0), profile).sketch.bounds()
    assert (box.left, box.top, box.size) == pytest.approx((5, 10, 80), abs=1e-3)


def test_part_of_a_drawing_may_be_small_and_anywhere_in_the_box(zigzag, profile):
    sketch = moved(zigzag, 0.4, 50, 60)
    assert fit_drawing(sketch, profile, part=True).sketch is sketch
    assert fit_drawing(sketch, profile).sketch.bounds().size == pytest.approx(100, abs=1e-3)
    tiny = moved(zigzag, 0.1)
    assert fit_drawing(tiny, profile, part=True).sketch.bounds().size == pytest.approx(100)


def test_fit_false_changes_the_meaning_of_the_first_row_alone(zigzag, profile_of):
    sketch = moved(zigzag, 9, 70, 80)
    assert fit_drawing(sketch, profile_of("move"), fit=False).sketch is sketch
    fitted = fit_drawing(sketch, profile_of("line"), fit=False)
    assert fitted.fit.factor == 1
    assert fitted.sketch.first_row == "line"
    assert len(fitted.sketch) == len(sketch) - 1
    assert same_lines(fitted.fit.invert(fitted.sketch), sketch)


def test_a_drawing_without_a_place_gets_the_typical_one(zigzag, profile_of):
    sketch = replace(zigzag, first_row="line")
    box = fit_drawing(sketch, profile_of("move"), fit=False).sketch.bounds()
    assert (box.left, box.top) == pytest.approx((5, 10), abs=1e-3)


def test_a_drawing_without_a_place_comes_back_with_one_if_the_model_moved_it(zigzag, profile_of):
    sketch = replace(zigzag, first_row="line")
    relation = Fit.of(sketch, profile_of("move"))
    assert relation.invert(relation.apply(sketch)).first_row == "move"
    relation = Fit.of(sketch.scaled(5), profile_of("line"))
    assert relation.invert(relation.apply(sketch)).first_row == "line"


def test_a_dot_and_an_unknown_size_are_left_alone(profile):
    dot = Sketch.from_polylines([[[30, 40]]])
    assert fit_drawing(dot, profile).sketch is dot
    large = Sketch.from_polylines([[[0, 0], [9000, 0]]])
    unknown = replace(profile, typical_size=0.0, typical_spacing=0.0)
    assert fit_drawing(large, unknown).sketch is large


def test_a_dense_drawing_is_simplified_and_keeps_its_shape(profile):
    angle = np.linspace(0, 2 * np.pi, 500)
    circle = Sketch.from_polylines([50 + 45 * np.column_stack([np.cos(angle), np.sin(angle)])])
    seen = fit_drawing(circle, profile).sketch
    assert 8 < len(seen) <= 40
    radius = np.hypot(*(seen.positions() - 50).T)
    assert np.allclose(radius, 45, atol=1e-3)
    box = seen.bounds()
    assert box.width == pytest.approx(90, abs=3)


def test_a_drawing_too_long_is_simplified_until_it_fits(profile):
    steps = np.arange(400)
    jagged = Sketch.from_polylines([np.column_stack([steps / 4, 50 + 3.0 * (-1) ** steps])])
    seen = fit_drawing(jagged, profile).sketch
    assert len(seen) <= 40
    assert seen.bounds().width == pytest.approx(100, abs=1)
    assert len(fit_drawing(jagged, profile, max_rows=5).sketch) <= 5


def test_a_drawing_that_cannot_be_short_enough(profile):
    crowd = Sketch.from_polylines([[[x, 0], [x, 9]] for x in range(50)])
    message = "has 100 rows in 50 lines, but the model can take 40; simplify it"
    with pytest.raises(SketchRNNError, match=message):
        fit_drawing(crowd, profile)
    with pytest.raises(SketchRNNError, match="can take 40; let it be fitted, or simplify it"):
        fit_drawing(crowd, profile, fit=False)


def test_an_empty_drawing(profile):
    with pytest.raises(SketchRNNError, match="the drawing is empty: nothing was drawn"):
        fit_drawing(Sketch.from_polylines([]), profile)


def spacing(lines):
    return np.median(np.concatenate([np.hypot(*np.diff(line, axis=0).T) for line in lines]))


def wave(num_points):
    x = np.linspace(0, 200, num_points)
    return np.column_stack([x, 20 * np.sin(x / 12)])


@pytest.mark.parametrize("points_apart", [6.0, 10.0, 40.0])
def test_lines_of_about_the_right_density_stay(points_apart):
    line = wave(int(200 / points_apart))
    assert with_density([line], 10, 100) is None


def test_dense_lines_become_about_as_sparse_as_the_data():
    dense = wave(2000)
    (line,) = with_density([dense], 10, 250)
    assert 5 <= spacing([line]) <= 30
    assert np.array_equal(line[[0, -1]], dense[[0, -1]])
    heights = np.interp(dense[:, 0], *line.T)
    assert np.abs(heights - dense[:, 1]).max() <= 0.02 * 200


def test_repeated_points_disappear():
    line = np.repeat(wave(20), 4, axis=0)
    (found,) = with_density([line], 10, 250)
    assert len(found) <= 20


def test_far_sparser_lines_are_divided_evenly():
    (line,) = with_density([SQUARE], 5, 250)
    assert len(line) == 1 + 4 * 5
    assert np.allclose(np.hypot(*np.diff(line, axis=0).T), 20)
    assert np.allclose(line[::5], SQUARE)


def test_dense_straight_lines_are_neither_dense_nor_far_sparser_afterwards():
    straight = np.linspace([0, 0], [200, 0], 3000)
    (line,) = with_density([straight], 5, 250)
    assert spacing([line]) == pytest.approx(20)


def test_dividing_stops_at_the_cap():
    (line,) = with_density([SQUARE], 1, 12)
    assert 5 <= len(line) <= 12


def test_a_simplified_data_sets_straight_lines_stay():
    assert with_density([SQUARE], 13, 250) is None


def test_dots_stay():
    assert with_density([np.array([[3.0, 4.0]]), np.array([[5.0, 6.0]])], 10, 250) is None


def test_lines_without_a_known_density_are_only_shortened():
    assert with_density([wave(100)], 0, 100) is None
    (line,) = with_density([wave(101)], 0, 100)
    assert len(line) < 101


def test_simplified_drops_what_lies_within_the_tolerance():
    line = np.array([[0, 0], [5, 0.9], [10, 0], [15, 1.1], [20, 0.0]])
    (found,) = simplified([line], 1.0)
    assert found.tolist() == [[0, 0], [15, 1.1], [20, 0]]


def test_dividing_takes_no_more_memory_than_the_points_that_fit():
    """In pieces of 4e-30 pixels, the line would have more points than any memory."""
    line = np.array([[0, 0], [1e6, 0.0]])
    divided = with_density([line], 1e-30, max_rows=40)[0]
    assert 20 <= len(divided) <= 40
    np.testing.assert_allclose(np.diff(divided[:, 0]), 1e6 / (len(divided) - 1))
