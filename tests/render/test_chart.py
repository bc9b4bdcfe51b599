import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.render import line_chart, to_image, to_svg
from sketch_rnn.render.axes import Axis, nice_step, rounded_range, tick_texts
from sketch_rnn.render.chart import _running_mean, _thinned

STEPS = np.arange(0, 1001, 10)
SERIES = {"train": (STEPS, np.exp(-STEPS / 300)), "valid": (STEPS, np.exp(-STEPS / 250) + 0.1)}


def contents(figure):
    return [text.content for text in figure.texts]


def place(figure, content):
    (text,) = (text for text in figure.texts if text.content == content)
    return text


def test_a_chart_has_its_texts_and_one_line_for_each_series():
    figure = line_chart(SERIES, title="Loss", x_label="step", y_label="nats")
    assert {"Loss", "step", "nats", "train", "valid", "0", "200", "1000"} <= set(contents(figure))
    assert len(figure.drawings) == 2
    assert place(figure, "train").color == figure.drawings[0].lines[0].color
    root = ET.fromstring(to_svg(figure))
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "Loss"
    assert to_image(figure, scale=1).size == (640, 360)


def test_values_are_where_their_ticks_are():
    figure = line_chart({"a": ([0, 5, 10], [0.0, 2.0, 4.0])})
    points = figure.drawings[0].lines[0].points
    for tick, point in (("0", points[0]), ("2", points[1]), ("4", points[2])):
        heights = [text.y for text in figure.texts if text.content == tick and text.anchor == "end"]
        assert heights[0] - point[1] == pytest.approx(12 * 0.35, abs=0.01)
    assert place(figure, "10").x == pytest.approx(points[2, 0])
    assert points[0, 1] > points[2, 1], "larger values are higher"


def test_everything_is_inside_the_picture():
    figure = line_chart({"a very long name of a series": (STEPS, -STEPS * 1e5)}, y_label="y")
    for drawing in figure.drawings:
        for line in drawing:
            assert (line.points >= 0).all()
            assert (line.points <= [figure.width, figure.height]).all()


def test_names_at_the_ends_do_not_overlap():
    figure = line_chart(
        {f"s{i}": ([0, 1], [0, i * 0.001]) for i in range(7)} | {"z": ([0, 1], [0, 5])}
    )
    heights = sorted(place(figure, f"s{i}").y for i in range(7))
    assert min(np.diff(heights)) >= 14.9
    assert heights[-1] < figure.height - 18


def test_names_with_room_are_at_their_lines():
    figure = line_chart({"low": ([0, 1], [0, 0]), "high": ([0, 1], [0, 9])})
    for name, drawing in zip(("low", "high"), figure.drawings, strict=True):
        assert place(figure, name).y == pytest.approx(drawing.lines[0].points[-1, 1] + 4.2)


def test_logarithmic_x_leaves_out_zero():
    figure = line_chart({"a": ([0, 1, 10, 100], [9, 1, 2, 3])}, log_x=True)
    x = figure.drawings[0].lines[0].points[:, 0]
    assert len(x) == 3
    assert x[1] - x[0] == pytest.approx(x[2] - x[1])
    assert {"1", "10", "100"} <= set(contents(figure))


def test_values_that_are_not_finite_are_left_out():
    figure = line_chart({"a": ([0, 1, 2, 3], [1, np.nan, np.inf, 2])})
    assert len(figure.drawings[0].lines[0].points) == 2


def test_smoothing_keeps_the_values_behind_the_mean():
    noise = np.random.default_rng(0).normal(size=500)
    values, curve = line_chart({"a": (np.arange(500), noise)}, smooth=0.1).drawings
    (raw,), mean = values.given, curve.lines[0]
    assert np.ptp(mean.points[100:, 1]) < np.ptp(raw.points[100:, 1]) / 4
    assert raw.color != mean.color


def test_a_running_mean_of_a_line_is_the_line_up_to_its_last_window():
    line = np.column_stack([np.arange(100.0), np.arange(100.0) * 3])
    np.testing.assert_allclose(_running_mean(line, 0.1)[:95], line[:95])
    assert _running_mean(line, 0.1)[-1, 1] == pytest.approx(3 * np.arange(94, 100).mean())
    np.testing.assert_allclose(_running_mean(line, 0.0), line)


def test_long_series_keep_their_extremes():
    rng = np.random.default_rng(0)
    points = np.column_stack([np.arange(50_000), rng.normal(size=50_000)])
    kept = _thinned(points)
    assert len(kept) <= 800
    assert kept[:, 1].max() == points[:, 1].max()
    assert kept[:, 1].min() == points[:, 1].min()
    assert (np.diff(kept[:, 0]) > 0).all()
    np.testing.assert_array_equal(kept[[0, -1]], points[[0, -1]])


@pytest.mark.parametrize(
    ("extent", "count", "step"),
    [(10, 5, 2), (10, 4, 2.5), (1, 6, 0.2), (0.037, 6, 0.01), (70000, 6, 20000), (6, 6, 1)],
)
def test_steps_are_round(extent, count, step):
    assert nice_step(extent, count) == pytest.approx(step)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 4.9, (0, 5)),
        (-1.13, 2.2, (-2, 3)),
        (3, 3, (2.7, 3.3)),
        (0, 0, (-1, 1)),
        (0, 6, (0, 6)),
    ],
)
def test_ranges_end_on_ticks(low, high, expected):
    assert rounded_range(low, high, 6) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([-1.0, -0.5, 0.0], ["-1.0", "-0.5", "0.0"]),
        ([0, 5000, 10000], ["0", "5k", "10k"]),
        ([0, 500, 1000], ["0", "500", "1000"]),
        ([5e5, 1e6, 1.5e6], ["0.5M", "1M", "1.5M"]),
        ([0.02, 0.025], ["0.020", "0.025"]),
        ([2, 4], ["2", "4"]),
    ],
)
def test_ticks_as_text(ticks, texts):
    assert tick_texts(Axis(0, 1, 0, 1), ticks) == texts


def test_logarithmic_ticks_each_have_their_own_form():
    axis = Axis(0.5, 20000, 0, 1, log=True)
    assert tick_texts(axis, axis.ticks(5)) == ["1", "10", "100", "1000", "10k"]
    assert Axis(20, 90, 0, 1, log=True).ticks(5) == [20, 30, 40, 50, 60, 70, 80, 90]
    assert Axis(20, 2000, 0, 1, log=True).ticks(5) == [30, 100, 300, 1000]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: line_chart({}), "nothing to draw: no series has a point with finite x and y"),
        (
            lambda: line_chart({"a": ([1], [np.nan])}),
            "nothing to draw: no series has a point with finite x and y",
        ),
        (lambda: line_chart({"a": ([1, 2], [1])}), "series 'a': 2 x values for 1 y values"),
        (
            lambda: line_chart(SERIES, smooth=1),
            "smooth=1 must be at least 0 and below 1",
        ),
        (
            lambda: line_chart(SERIES, size=(90, 300)),
            "size=(90, 300) leaves no room for the curves; make it larger",
        ),
    ],
)
def test_mistakes_are_named(draw, message):
    with pytest.raises(SketchRNNError, match=f"^{re.escape(message)}$"):
        draw()
