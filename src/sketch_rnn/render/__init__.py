"""Sketches as pictures: SVG, PNG and GIF, single or in tables, still or animated.

In: sketches and a `Style`. Out: a `Figure` from a layout (`single`, `grid`, `strip`, `pairs`,
`between`); `save`, `to_svg`, `to_image`, `to_png`, `to_gif` and `animated_svg` turn it, or
sketches, into a picture. Stable: the names exported here. They are loaded when first used, because
commands read `style` for their help, without NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sketch_rnn.render.diagrams import Block as Block
    from sketch_rnn.render.diagrams import diagram as diagram
    from sketch_rnn.render.diagrams import network_diagram as network_diagram
    from sketch_rnn.render.figure import Figure as Figure
    from sketch_rnn.render.files import Drawable as Drawable
    from sketch_rnn.render.files import animated_svg as animated_svg
    from sketch_rnn.render.files import save as save
    from sketch_rnn.render.files import to_gif as to_gif
    from sketch_rnn.render.files import to_image as to_image
    from sketch_rnn.render.files import to_png as to_png
    from sketch_rnn.render.files import to_svg as to_svg
    from sketch_rnn.render.style import Style as Style
    from sketch_rnn.render.tables import between as between
    from sketch_rnn.render.tables import grid as grid
    from sketch_rnn.render.tables import pairs as pairs
    from sketch_rnn.render.tables import single as single
    from sketch_rnn.render.tables import strip as strip

_HOMES = {
    **dict.fromkeys(("Block", "diagram", "network_diagram"), "diagrams"),
    "Figure": "figure",
    "Style": "style",
    **dict.fromkeys(("Drawable", "animated_svg", "save"), "files"),
    **dict.fromkeys(("to_gif", "to_image", "to_png", "to_svg"), "files"),
    **dict.fromkeys(("between", "grid", "pairs", "single", "strip"), "tables"),
}

__all__ = [*_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
