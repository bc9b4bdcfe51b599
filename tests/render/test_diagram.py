from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.render import Block, diagram, network_diagram, to_svg
from sketch_rnn.render.diagrams import chain

BLOCKS = {name: Block(name, ("small",)) for name in "abcd"}


def tops(figure):
    """Returns the height of each box by its title."""
    titles = [text for text in figure.texts if text.content in BLOCKS]
    return {text.content: text.y for text in titles}


def test_arrows_lead_down():
    figure = diagram(BLOCKS, [("a", "c"), ("c", "b"), ("a", "b"), ("b", "d")])
    height = tops(figure)
    assert height["a"] < height["c"] < height["b"] < height["d"]
    assert len(figure.drawings) == 4
    for drawing in figure.drawings:
        assert drawing.lines[0].points[-1, 1] > drawing.lines[0].points[0, 1]


def test_boxes_do_not_overlap_and_long_arrows_go_around_them():
    figure = diagram(BLOCKS, [*chain("a", "b", "c", "d"), ("a", "d")])
    boxes = figure.boxes
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart_x = one.left + one.width <= other.left or other.left + other.width <= one.left
            apart_y = one.top + one.height <= other.top or other.top + other.height <= one.top
            assert apart_x or apart_y
    long_way = figure.drawings[-1].lines[0].points
    for box in boxes[1:3]:
        inside_x = (long_way[:, 0] > box.left) & (long_way[:, 0] < box.left + box.width)
        inside_y = (long_way[:, 1] > box.top) & (long_way[:, 1] < box.top + box.height)
        assert not (inside_x & inside_y).any()


@pytest.mark.parametrize(
    ("blocks", "arrows", "message"),
    [
        ({}, [], "at least one box"),
        (BLOCKS, [("a", "x")], "leads to x, which is not a box"),
        (BLOCKS, chain("a", "b", "a"), "go in a circle"),
    ],
)
def test_impossible_diagrams(blocks, arrows, message):
    with pytest.raises(SketchRNNError, match=message):
        diagram(blocks, arrows)


def test_network_diagram_says_the_sizes():
    text = to_svg(network_diagram(ModelConfig(dec_model="hyper", dec_rnn_size=77, z_size=33)))
    ET.fromstring(text)
    assert "hyper decoder" in text
    assert "77 units" in text
    assert "33 numbers" in text
    assert "encoder" not in to_svg(network_diagram(ModelConfig(conditional=False)))
