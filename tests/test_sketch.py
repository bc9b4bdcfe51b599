from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import START_TOKEN, Bounds, Sketch, checked_strokes, svg_path

F_SHAPE = [
    np.array([(10.0, 50.0), (10.0, 0.0), (40.0, 0.0)]),
    np.array([(10.0, 20.0), (30.0, 20.0)]),
]
coordinates = st.integers(-500, 500).map(float)
polylines = st.lists(
    st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=6, unique=True).map(
        np.array
    ),
    min_size=1,
    max_size=5,
)
offsets = st.floats(-50, 50, width=32)
strokes = st.lists(
    st.tuples(offsets, offsets, st.sampled_from([0.0, 1.0])), min_size=1, max_size=40
).map(lambda rows: np.array(rows, np.float32))


def assert_same_lines(actual, expected):
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


@given(polylines)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_polylines_survive_when_row_0_is_a_move(lines):
    assert_same_lines(Sketch.from_polylines(lines, "move").polylines(), lines)


@given(polylines)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_polylines_survive_up_to_their_place_when_row_0_is_a_line(lines):
    moved = [line - lines[0][0] for line in lines]
    assert_same_lines(Sketch.from_polylines(lines, "line").polylines(), moved)


@pytest.mark.parametrize("first_row", ["move", "line"])
def test_a_dot_stays_a_dot(first_row):
    dots = [np.array([(3.0, 4.0)]), np.array([(8.0, 4.0)])]
    sketch = Sketch.from_polylines(dots, first_row)
    assert len(sketch) == 2
    assert [len(line) for line in sketch.polylines()] == [1, 1]


def test_rows_of_a_line_sketch_are_one_fewer():
    assert len(Sketch.from_polylines(F_SHAPE, "move")) == 5
    assert len(Sketch.from_polylines(F_SHAPE, "line")) == 4


def test_an_f_is_written_with_y_downwards():
    sketch = Sketch.from_polylines(F_SHAPE)
    np.testing.assert_array_equal(
        sketch.strokes,
        [(10, 50, 0), (0, -50, 0), (30, 0, 1), (-30, 20, 0), (20, 0, 1)],
    )
    assert sketch.bounds() == Bounds(10, 0, 40, 50)
    upper_bar, lower_bar = sketch.polylines()[0][-1], sketch.polylines()[1][-1]
    assert upper_bar[1] < lower_bar[1]
    assert upper_bar[0] > lower_bar[0]


def test_pen_lifted_counts_after_its_point():
    sketch = Sketch(np.array([(1, 0, 0), (1, 0, 1), (5, 0, 0), (1, 0, 0)]))
    assert_same_lines(sketch.polylines(), [[(1, 0), (2, 0)], [(7, 0), (8, 0)]])


@given(strokes, st.sampled_from(["move", "line"]))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_stroke5_round_trip(rows, first_row):
    sketch = Sketch(rows, first_row)
    array = sketch.stroke5()
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array[:, 2:].sum(axis=1), 1)
    padded = np.vstack([array, [(0, 0, 0, 0, 1)], [(9, 9, 1, 0, 0)]])
    assert Sketch.from_stroke5(padded, first_row) == sketch
    assert Sketch.from_stroke5(array, first_row) == sketch


@given(strokes)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_rounding_does_not_drift(rows):
    sketch = Sketch(rows)
    rounded = sketch.rounded()
    assert np.array_equal(rounded.strokes, np.rint(rounded.strokes))
    assert np.abs(rounded.positions() - sketch.positions()).max() <= 0.5 + 1e-9
    np.testing.assert_array_equal(rounded.strokes[:, 2], sketch.strokes[:, 2])


def test_rounding_each_offset_would_drift():
    sketch = Sketch(np.tile([0.4, 0.0, 0.0], (100, 1)))
    assert sketch.rounded().positions()[-1, 0] == 40


def test_scaled_keeps_pen_and_first_row():
    sketch = Sketch.from_polylines(F_SHAPE, "line").scaled(2)
    assert sketch.first_row == "line"
    assert sketch.bounds().width == 60
    assert sketch.bounds().size == sketch.bounds().height == 100
    assert set(sketch.strokes[:, 2]) == {0, 1}


def test_empty_sketch_has_no_lines_and_no_extent():
    for sketch in (
        Sketch(np.zeros((0, 3))),
        Sketch.from_polylines([]),
        Sketch.from_polylines([[]]),
    ):
        assert len(sketch) == 0
        assert sketch.polylines() == []
        assert sketch.bounds() == Bounds(0, 0, 0, 0)
        assert len(sketch.rounded()) == len(sketch.stroke5()) == 0


def test_equality_is_of_rows_and_first_row():
    rows = np.array([(1, 2, 0)])
    assert Sketch(rows) == Sketch(rows.astype(np.int16))
    assert Sketch(rows) != Sketch(rows, "line")
    assert Sketch(rows) != Sketch(2 * rows)
    assert Sketch(rows) != "sketch"


