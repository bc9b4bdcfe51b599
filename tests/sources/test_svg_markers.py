"""Markers are drawn where a browser draws them."""

from __future__ import annotations

import numpy as np
import pytest
from svg_reading import PEN, box_of, notes_of

from sketch_rnn.errors import SketchRNNError

TIP = '<path d="M0 0L10 5L0 10" stroke="context-stroke"/>'


@pytest.mark.parametrize(
    ("attributes", "content", "box"),
    [
        # The head is 6 wide, with its tip at the end of the line, which goes down.
        (
            'viewBox="0 0 10 10" refX="10" refY="5" markerWidth="6" markerHeight="6" orient="auto"',
            TIP,
            [9, 14, 15, 20],
        ),
        (
            'viewBox="0 0 10 10" refX="right" refY="center" markerWidth="6" markerHeight="6"',
            TIP,
            [6, 17, 12, 23],
        ),
        (
            'markerWidth="10" markerHeight="10" refX="10" refY="10" orient=".25turn"',
            TIP,
            [12, 10, 22, 20],
        ),
        (
            'markerWidth="10" markerHeight="10" refX="10" refY="10" orient="100grad"',
            TIP,
            [12, 10, 22, 20],
        ),
        # What is beyond the marker's own box is cut off.
        ('markerWidth="3" markerHeight="4" orient="auto"', '<path d="M1 1H9"/>', [11, 21, 11, 23]),
    ],
)
def test_markers_are_drawn_at_the_ends_of_paths(lines_of, path, attributes, content, box):
    marker = f'<marker id="m" {attributes}><g {PEN}>{content}</g></marker>'
    line, head = lines_of(f'{marker}<path d="M12 2V20" marker-end="url(#m)"/>')
    assert box_of([line]) == [12, 2, 12, 20]
    assert notes_of(path) == []
    assert box_of([head]) == pytest.approx(box, abs=0.02)


def test_markers_are_at_every_vertex_and_need_no_paint_of_the_path(lines_of):
    marker = (
        '<marker id="m" overflow="visible" orient="auto"><path d="M0 0H2" stroke="red"/></marker>'
    )
    path = '<path d="M2 2H10V10" style="stroke:none;fill:none;marker:url(#m)"/>'
    lines = lines_of(f"{marker}{path}")
    root = 2**0.5
    ends = [[4, 2], [10 + root, 2 + root], [10, 12]]
    assert np.allclose([line[-1] for line in lines], ends)


def test_a_marker_on_itself_ends_and_markers_are_bounded(lines_of):
    marker = '<marker id="m"><path d="M0 0H2" marker-end="url(#m)"/></marker>'
    assert len(lines_of(f'{marker}<path {PEN} d="M2 2H9" marker-end="url(#m)"/>')) >= 1
    many = " ".join(f"L{i % 20} {i % 7}" for i in range(20_000))
    with pytest.raises(SketchRNNError, match="more than 10,000 elements by reference"):
        lines_of(f'{marker}<path d="M0 0{many}" style="marker-mid:url(#m)"/>')
