"""What drawing programs write, in small, and how many lines it is and where."""

from __future__ import annotations

import numpy as np
import pytest
from svg_reading import PEN, box_of, notes_of

FREEHAND = 'fill="#1e1e1e" d="M{0} 4L{0} 20L{1} 20L{1} 5Z"'
SEEN = '<path stroke="red" d="M2 2V9H20Z"/><path stroke="red" d="M4 12H9"/>'
DOCUMENTS = {
    # Outlines of strokes as filled shapes, a page of white, and one line with a stroke.
    "Excalidraw": (
        (
            '<defs><style class="fonts">@font-face{font-family:"V";src:url("https://x/y")}</style>'
            '</defs><rect x="0" y="0" width="24" height="24" fill="#fff"/>'
            f'<g transform="translate(0 0) rotate(0 5 5)" stroke="none"><path '
            f"{FREEHAND.format(3, 4)}/>"
            f'</g><g stroke="none"><path {FREEHAND.format(8, 9)}/></g><g stroke-linecap="round">'
            '<g transform="translate(2 21)"><path d="M0 0C5 1 9-1 18 0" stroke="#000" fill="none"/>'
            "</g></g>"
        ),
        (3, [2, 4, 20, 21.289]),
    ),
    "an eye with a stroked lash": (
        (
            '<path d="M12 4C6 4 2 12 2 12S6 20 12 20S22 12 22 12S18 4 12 4ZM12 16A4 4 0 1 1 12 8'
            'A4 4 0 1 1 12 16Z"/><path d="M20 20l1 1l1 -1" fill="none" stroke="#000"/>'
        ),
        (3, [2, 4, 22, 21]),
    ),
    "a transparent background": (
        (
            '<path d="M0 0h24v24H0z" fill="rgba(0, 0, 0, 0)"/><g transform="translate(0,0)">'
            '<path fill="rgba(0, 0, 0, 1)" d="M11 2L21 22L6 20z"/></g>'
        ),
        (1, [6, 2, 21, 22]),
    ),
    "fills with a transparent stroke": (
        (
            '<path d="M1.5 2h6v6H2z" fill="#747474" stroke="rgba(0,0,0,0)"/>'
            '<path d="M11 12h8v8H12z" fill="#747474"/><circle cx="12" cy="12" r="9" fill="#eee"/>'
        ),
        (3, [1.5, 2, 21, 21]),
    ),
    "a transparent hit area": (
        (
            f'<g fill="none">{SEEN}</g><circle cx="12" cy="12" r="12" fill="none" '
            'stroke="hsla(0,0%,0%,0)"/><rect width="24" height="24" fill="#00ff0000"/>'
        ),
        (2, [2, 2, 20, 12]),
    ),
    "guides that a style hides": (
        (
            "<style>.h{fill:none;stroke:#000}.guides path{display:none}"
            "@media print{.h{display:none}}</style>"
            '<path class="h" d="M2 2V9H20"/><g class="guides"><path class="h" d="M0 5H24"/></g>'
        ),
        (1, [2, 2, 20, 9]),
    ),
    "a pen by its attribute": (
        (
            '<style>[data-kind="pen"]{fill:none;stroke:#000}</style>'
            '<path data-kind="pen" d="M4 20L20 4"/><rect width="24" height="24" fill="#fff"/>'
        ),
        (1, [4, 4, 20, 20]),
    ),
    "values that are no colours": (
        (
            f'<g fill="none">{SEEN}</g><path d="M0 0H24" fill="none" stroke=""/>'
            '<path d="M0 5H24" fill="none" stroke="undefined"/>'
        ),
        (2, [2, 2, 20, 12]),
    ),
    "inherited and initial strokes": (
        (
            '<g stroke="#000"><path d="M2 2L22 22" stroke="inherit" fill="none"/>'
            '<path d="M2 22L22 2" stroke="initial" fill="none"/></g>'
        ),
        (1, [2, 2, 22, 22]),
    ),
    "a line with a fill only": (
        '<line x1="0" y1="0" x2="24" y2="24"/><rect x="5" y="5" width="12" height="13"/>',
        (1, [5, 5, 17, 18]),
    ),
    "a rectangle turned about its middle": (
        (
            f'<g fill="none">{SEEN}<rect stroke="red" x="12" y="14" width="8" height="2" '
            'transform="rotate(90)" transform-origin="16 15"/></g>'
        ),
        (3, [2, 2, 20, 19]),
    ),
    "the same in CSS": (
        (
            "<style>.r{transform:rotate(90deg);transform-origin:center;transform-box:fill-box}</style>"
            f'<g fill="none">{SEEN}<rect class="r" stroke="red" x="12" y="14" width="8" '
            'height="2"/></g>'
        ),
        (3, [2, 2, 20, 19]),
    ),
    "a circle that CSS places": (
        "<style>circle{r:6px;cx:12px;cy:12px;fill:none;stroke:#000}</style><circle/>",
        (1, [6, 6, 18, 18]),
    ),
    "lines seen through a circle": (
        (
            '<clipPath id="c"><circle cx="12" cy="12" r="5"/></clipPath><g clip-path="url(#c)" '
            f'{PEN}><path d="M0 12H24"/><path d="M9 0V24"/><path d="M4 0V24"/></g>'
        ),
        (2, [7, 8, 17, 16]),
    ),
    "a nested document": (
        (
            f'<svg x="6" y="6" width="12" height="12" {PEN}><path d="M-9 -9L40 40"/>'
            '<rect x="2" y="2" width="8" height="8"/></svg>'
        ),
        (2, [6, 6, 18, 18]),
    ),
    "an arrow": (
        (
            '<defs><marker id="a" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="6" '
            'markerHeight="6" orient="auto"><path d="M0 0L10 5L0 10" fill="none" stroke="#000"/>'
            '</marker></defs><path d="M2 12H22" fill="none" stroke="#000" marker-end="url(#a)"/>'
        ),
        (2, [2, 9, 22, 15]),
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_lines_of_a_document(lines_of, path, name):
    inside, (count, box) = DOCUMENTS[name]
    lines = lines_of(inside, "")
    assert len(lines) == count
    assert box_of(lines) == pytest.approx(box, abs=0.01)
    assert not notes_of(path)


def test_what_is_beside_the_page_is_named(lines_of, path):
    lines = lines_of(f'<g fill="none">{SEEN}</g><path {PEN} d="M90 90l9 9"/>', "")
    assert (len(lines), box_of(lines)) == (2, [2, 2, 20, 12])
    assert notes_of(path) == ["lines outside the page, which browsers do not show, left out"]


@pytest.mark.parametrize(
    ("data", "middle"),
    [
        # A smooth curve after one of the other degree starts towards its own first point.
        ("M2 8Q4 18 8 16S18 18 18 4", [13, 15.25]),
        ("M2 8C4 18 6 18 8 16T18 4", [13, 10]),
        ("M2 8Q4 18 8 16T18 4", [12.5, 12]),
    ],
)
def test_a_smooth_curve_after_another(lines_of, data, middle):
    (line,) = lines_of(f'<path {PEN} d="{data}"/>')
    starts, steps = line[:-1], np.diff(line, axis=0)
    along = ((middle - starts) * steps).sum(axis=1) / np.square(steps).sum(axis=1)
    nearest = starts + np.clip(along, 0, 1)[:, None] * steps
    assert np.hypot(*(nearest - middle).T).min() < 0.06