def test_a_sketch_keeps_its_own_copy():
    rows = np.zeros((2, 3), np.float32)
    sketch = Sketch(rows)
    rows[:] = 5
    assert not sketch.strokes.any()


@pytest.mark.parametrize("first_row", ["move", "line"])
def test_svg_for_notebooks_holds_every_line_inside_its_view(first_row):
    sketch = Sketch.from_polylines([*F_SHAPE, np.array([(0.0, 0.0)])], first_row)
    root = ET.fromstring(sketch._repr_svg_())
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    data = root.find("{http://www.w3.org/2000/svg}path").attrib["d"]
    assert data.count("M") == 3
    points = np.array([p.split(",") for p in re.split(r"[ML ]+", data) if p], float)
    assert (points >= (left, top)).all()
    assert (points <= (left + width, top + height)).all()
    assert data.split(" M")[0] == svg_path(sketch.polylines()[0])


def test_svg_of_an_empty_sketch_parses():
    assert ET.fromstring(Sketch(np.zeros((0, 3)))._repr_svg_()).tag.endswith("svg")


def test_svg_path_of_a_dot_is_a_line_of_no_length():
    assert svg_path(np.array([(1.5, 2.0)])) == "M1.5,2 L1.5,2"


def test_start_token_is_a_pen_that_stays_down():
    assert START_TOKEN == (0, 0, 1, 0, 0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            np.zeros((4, 2)),
            "cat.npz: shape (4, 2), expected (N, 3) rows of dx, dy and pen lifted",
        ),
        (np.zeros(3), "cat.npz: shape (3,), expected (N, 3) rows of dx, dy and pen lifted"),
        ([["a", "b", "c"]], "cat.npz: <U1 values, expected numbers"),
        ([[1j, 0, 0]], "cat.npz: complex128 values, expected numbers"),
        (np.array([[None, 0, 0]]), "cat.npz: object values, expected numbers"),
        ([[0, 0, 0], [0, 0]], "cat.npz: rows of different lengths, expected an array"),
        ([[0, 0, 0], [np.nan, 0, 0]], "cat.npz: row 1 has a NaN or infinite value; remove it"),
        ([[0, -np.inf, 1]], "cat.npz: row 0 has a NaN or infinite value; remove it"),
        ([[1e300, 0, 1]], "cat.npz: row 0 has a NaN or infinite value; remove it"),
        (
            [[0, 0, 0], [0, 0, 2]],
            (
                "cat.npz: row 1 has pen value 2; the third column must be 0 (pen down) "
                "or 1 (pen lifted after this point)"
            ),
        ),
    ],
)
def test_invalid_rows_are_refused(rows, message):
    with pytest.raises(SketchRNNError) as error:
        checked_strokes(rows, "cat.npz")
    assert str(error.value) == message


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint8, np.float64, np.bool_])
def test_any_number_type_is_read(dtype):
    array = checked_strokes(np.ones((2, 3), dtype), "x")
    assert array.dtype == np.float32
    assert array.all()


def test_other_bad_input_is_refused_with_its_place():
    cases = {
        "first_row='up' must be one of move, line": lambda: Sketch(np.zeros((1, 3)), "up"),
        "polyline 1: shape (1, 3), expected (n, 2)": lambda: Sketch.from_polylines(
            [[(0, 0)], [(0, 0, 0)]]
        ),
        "polyline 0: a position is NaN or infinite; remove it": lambda: Sketch.from_polylines(
            [[(0, np.nan)]]
        ),
        "polyline 0: rows of different lengths, expected an array": lambda: Sketch.from_polylines(
            [[(0, 0), (0,)]]
        ),
        "stroke-5: shape (2, 3), expected (T, 5) rows of dx, dy, p1, p2 and p3": lambda: (
            Sketch.from_stroke5(np.zeros((2, 3)))
        ),
    }
    for message, make in cases.items():
        with pytest.raises(SketchRNNError) as error:
            make()
        assert str(error.value) == message


def test_a_sketch_says_its_size_in_a_line_and_saves_itself(tmp_path):
    sketch = Sketch.from_polylines([[(0, 0), (30, 20)], [(5, 5)]])
    assert repr(sketch) == "<Sketch: 3 points in 2 strokes, 30 x 20 pixels>"
    assert sketch.to_svg(tmp_path / "x.svg") == (tmp_path / "x.svg").read_text()
    assert sketch.to_svg().count("<path") == 2


def test_a_sketch_shows_itself(monkeypatch):
    widths = []
    monkeypatch.setattr(Image.Image, "show", lambda image: widths.append(image.width))
    Sketch.from_polylines([[(0, 0), (30, 20)]]).show()
    assert widths[0] > 300
