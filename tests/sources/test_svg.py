from __future__ import annotations

import numpy as np
import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.svg import read_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg"'
PEN = 'fill="none" stroke="black"'


@pytest.fixture
def svg(tmp_path):
    """Returns a function that writes an SVG with these elements and reads it."""

    def read(elements, attributes="", pen=PEN):
        path = tmp_path / "drawing.svg"
        path.write_text(f"{HEAD} {pen} {attributes}>{elements}</svg>")
        return read_svg(path)

    return read


def as_lists(lines):
    return [line.tolist() for line in lines]


def test_straight_shapes_keep_their_points(svg):
    lines = svg(
        '<path d="M0 1 L2 3 l4 0 h1 v2"/>'
        '<polyline points="0,0 5,5 10,0"/>'
        '<line x1="1" y1="2" x2="3" y2="4"/>'
        '<polygon points="0,0 4,0 4,4"/>'
        '<rect x="1" y="2" width="3" height="4"/>'
    )
    assert as_lists(lines) == [
        [[0, 1], [2, 3], [6, 3], [7, 3], [7, 5]],
        [[0, 0], [5, 5], [10, 0]],
        [[1, 2], [3, 4]],
        [[0, 0], [4, 0], [4, 4], [0, 0]],
        [[1, 2], [4, 2], [4, 6], [1, 6], [1, 2]],
    ]


def test_each_part_of_a_path_is_a_line_and_a_closed_one_ends_where_it_began(svg):
    lines = svg('<path d="M0 0 L10 0 L10 10 Z l-3 4 M20 20 l1 1 m5 5"/>')
    assert as_lists(lines) == [
        [[0, 0], [10, 0], [10, 10], [0, 0]],
        [[0, 0], [-3, 4]],
        [[20, 20], [21, 21]],
    ]


def test_curves_are_followed_closely(svg):
    (circle,) = svg('<circle cx="50" cy="40" r="30"/>')
    assert 12 < len(circle) < 80
    middles = (circle[1:] + circle[:-1]) / 2
    assert np.allclose(np.hypot(*(circle - (50, 40)).T), 30, atol=1e-3)
    assert np.hypot(*(middles - (50, 40)).T).min() > 30 - 0.002 * 60
    (curve,) = svg('<path d="M0 0 C0 50 100 50 100 0"/>')
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [100, 0]
    assert curve[:, 1].max() == pytest.approx(37.5, abs=0.2)


def test_transforms_and_the_view_box_apply(svg):
    shape = '<g transform="translate(10,20)"><line x2="3" y2="4" transform="scale(2)"/></g>'
    assert as_lists(svg(shape)) == [[[10, 20], [16, 28]]]
    lines = svg(shape, 'viewBox="0 0 100 100" width="300" height="300"')
    assert np.allclose(lines[0], [[30, 60], [48, 84]])


def test_y_stays_downwards(svg):
    (line,) = svg('<line x1="0" y1="0" x2="0" y2="9"/>')
    assert line[1].tolist() == [0, 9]


def test_dots(svg):
    assert as_lists(svg('<path d="M3 4 l0 0"/><path d="M7 8 z"/>')) == [[[3, 4]], [[7, 8]]]


def test_backgrounds_hidden_shapes_definitions_and_text_do_not_count(svg):
    lines = svg(
        '<defs><line x2="9" y2="9" stroke="red"/></defs><rect width="99" height="99" fill="red"/>'
        '<style>.pen{stroke:blue}</style><line class="pen" x2="1" y2="2"/>'
        '<line x2="5" y2="5" stroke="black" display="none"/><text>hello</text>',
        pen="",
    )
    assert as_lists(lines) == [[[0, 0], [1, 2]]]


@pytest.mark.parametrize("elements", ["", "<text>hello</text>", '<path d=""/>', '<path d="M1 1"/>'])
def test_nothing_drawn(svg, elements):
    with pytest.raises(SketchRNNError, match=r"drawing\.svg: nothing is drawn in this SVG"):
        svg(elements)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a readable SVG"),
        (b"hello", "not a readable SVG"),
        (b"\x89PNG\r\n", "not a readable SVG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0 L1 1'", "not a readable SVG"),
        (b"<html></html>", "not an SVG"),
    ],
)
def test_not_an_svg(tmp_path, content, message):
    path = tmp_path / "drawing.svg"
    path.write_bytes(content)
    with pytest.raises(SketchRNNError, match=rf"drawing\.svg: {message}"):
        read_svg(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(SketchRNNError, match=r"none\.svg: cannot be read: No such file"):
        read_svg(tmp_path / "none.svg")
