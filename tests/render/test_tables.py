import re

import numpy as np
import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.render import Style, between, grid, pairs, save, single, strip, to_svg
from sketch_rnn.render.figure import extent
from sketch_rnn.render.lettering import fitted_text, text_width
from sketch_rnn.render.style import ORDER_RAMP
from sketch_rnn.render.tracing import order_colors
from sketch_rnn.sketch import Sketch


def square(side, left=0.0, top=0.0):
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]) * side
    return Sketch.from_polylines([corners + np.array([left, top])])


def widths(figure):
    drawings = [drawing for drawing in figure.drawings if drawing.lines]
    return [extent(drawing).width - drawing.lines[0].width for drawing in drawings]


def rows_and_columns(figure):
    boxes = figure.boxes
    return len({box.top for box in boxes}), len({box.left for box in boxes})


EMPTY = Sketch(np.zeros((0, 3), np.float32))
COLORS = "black, gray, red, green, blue"
GIVEN = Style().given_ink
LADDER = Sketch.from_polylines([[(0, 0), (10, 0), (20, 0)], [(0, 10), (10, 10)], [(0, 20)]])


@pytest.mark.parametrize(
    ("count", "shape"),
    [
        (1, (1, 1)),
        (5, (1, 5)),
        (6, (2, 3)),
        (7, (3, 3)),
        (10, (2, 5)),
        (20, (4, 5)),
        (100, (10, 10)),
    ],
)
def test_default_tables_are_full_and_nearly_square(count, shape):
    assert rows_and_columns(grid([square(1)] * count)) == shape


def test_labels_decide_the_columns():
    assert rows_and_columns(grid([EMPTY] * 6, row_labels=["a", "b"])) == (2, 3)
    assert rows_and_columns(grid([EMPTY] * 6, column_labels=["a", "b"])) == (3, 2)


def test_a_sketch_keeps_its_shape_and_fills_its_cell():
    wide = Sketch.from_polylines([[(0, 0), (40, 10)]])
    box = extent(single(wide, style=Style(cell=100, line_width=0.001)).drawings[0])
    assert box.width == pytest.approx(84, abs=0.1)
    assert box.height == pytest.approx(21, abs=0.1)


def test_every_sketch_is_centred_in_its_cell():
    figure = grid([square(3, 50, -20), square(70, 8, 8), EMPTY, square(1)], columns=2)
    for drawing, box in zip(figure.drawings, figure.boxes, strict=True):
        if drawing.lines:
            drawn = extent(drawing)
            assert (drawn.left + drawn.right) / 2 == pytest.approx(box.left + box.width / 2)
            assert (drawn.top + drawn.bottom) / 2 == pytest.approx(box.top + box.height / 2)


def test_fit_each_scale_and_place():
    sketches = [square(10), square(40), EMPTY, Sketch.from_polylines([[(3, 3)]])]
    each, scale = (grid(sketches, fit=fit) for fit in ("each", "scale"))
    assert widths(each)[0] == pytest.approx(widths(each)[1])
    assert widths(scale)[1] == pytest.approx(4 * widths(scale)[0])
    assert widths(scale)[1] == pytest.approx(widths(each)[1])


def test_fit_place_keeps_equal_positions_at_equal_places():
    figure = grid([square(10, 100, 100), square(40, 100, 100), EMPTY], fit="place")
    corners = [d.lines[0].points[0] for d in figure.drawings if d.lines]
    origins = [np.array([box.left, box.top]) for box in figure.boxes]
    np.testing.assert_allclose(corners[0] - origins[0], corners[1] - origins[1])


def test_a_pair_has_one_scale_and_another_pair_its_own():
    figure = pairs([square(10), square(100)], [square(20), square(100)], labels=["one", "two"])
    first, second, third, fourth = widths(figure)
    assert second == pytest.approx(2 * first)
    assert third == pytest.approx(fourth)
    assert second == pytest.approx(third)
    texts = [text.content for text in figure.texts]
    assert texts == ["one", "two", "original", "reconstruction", "original", "reconstruction"]


