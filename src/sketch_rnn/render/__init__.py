"""Sketches as pictures: SVG, PNG and GIF, single or in tables, still or animated.

In: sketches and a `Style`. Out: a `Figure` from a layout (`single`, `grid`, `strip`, `pairs`);
`save`, `to_svg`, `to_image`, `to_png`, `to_gif` and `animated_svg` turn it, or sketches, into a
picture. Stable: the names exported here.
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
