"""The context that the elements of an SVG are drawn in."""

from __future__ import annotations

from typing import NamedTuple
from xml.etree.ElementTree import Element

from sketch_rnn.sources.svg.masking import MaskKind
from sketch_rnn.sources.svg.styles import Values
from sketch_rnn.sources.svg.viewport import Transform, Viewport


class Place(NamedTuple):
    """The context that an element inherits.

    Attributes:
        matrix: from its units to pixels.
        viewport: the size that percentages refer to.
        values: of its properties.
        depth: how many elements are around it.
        used: the ids of the elements that refer to it, directly or not.
        size: the width and height that a `use` gives it.
        trail: the outermost elements around it, from the top.
        is_clip: whether shapes clip, and so count without paint.
        mask: the kind of mask that it is part of, if any.
        copied: what the innermost `use` copies, whose copy selectors see without what is around it.
        is_measured: whether something around it needs the box around all of its shapes.
        context: fill and stroke of the shape whose marker this is in.
    """

    matrix: Transform
    viewport: Viewport
    values: Values
    depth: int = 0
    used: frozenset[str] = frozenset()
    size: tuple[str | None, str | None] = (None, None)
    trail: tuple[Element, ...] = ()
    is_clip: bool = False
    mask: MaskKind = ""
    copied: Element | None = None
    is_measured: bool = False
    context: tuple[str, str] = ("none", "none")
