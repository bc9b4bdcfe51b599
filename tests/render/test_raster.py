import io

import numpy as np
import pytest
from PIL import Image

from sketch_rnn.render import Style, grid, single, to_image, to_png
from sketch_rnn.render.figure import Line
from sketch_rnn.render.raster import paint, paint_lines
from sketch_rnn.sketch import Sketch

LETTER_F = Sketch.from_polylines([[(0, 0), (0, 100)], [(0, 0), (60, 0)], [(0, 45), (40, 45)]])
EMPTY = Sketch(np.zeros((0, 3), np.float32))
PLAIN = Style(ink="#000000", panel=None, cell=100)


def ink(image: Image.Image) -> np.ndarray:
    """Returns for every pixel how black it is, 0 to 1."""
    return 1 - np.asarray(image.convert("L"), np.float64) / 255


def drawn_line(points, width, scale=1.0):
    image = Image.new("RGB", (100, 100), "#ffffff")
    paint_lines(image, [Line(np.array(points, np.float64), "#000000", width)], scale)
    return ink(image)


def test_an_f_stays_an_f():
    dark = ink(to_image(single(LETTER_F, style=PLAIN), scale=2)) > 0.5
    rows, columns = np.nonzero(dark)
    letter = dark[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = letter.shape
    assert height > width
    assert letter[:, 1].all(), "the stem is left"
    assert letter[1].all(), "the long bar is on top"
    assert not letter[int(height * 0.6) :, width // 3 :].any(), "nothing right of the foot"
    arm = letter[int(height * 0.45) + 1]
    assert arm[: int(width * 0.6)].all()
    assert not arm[int(width * 0.8) :].any()


def test_ink_is_inside_its_own_cell():
    bare = Style(ink="#000000", plain=True)
    image = ink(to_image(grid([EMPTY, LETTER_F, EMPTY, EMPTY], columns=2, style=bare), scale=1))
    middle_y, middle_x = image.shape[0] // 2, image.shape[1] // 2
    assert image[:middle_y, middle_x:].sum() > 50
    assert image[:, :middle_x].sum() == 0
    assert image[middle_y:].sum() == 0


def test_dots_are_visible():
    dot = ink(to_image(single(Sketch.from_polylines([[(7, 7)]]), style=PLAIN), scale=1))
    assert dot.max() > 0.8
    assert 2 < dot.sum() < 20
    rows, columns = np.nonzero(dot)
    center = np.array(dot.shape) / 2 - 0.5
    np.testing.assert_allclose([rows.mean(), columns.mean()], center, atol=0.6)


@pytest.mark.parametrize("angle", [0, 17, 30, 45, 60, 90])
@pytest.mark.parametrize("width", [1.7, 3.0])
def test_lines_have_their_width_in_every_direction(angle, width):
    step = 60 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    area = drawn_line([(20, 20), 20 + step], width).sum()
    assert area == pytest.approx(60 * width + np.pi * width**2 / 4, rel=0.12)


def test_ends_are_round():
    image = drawn_line([(30, 50), (70, 50)], 20)
    assert image[50, 21] > 0.9, "the cap reaches beyond the end"
    assert image[42, 21] == 0, "and has no corners"


def test_joins_are_round():
    image = drawn_line([(20, 80), (50, 50), (80, 80)], 20)
    assert image[42, 50] > 0.9
    assert image[38, 50] == 0


def test_edges_are_antialiased():
    shades = np.unique(drawn_line([(10, 13), (90, 37)], 2.0))
    assert len(shades) > 6


def test_scale_enlarges():
    figure = single(LETTER_F, style=PLAIN)
    small, large = paint(figure, 1), paint(figure, 3)
    assert large.size == (small.width * 3, small.height * 3)
    assert ink(large).sum() == pytest.approx(9 * ink(small).sum(), rel=0.05)


def test_lines_beyond_the_image_are_cut():
    image = drawn_line([(-50, 50), (150, 50)], 4)
    assert image[50].min() > 0.9
    assert drawn_line([(200, 200), (300, 300)], 4).sum() == 0


def test_png_is_an_rgb_image_of_the_figure():
    figure = grid([LETTER_F] * 3, labels=["a", "b", "c"], title="Three")
    image = Image.open(io.BytesIO(to_png(figure, scale=2)))
    assert (image.format, image.mode) == ("PNG", "RGB")
    assert image.size == (figure.width * 2, figure.height * 2)
    assert np.array_equal(np.asarray(image), np.asarray(to_image(figure, scale=2)))


def test_labels_are_painted_below_their_cell():
    bare = ink(to_image(grid([LETTER_F] * 2, labels=["", ""], style=PLAIN), scale=2))
    named = ink(to_image(grid([LETTER_F] * 2, labels=["", "cat"], style=PLAIN), scale=2))
    rows, columns = np.nonzero(named - bare > 0.2)
    assert rows.min() > 2 * 100
    assert columns.min() > named.shape[1] / 2


def test_other_alphabets_do_not_fail():
    assert ink(to_image(grid([EMPTY], labels=["ß 羊 ü"], style=PLAIN))).sum() > 0
