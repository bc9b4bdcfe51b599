"""Masks of plain shapes cut lines as clip paths do, and each clip is built once."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from ink import agreement
from sketch_rnn.io.budget import BUDGETS, Meter
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.svg import read_svg, read_svg_file
from sketch_rnn.sources.svg.document import Document

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="black" '
    'stroke-width="2">'
)
LINE = '<path d="M2 2L22 22" mask="url(#m)"/>'
WHITE = 'fill="white" stroke="none"'


def mask(inside, attributes=""):
    return f'<mask id="m" {attributes}>{inside}</mask>'


def rectangle(x, width, attributes=WHITE):
    return f'<rect x="{x}" width="{width}" height="24" {attributes}/>'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.svg"


ALPHA = 'style="mask-type:alpha"'
IN_USER_SPACE = 'maskUnits="userSpaceOnUse" x="4" y="0" width="6" height="24"'
IN_BOX_UNITS = 'maskContentUnits="objectBoundingBox"'
BLACK = 'fill="black" stroke="none"'
PLAIN = {
    "white shows": (mask(rectangle(4, 6)), [(4, 10)]),
    "outside is hidden": (mask(rectangle(4, 6) + rectangle(12, 2)), [(4, 10), (12, 14)]),
    "black hides what was white": (
        mask(rectangle(0, 24) + rectangle(8, 4, BLACK)),
        [(2, 8), (12, 22)],
    ),
    "white shows what was black": (
        mask(rectangle(0, 24) + rectangle(8, 8, BLACK) + rectangle(10, 2)),
        [(2, 8), (10, 12), (16, 22)],
    ),
    "dark and translucent changes nothing": (
        mask(rectangle(0, 24) + rectangle(8, 4, f'{BLACK} fill-opacity="0.5"')),
        [(2, 22)],
    ),
    "grey shows, if faintly": (
        mask(rectangle(4, 6, 'fill="hsl(0 0% 50%)" stroke="none"')),
        [(4, 10)],
    ),
    "of an alpha mask black shows": (mask(rectangle(4, 6, BLACK), ALPHA), [(4, 10)]),
    "its edge cuts": (mask(rectangle(0, 24), IN_USER_SPACE), [(4, 10)]),
    "in units of the box": (
        mask('<rect width="0.5" y="-9" height="99" fill="white" stroke="none"/>', IN_BOX_UNITS),
        [(2, 12)],
    ),
    "through a use": (
        f"<defs>{rectangle(4, 6, chr(105) + 'd=' + chr(34) + 'r' + chr(34))}</defs>"
        + mask(f'<use href="#r" {WHITE}/>'),
        [(4, 10)],
    ),
    "not what has no area": (
        mask(rectangle(4, 6)) + '<path d="M2 12H22" mask="url(#m)"/><path d="M0 1L9 2"/>',
        [(0, 9), (4, 10)],
    ),
    "a mask on a mask": (
        f'<mask id="o">{rectangle(8, 9)}</mask>' + mask(rectangle(4, 6), 'style="mask:url(#o)"'),
        [(8, 10)],
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_mask_of_plain_shapes_cuts(path, name):
    inside, wanted = PLAIN[name]
    path.write_text(f"{HEAD}{inside}{LINE}</svg>")
    lines = read_svg(path)
    np.testing.assert_allclose([line[:, 0] for line in lines], wanted, atol=1e-9)
    (chunk,) = read_svg_file(path, ReadingOptions())
    assert not chunk.notes
    found = agreement(path.read_text(), lines)
    # The ends of lines that are cut are cut at an angle there; what is grey is no ink there.
    assert found.original > 0.9 or "faintly" in name
    assert found.read > 0.6 or "faintly" in name


@pytest.mark.parametrize(
    "inside",
    [
        rectangle(4, 6, 'fill="url(#g)"') + '<linearGradient id="g"/>',
        rectangle(4, 6, 'fill="white"'),  # with the inherited stroke
        rectangle(4, 6, f'{WHITE} opacity="0.5"'),
        '<text x="3">a</text>',
    ],
)
def test_any_other_mask_is_named_and_cuts_nothing(path, inside):
    path.write_text(f"{HEAD}{mask(inside)}{LINE}</svg>")
    np.testing.assert_array_equal(read_svg(path), [[[2, 2], [22, 22]]])
    (chunk,) = read_svg_file(path, ReadingOptions())
    assert [note.text for note in chunk.notes] == ["masks that are not plain shapes not applied"]


@pytest.mark.parametrize("around", ["<g>", '<g style="transform-box:fill-box;rotate:9deg">'])
@pytest.mark.parametrize("attribute", ["clip-path", "mask"])
def test_what_many_elements_are_seen_through_is_built_once(attribute, around):
    clips = f'<clipPath id="c">{rectangle(4, 6)}</clipPath>' + mask(rectangle(4, 6))
    element = f'<path d="M2 2L22 22" {attribute}="url(#{attribute[0]})"/>'
    root = ElementTree.fromstring(f"{HEAD}{clips}{around}{element * 50}</g></svg>")
    shapes = list(Document(root, Meter("a.svg", BUDGETS["svg"], 9)).shapes())
    assert len(shapes) == 50
    assert len({shape.clips for shape in shapes}) == 1