def test_pairs_stand_closer_than_strangers():
    lefts = sorted(box.left for box in pairs([EMPTY] * 2, [EMPTY] * 2).boxes)
    inside, between, again = np.diff(lefts)
    assert inside == pytest.approx(again)
    assert between > inside


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 2)), (3, (1, 6)), (4, (2, 4)), (6, (2, 6))])
def test_default_pairs(count, shape):
    assert rows_and_columns(pairs([EMPTY] * count, [EMPTY] * count)) == shape


def test_strokes_are_coloured_in_their_order():
    lines = single(LADDER).drawings[0].lines
    assert [line.color for line in lines] == [ORDER_RAMP[0], ORDER_RAMP[4], ORDER_RAMP[-1]]


def test_colour_can_run_along_the_strokes():
    drawing = single(LADDER, style=Style(ink="points")).drawings[0]
    colors = [line.color for line in drawing.lines]
    assert len(set(colors)) > 20
    redness = [int(color[1:3], 16) for color in colors]
    assert redness[0] < 60
    assert redness[-1] > 240
    lengths = sum(line.length for line in drawing.lines)
    assert lengths == pytest.approx(sum(line.length for line in single(LADDER).drawings[0].lines))


def test_one_ink_colours_everything():
    lines = single(LADDER, style=Style(ink="#123456")).drawings[0].lines
    assert {line.color for line in lines} == {"#123456"}


def test_colours_between_anchors_are_mixed():
    assert order_colors([0, 1 / 16, 1]) == ["#27356e", "#383a7b", "#f4a437"]


@pytest.mark.parametrize("first_row", ["move", "line"])
@pytest.mark.parametrize("prefix", range(8))
def test_a_prefix_divides_the_drawing_without_a_gap(first_row, prefix):
    sketch = Sketch(LADDER.strokes, first_row)
    drawing = single(sketch, prefix=prefix).drawings[0]
    whole = single(sketch).drawings[0]
    assert {line.color for line in drawing.given} <= {GIVEN}
    assert sum(line.length for line in drawing) == pytest.approx(sum(line.length for line in whole))
    assert bool(drawing.lines) == (prefix < len(sketch))
    if not prefix:
        assert not drawing.given


def test_a_prefix_ends_in_the_middle_of_a_stroke():
    drawing = single(LADDER, prefix=2).drawings[0]
    assert [len(line.points) for line in drawing.given] == [2]
    assert [len(line.points) for line in drawing.lines] == [2, 2, 1]
    np.testing.assert_array_equal(drawing.given[0].points[-1], drawing.lines[0].points[0])


def test_prefixes_can_differ():
    figure = strip([LADDER] * 3, prefix=np.array([0, 3, 6]))
    assert [len(drawing.given) for drawing in figure.drawings] == [0, 1, 3]


def test_the_cell_of_an_empty_sketch_says_so():
    figure = grid([EMPTY, square(1)])
    assert len(figure.boxes) == len(figure.drawings) == 2
    assert not list(figure.drawings[0])
    (text,) = figure.texts
    assert text.content == "empty"
    assert text.x == figure.boxes[0].left + figure.boxes[0].width / 2


def test_an_interpolation_stands_between_its_given_drawings():
    figure = between([square(1)] * 3, [LADDER, square(2)], ["a", "b"])
    assert rows_and_columns(figure) == (1, 5)
    assert [bool(drawing.given) for drawing in figure.drawings] == [True, *[False] * 3, True]
    assert {text.content: round(text.x) for text in figure.texts} == {
        "a": round(figure.boxes[0].left + 60),
        "b": round(figure.boxes[4].left + 60),
    }


def test_a_square_of_interpolations_has_its_given_drawings_at_the_corners():
    figure = between([square(1)] * 9, [LADDER] * 4, list("abcd"))
    assert rows_and_columns(figure) == (3, 5)
    assert len(figure.boxes) == len(figure.drawings) == 13
    given = [i for i, drawing in enumerate(figure.drawings) if drawing.given]
    assert given == [0, 4, 8, 12]
    assert [text.content for text in figure.texts] == list("abcd")


