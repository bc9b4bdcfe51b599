"""SVG documents in a figure, shown beside sketches as images."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import numpy as np
import pytest

from sketch_rnn.render import animated_svg, grid, pairs, to_png, to_svg
from sketch_rnn.render.tables import stacked
from sketch_rnn.sketch import Sketch

SQUARE = Sketch.from_polylines([[(0, 0), (9, 0), (9, 9), (0, 0)]])
LADDER = Sketch.from_polylines([[(0, 0), (10, 0), (20, 0)], [(0, 10), (10, 10)], [(0, 20)]])
HOSTILE = b'"/><script>alert(1)</script><svg onload="alert(2)" xmlns="http://www.w3.org/2000/svg"/>'
SVG = "{http://www.w3.org/2000/svg}"


def test_they_are_in_cells_of_their_own_before_their_pairs():
    documents = [b"<a/>", None, b"", b"<b/>"]
    figure = pairs([LADDER] * 4, [SQUARE] * 4, columns=2, documents=documents)
    # One of the four documents is missing.
    assert len(figure.boxes) == 2 * 6 - 1
    cells = [(box.left, box.top, box.width) for box in figure.boxes]
    edge = 120 * 0.08
    for picture in figure.pictures:
        cell = (picture.left - edge, picture.top - edge, picture.side + 2 * edge)
        assert cell in [pytest.approx(found) for found in cells]
    assert [picture.document for picture in figure.pictures] == [b"<a/>", b"", b"<b/>"]
    # Each pair has one scale, as without a document.
    without = pairs([LADDER] * 4, [SQUARE] * 4, columns=2)
    for drawing, other in zip(figure.drawings, without.drawings, strict=True):
        assert [line.length for line in drawing] == pytest.approx([line.length for line in other])


@pytest.mark.parametrize("write", [to_svg, animated_svg])
def test_no_markup_of_a_document_becomes_markup_of_the_figure(write):
    text = write(pairs([LADDER], [SQUARE], documents=[HOSTILE]))
    assert "script" not in text.lower()
    assert "onload" not in text.lower()
    (image,) = ElementTree.fromstring(text).iter(f"{SVG}image")
    kind, _, data = image.get("href").partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data) == HOSTILE


def test_pixels_leave_their_places_empty():
    shown = pairs([LADDER], [SQUARE], documents=[b"<a/>"])
    assert to_png(shown) == to_png(pairs([LADDER], [SQUARE], documents=[HOSTILE]))


def test_one_figure_below_another():
    upper = grid([LADDER], title="above")
    lower = pairs([SQUARE], [LADDER], labels=["x"], prefix=[2], documents=[b"<a/>"])
    both = stacked(upper, lower)
    assert (both.width, both.height) == (lower.width, upper.height + lower.height)
    assert both.title == "above"
    for name in ("boxes", "texts", "drawings", "pictures"):
        assert getattr(both, name)[: len(getattr(upper, name))] == getattr(upper, name)
    tops = [part.top for part in (*lower.boxes, *lower.pictures)]
    moved = [part.top - upper.height for part in (*both.boxes[1:], *both.pictures)]
    assert moved == pytest.approx(tops)
    assert [t.y - upper.height for t in both.texts[1:]] == pytest.approx(
        [text.y for text in lower.texts]
    )
    for drawing, other in zip(both.drawings[1:], lower.drawings, strict=True):
        assert len(drawing.given) == len(other.given)
        for line, same in zip(drawing, other, strict=True):
            assert np.allclose(line.points - (0, upper.height), same.points)
