"""Filled shapes are outlined where they can be seen; strokes are cut."""

from __future__ import annotations

import numpy as np
import pytest
from svg_reading import PEN, box_of, chunk_of

from ink import ink, shares
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import BUDGETS, Allowance, Budget
from sketch_rnn.sketch import svg_path

CIRCLE = '<clipPath id="c"><circle cx="12" cy="12" r="9"/></clipPath>'
HOLE = (
    '<mask id="c"><rect width="24" height="24" fill="#fff"/><circle cx="12" cy="12" r="4"/></mask>'
)
STRIPE = '<rect x="-3" y="8" width="30" height="6" {}/>'
THROUGH = 'clip-path="url(#c)"'


def closed(lines):
    return all(np.array_equal(line[0], line[-1]) for line in lines)


def area(lines):
    return (
        abs(sum(float(x[:-1] @ y[1:] - x[1:] @ y[:-1]) for x, y in (line.T for line in lines))) / 2
    )


def test_a_stripe_seen_through_a_circle_is_a_stripe_with_round_ends(lines_of):
    lines = lines_of(CIRCLE + STRIPE.format(THROUGH), "")
    assert len(lines) == 1
    assert closed(lines)
    assert box_of(lines) == pytest.approx([3, 8, 21, 14], abs=0.01)
    # The integral of the chords of a circle of radius 9 between 4 above and 2 below its middle.
    half = [(y * (81 - y * y) ** 0.5 + 81 * np.arcsin(y / 9)) for y in (-4, 2)]
    assert area(lines) == pytest.approx(half[1] - half[0], rel=2e-3)


def test_a_fill_larger_than_what_it_is_seen_through_has_the_outline_of_that(lines_of):
    lines = lines_of(f'{CIRCLE}<path d="M-9-9H40V40H-9Z" {THROUGH}/>', "")
    assert len(lines) == 1
    assert box_of(lines) == pytest.approx([3, 3, 21, 21], abs=0.01)
    assert np.allclose(np.hypot(*(lines[0] - 12).T), 9, atol=0.02)


def test_a_stroke_is_cut_and_not_closed(lines_of):
    lines = lines_of(CIRCLE + STRIPE.format(f"{PEN} {THROUGH}"), "")
    assert len(lines) == 2
    assert all(len(line) == 2 for line in lines)


def test_a_hole_in_what_it_is_seen_through_is_a_line_of_its_own(lines_of):
    lines = lines_of(f'{HOLE}<rect x="2" y="2" width="20" height="19" mask="url(#c)"/>', "")
    assert [box_of([line]) for line in lines] == [
        pytest.approx([2, 2, 22, 21], abs=0.01),
        pytest.approx([8, 8, 16, 16], abs=0.01),
    ]


def test_what_shows_as_a_whole_keeps_its_points(lines_of):
    shape = '<path d="M9 9L14 10L12 15L8 12Z" {}/>'
    clip = '<clipPath id="c"><path d="M0 0H24V24H0Z"/></clipPath>'
    for document in (CIRCLE, clip, HOLE.replace('r="4"', 'r="1" transform="translate(8 8)"')):
        through = 'mask="url(#c)"' if "mask" in document else THROUGH
        (line,) = lines_of(document + shape.format(through), "")
        assert line.tolist() == [[9, 9], [14, 10], [12, 15], [8, 12], [9, 9]]


def test_a_fill_and_its_stroke_seen_through_a_clip_are_one_shape(lines_of, path):
    both = STRIPE.format('fill="red"') + STRIPE.format(PEN)
    assert len(lines_of(f"{CIRCLE}<g {THROUGH}>{both}</g>", "")) == 2
    assert list(chunk_of(path).left_out) == [
        "filled shapes of SVG files that are stroked as well, as another shape"
    ]
    # Where the stroke alone is clipped, the fill shows more.
    apart = STRIPE.format(f"{PEN} {THROUGH}") + STRIPE.format('fill="red"')
    assert len(lines_of(CIRCLE + apart, "")) == 4


def test_a_background_that_a_clip_cuts_to_the_page_is_a_background(lines_of, path):
    page = '<clipPath id="c"><path d="M0 0H24V24H0Z"/></clipPath>'
    paint = '<path d="M-9-9H40V40H-9Z" fill="#eef"/>'
    lines = lines_of(f'{page}<g {THROUGH}>{paint}<path d="M2 2L9 9" {PEN}/></g>', "")
    assert len(lines) == 1
    assert list(chunk_of(path).left_out) == ["background rectangles of SVG files"]


def filled(lines):
    data = " ".join(map(svg_path, lines))
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    return f'{head}<path fill-rule="evenodd" d="{data}"/></svg>'


@pytest.mark.parametrize(
    "clip", [CIRCLE, HOLE, CIRCLE.replace("<circle", '<path d="M0 0h9v20z"/><circle')]
)
@pytest.mark.parametrize(
    "shape",
    [
        STRIPE.format("{}"),
        '<circle cx="5" cy="7" r="6" {}/>',
        '<path fill-rule="evenodd" d="M-5 30L12-20L29 30L-9 2L33 2Z" {}/>',
        '<path d="M4 4H20V20H4ZM8 8V16H16V8Z" {}/>',
        '<path d="M-1 3C9 40 20-20 25 20V30H-1Z" {}/>',
    ],
)
def test_outlines_that_are_filled_show_what_another_renderer_shows(lines_of, path, clip, shape):
    through = 'mask="url(#c)"' if "mask" in clip else THROUGH
    lines = lines_of(clip + shape.format(through), "")
    assert closed(lines)
    ours, theirs = ink(filled(lines)), ink(path.read_text())
    assert shares(ours, theirs).worse > 0.999
    assert (ours != theirs).mean() < 0.004


def test_clipping_of_fills_is_bounded(lines_of, monkeypatch):
    limits = {"steps of clipping": Allowance(100_000)}
    monkeypatch.setitem(BUDGETS, "svg", Budget("an SVG", 2**20, BUDGETS["svg"].units | limits))
    stripe = STRIPE.format(THROUGH)
    assert len(lines_of(CIRCLE + stripe, "")) == 1
    with pytest.raises(SketchRNNError, match="more than 100,000 steps of clipping"):
        lines_of(CIRCLE + stripe * 50, "")


def test_a_fill_that_crosses_itself_often_is_cut_as_a_stroke_is(lines_of):
    points = " ".join(f"{7 * i % 25} {11 * i % 24}" for i in range(100))
    lines = lines_of(f'{CIRCLE}<path d="M{points}Z" {THROUGH}/>', "")
    assert len(lines) > 50
    assert not closed(lines)