def test_a_plain_picture_has_nothing_but_lines_in_one_ink():
    style = Style(plain=True, size=80, line_width=0.5)
    figure = grid([LADDER, EMPTY], labels=["a", "b"], title="t", prefix=2, style=style)
    assert not figure.boxes + figure.texts
    assert {line.color for line in figure.drawings[0]} == {"#000000"}
    text = to_svg(single(LADDER, style=style))
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg" width="80mm" height="80mm" ')
    assert "<rect" not in text
    box = extent(single(LADDER, style=style).drawings[0])
    assert (box.width * 25.4 / 96) == pytest.approx(80 * 0.84 + 0.5, abs=0.1)
    dot = single(LADDER, style=style).drawings[0].lines[-1]
    assert 0 < dot.length < 0.5
    red = single(LADDER, style=Style(plain=True, ink="red")).drawings[0].lines
    assert {line.color for line in red} == {"#ff0000"}


def test_vpype_reads_every_stroke_of_a_plain_picture(tmp_path):
    vpype = pytest.importorskip("vpype", reason="vpype is not installed")
    save(single(LADDER, style=Style(plain=True, size=80)), tmp_path / "x.svg")
    lines, width, height = vpype.read_svg(str(tmp_path / "x.svg"), quantization=0.1)
    assert len(lines) == 3
    assert (width, height) == pytest.approx((80 * 96 / 25.4, 80 * 96 / 25.4), abs=0.1)


def test_a_long_title_widens_the_figure():
    title = "A title that is a good deal longer than one single cell"
    figure = grid([square(1)], title=title)
    assert figure.width > text_width(title, figure.texts[0].size)


def test_row_labels_end_left_of_the_cells():
    figure = grid([square(1)] * 2, columns=1, row_labels=["short", "a much longer name"])
    assert all(text.x < figure.boxes[0].left and text.anchor == "end" for text in figure.texts)
    assert figure.texts[1].x - text_width(figure.texts[1].content, figure.texts[1].size) > 0


def test_a_label_too_long_for_its_cell_is_shortened():
    shown = fitted_text("reconstruction of a drawing", 12, 80)
    assert re.fullmatch(r"recon\w*\.\.\.", shown)
    longer = shown.replace("...", "reconstruction"[len(shown) - 3] + "...")
    assert text_width(shown, 12) <= 80 < text_width(longer, 12)
    assert fitted_text("short", 12, 80) == "short"
    assert fitted_text("short", 12, 1) == "..."
    assert len(fitted_text("x" * 100_000, 12, 80)) < 20


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: grid([]), "nothing to draw: there are no sketches"),
        (lambda: strip([]), "nothing to draw: there are no sketches"),
        (lambda: pairs([], []), "nothing to draw: there are no sketches"),
        (lambda: pairs([EMPTY], []), "pairs need equally many sketches, not 1 and 0"),
        (lambda: grid([EMPTY], columns=0), "columns=0 must be at least 1"),
        (
            lambda: grid([EMPTY] * 3, labels=["a"]),
            "labels: 1 texts for 3 sketches; give one for each",
        ),
        (
            lambda: grid([EMPTY] * 3, columns=3, row_labels=["a", "b"]),
            "row_labels: 2 texts for 1 rows; give one for each",
        ),
        (lambda: grid([EMPTY] * 3, prefix=[1, 2]), "prefix: 2 numbers for 3 sketches"),
        (lambda: grid([EMPTY], fit="big"), "fit='big' must be one of each, scale, place"),
        (
            lambda: Style(ink="pink"),
            f"style: ink='pink' must be strokes, points, {COLORS} or a colour like #27356e",
        ),
        (
            lambda: Style(plain=True, ink="points"),
            "style: a plain picture has one ink: give a colour such as black",
        ),
        (
            lambda: Style(size=5, cell=5),
            "style: size and cell both set the side of a square; give one",
        ),
        (
            lambda: between([EMPTY], [EMPTY] * 3, ["a"] * 3),
            "3 ends and 3 labels; give two, or four",
        ),
        (lambda: Style(paper="white"), "style: paper='white' must be a colour like #27356e"),
        (lambda: Style(cell=0), "style: cell=0 must be a finite number above 0, or none"),
        (
            lambda: Style(line_width=float("nan")),
            "style: line_width=nan must be a finite number above 0, or none",
        ),
    ],
)
def test_mistakes_are_named(draw, message):
    with pytest.raises(SketchRNNError, match=f"^{re.escape(message)}$"):
        draw()
