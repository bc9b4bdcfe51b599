"""Sketches as pictures: SVG, PNG and GIF, alone or in tables, still or being drawn.

A layout (`single`, `grid`, `strip`, `pairs`) returns a `Figure`; `save`, `to_svg`,
`to_image`, `to_png`, `to_gif` and `animated_svg` take a figure, a sketch or a list of sketches.
"""

from sketch_rnn.render.diagram import Block, diagram, network_diagram
from sketch_rnn.render.figure import Figure
from sketch_rnn.render.files import (
    Drawable,
    animated_svg,
    save,
    to_gif,
    to_image,
    to_png,
    to_svg,
)
from sketch_rnn.render.style import Style
from sketch_rnn.render.tables import grid, pairs, single, strip

__all__ = [
    "Block",
    "Drawable",
    "Figure",
    "Style",
    "animated_svg",
    "diagram",
    "grid",
    "network_diagram",
    "pairs",
    "save",
    "single",
    "strip",
    "to_gif",
    "to_image",
    "to_png",
    "to_svg",
]
