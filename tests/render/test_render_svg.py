import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from sketch_rnn.render import Style, grid, pairs, single, strip, to_svg
from sketch_rnn.render.figure import Line, number, path_data
from sketch_rnn.sketch import Sketch

SVG = "{http://www.w3.org/2000/svg}"
LETTER_F = Sketch.from_polylines([[(0, 0), (0, 100)], [(0, 0), (60, 0)], [(0, 45), (40, 45)]])
DOT = Sketch.from_polylines([[(5, 5)]])
EMPTY = Sketch(np.zeros((0, 3), np.float32))


def paths(svg: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{SVG}path"))


def positions(path: ET.Element) -> np.ndarray:
    numbers = [float(text) for text in re.findall(r"-?\d*\.?\d+", path.get("d", ""))]
    return np.cumsum(np.reshape(numbers, (-1, 2)), axis=0)


def test_one_path_for_each_polyline_in_drawing_order():
    svg = to_svg(grid([LETTER_F, DOT, EMPTY, LETTER_F]))
    assert len(paths(svg)) == 3 + 1 + 0 + 3
    lengths = [np.ptp(positions(path), axis=0).max() for path in paths(svg)[:3]]
    assert lengths[0] > lengths[1] > lengths[2]


def test_an_f_stays_an_f():
    stem, bar, arm = (positions(path) for path in paths(to_svg(single(LETTER_F))))
    scale = (stem[1, 1] - stem[0, 1]) / 100
    assert scale > 1
    np.testing.assert_allclose(bar - stem[0], [[0, 0], [60 * scale, 0]], atol=0.11)
    np.testing.assert_allclose(
        arm - stem[0], [[0, 45 * scale], [40 * scale, 45 * scale]], atol=0.11
    )


def test_labels_come_back_as_they_were():
    labels = ['<b>&"quoted"</b>', "it's ]]> fine", "two\nlines\x00\x1b", "\ud800 ü 羊"]
    figure = strip([LETTER_F] * 4, labels=labels, title="a < b & c", style=Style(cell=300))
    root = ET.fromstring(to_svg(figure))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts == [labels[0], labels[1], "two lines", "? ü 羊", "a < b & c"]
    assert root.findtext(f"{SVG}title") == "a < b & c"


def test_the_view_box_is_the_size():
    root = ET.fromstring(to_svg(pairs([LETTER_F], [DOT])))
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


def test_long_lines_do_not_drift():
    points = np.random.default_rng(0).normal(size=(2000, 2)).cumsum(axis=0)
    line = Line(points, "#000000", 1.0)
    path = ET.fromstring(f'<path d="{path_data(line)}"/>')
    np.testing.assert_allclose(positions(path)[-1], points[-1], atol=0.051)


def test_points_closer_than_the_rounding_leave_a_dot():
    line = Line(np.array([[1.0, 2.0], [1.01, 2.0]]), "#000000", 1.0)
    assert path_data(line) == "M1 2l0 0"


def test_a_dot_is_a_line_of_no_length_and_broader():
    (dot,) = paths(to_svg(DOT))
    assert dot.get("d", "").endswith("l0 0")
    width = re.search(r'<g stroke-width="([\d.]+)"', to_svg(LETTER_F))
    assert width
    assert float(dot.get("stroke-width", "0")) > float(width.group(1))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.001, "0"), (12.5, "12.5"), (3.14159, "3.14"), (100.0, "100"), (-7.0, "-7")],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_files_are_small():
    rng = np.random.default_rng(0)
    walk = [Sketch.from_polylines([rng.normal(size=(50, 2)).cumsum(axis=0)]) for _ in range(10)]
    assert len(to_svg(walk)) < 10 * 50 * 12


def test_notebooks_show_a_figure():
    figure = grid([LETTER_F])
    assert figure._repr_svg_() == to_svg(figure)
