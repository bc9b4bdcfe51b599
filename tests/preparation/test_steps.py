"""Laws of the steps that change drawings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.lines import Lines
from sketch_rnn.preparation import pipeline
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.pipeline import prepare_lines
from sketch_rnn.preparation.rows import cut, rows_of
from sketch_rnn.preparation.steps import (
    fitted,
    joined,
    pen_travel,
    resampled,
    shortest_travel,
    simplified_to,
    stray_ratios,
)
from sketch_rnn.sketch import Sketch
from sketch_rnn.sketches import Sketches

POSITION = st.floats(-500, 500, width=32)
POLYLINE = st.integers(1, 15).flatmap(lambda n: arrays(np.float64, (n, 2), elements=POSITION))
DRAWINGS = st.lists(st.lists(POLYLINE, min_size=1, max_size=5), min_size=1, max_size=4)


def lines_of(*drawings):
    return Lines.from_polylines([[np.array(line, float) for line in d] for d in drawings])


def as_lists(lines, index=0):
    return [line.tolist() for line in lines.drawing(index)]


@given(DRAWINGS)
def test_fitting_keeps_the_aspect_and_fills_the_box(drawings):
    lines = Lines.from_polylines(drawings)
    low, high = lines.boxes()
    fit_low, fit_high = fitted(lines, 255).boxes()
    assert np.allclose(fit_low, 0)
    size = (high - low).max(axis=1)
    has_size = size > 1e-3
    assert np.allclose(fit_high[has_size].max(axis=1), 255)
    ratio = (high - low)[has_size] / size[has_size, None]
    assert np.allclose(fit_high[has_size] / 255, ratio, atol=1e-6)


def test_strokes_that_touch_are_joined_and_others_are_not():
    lines = lines_of(
        [[[0, 0], [10, 0]], [[10, 0], [10, 10]], [[13, 10], [20, 20]]], [[[20, 20], [30, 30]]]
    )
    once = joined(lines, 0)
    assert as_lists(once) == [[[0, 0], [10, 0], [10, 10]], [[13, 10], [20, 20]]]
    assert as_lists(once, 1) == [[[20, 20], [30, 30]]]
    assert as_lists(joined(lines, 4)) == [[[0, 0], [10, 0], [10, 10], [13, 10], [20, 20]]]
    assert joined(lines, -1) is lines


@given(DRAWINGS, st.integers(0, 40).map(float))
def test_joining_draws_no_less(drawings, distance):
    lines = Lines.from_polylines(drawings)
    after = joined(lines, distance)
    assert len(after) == len(lines)
    for index in range(len(lines)):
        before = {tuple(p) for line in lines.drawing(index) for p in line}
        # Points at the same place to within a millionth are one.
        now = np.concatenate(after.drawing(index))
        gaps = [np.abs(now - point).max(axis=1).min() for point in before]
        assert max(gaps) < 0.01


def test_resampling_keeps_ends_and_steps_evenly():
    lines = resampled(lines_of([[[0, 0], [30, 0], [30, 30]], [[5, 5]]]), 6)
    line, dot = lines.drawing(0)
    assert line[0].tolist() == [0, 0]
    assert line[-1].tolist() == [30, 30]
    assert np.allclose(np.abs(np.diff(line, axis=0)).sum(axis=1), 6)
    assert dot.tolist() == [[5, 5]]


CLOSED = np.array([[0.0, 0.0]] * 10 + [[1.0, 1.0], [0.0, 0.0]])


@given(DRAWINGS, st.integers(4, 30))
@example([[CLOSED[:2], CLOSED]], 4)
def test_a_number_of_points_is_reached_where_strokes_allow(drawings, most):
    lines = Lines.from_polylines(drawings)
    after = simplified_to(lines, most)
    least = [sum(min(len(line), 2) for line in drawing) for drawing in drawings]
    for before, now, fewest in zip(lines.point_counts, after.point_counts, least, strict=True):
        assert now == before if before <= most else now <= max(most, fewest)


@given(DRAWINGS)
def test_another_order_shortens_the_travel_and_draws_the_same(drawings):
    for drawing in drawings:
        ordered = shortest_travel(drawing)
        assert pen_travel(ordered) <= pen_travel(drawing)
        ends = [sorted([tuple(line[0]), tuple(line[-1])]) for line in drawing]
        assert sorted(ends) == sorted(sorted([tuple(x[0]), tuple(x[-1])]) for x in ordered)


def test_a_stray_stroke_is_found_and_an_outline_is_none():
    face = [[[0, 0], [100, 0], [100, 100], [0, 100]], [[40, 40], [60, 40]]]
    stray = [[[0, 0], [10, 10]], [[10, 0], [0, 10]], [[300, 300], [303, 300]]]
    outlier_first = [stray[2], *stray[:2]]
    lines = lines_of(face, stray, outlier_first, [[[0, 0], [9, 9]]])
    assert stray_ratios(lines).tolist() == pytest.approx([1, 30.3, 30.3, 1])


@given(st.lists(POLYLINE, min_size=1, max_size=6), st.integers(2, 9))
def test_cutting_loses_nothing(drawing, most):
    parts = cut(drawing, most)
    assert all(0 < sum(map(len, part)) <= most for part in parts)
    lines = [line for part in parts for line in part]
    rebuilt = []
    for line in lines:
        is_rest = rebuilt and len(rebuilt[-1]) < len(drawing[len(rebuilt) - 1])
        if is_rest:
            rebuilt[-1] = np.concatenate([rebuilt[-1], line[1:]])
        else:
            rebuilt.append(line)
    assert all(map(np.array_equal, rebuilt, drawing))


@settings(max_examples=60)
@given(DRAWINGS, st.sampled_from(["line", "move"]))
def test_rows_are_those_of_the_sketch(drawings, first_row):
    lines = Lines.from_polylines([[np.rint(line) for line in drawing] for drawing in drawings])
    lines = pipeline.without_repeats(lines)
    rows, offsets = rows_of(lines, first_row)
    made = Sketches(rows.astype(np.float32), offsets, np.zeros(len(lines), np.int32))
    for index in range(len(lines)):
        sketch = Sketch.from_polylines(lines.drawing(index), first_row)
        assert np.array_equal(made[index], sketch.strokes)


@settings(max_examples=60)
@given(DRAWINGS)
def test_whatever_comes_in_goes_out_or_is_accounted_for(drawings):
    lines = Lines.from_polylines(drawings)
    options = PrepareOptions(max_points=12)
    prepared = prepare_lines(lines, options)
    assert len(prepared.lines) + sum(prepared.dropped.values()) == len(drawings)
    assert (prepared.lines.point_counts <= 12).all()
    assert np.abs(prepared.lines.points).max(initial=0) <= 256
    assert len(prepared.origins) == len(prepared.keys) == len(prepared.lines)


def test_what_is_counted():
    speck = [[0, 0], [0.2, 0]]
    drawing = [[[0, 0], [255, 0]], [[255, 0], [255, 100]], [[50, 50], [51, 50]]]
    lines = lines_of(drawing, [speck], [[[7, 7]]], drawing)
    prepared = prepare_lines(lines, PrepareOptions(tiny="drop", max_points=0))
    assert prepared.changes[pipeline.JOINED] == 2
    assert prepared.changes[pipeline.TINY_DROPPED] == 2
    assert prepared.dropped == {pipeline.NO_EXTENT: 1}
    assert prepared.origins.tolist() == [0, 1, 3]
    assert prepared.keys[0] == prepared.keys[2] != prepared.keys[1]


@pytest.mark.parametrize(
    ("long", "counts", "dropped"),
    [("simplify", [12], 0), ("drop", [], 1), ("split", [12, 12, 12, 6], 0)],
)
def test_long_drawings(long, counts, dropped):
    zigzag = [[[10.0 * i, 100.0 * (i % 2)] for i in range(39)]]
    options = PrepareOptions(box=0, epsilon=0, max_points=12, long=long)
    prepared = prepare_lines(lines_of(zigzag), options)
    found = prepared.lines.point_counts.tolist()
    assert found == counts or (long == "simplify" and found[0] <= 12)
    assert sum(prepared.dropped.values()) == dropped
    assert len(set(prepared.keys.tolist())) <= 1


def test_offsets_beyond_int16_are_dropped_with_the_reason():
    lines = lines_of([[[0, 0], [40_000, 0]]], [[[0, 0], [30_000, 0]]])
    prepared = prepare_lines(lines, PrepareOptions(box=0))
    assert prepared.dropped == {pipeline.TOO_LARGE: 1}


def test_faults_of_options_are_named_together():
    with pytest.raises(SketchRNNError, match=r"join=None must be a finite .*epsilon='x' must"):
        PrepareOptions(epsilon="x", join=None)
    with pytest.raises(
        SketchRNNError,
        match=r"box=-1 must .*tiny='x' must .*valid=0 must .*test=2 must",
    ):
        PrepareOptions(box=-1, tiny="x", valid=0, test=2)
    with pytest.raises(SketchRNNError, match=r"valid=0.5 and test=0.5 leave nothing for training"):
        PrepareOptions(valid=0.5, test=0.5)
    with pytest.raises(SketchRNNError, match=r"max_points=1 must be 0, or a whole number of at"):
        PrepareOptions(max_points=1)
