"""Masks that are plain shapes, which cut lines as clip paths do."""

from __future__ import annotations

from typing import Final, Literal
from xml.etree.ElementTree import Element

from sketch_rnn.sources.svg.elements import NO_LINES
from sketch_rnn.sources.svg.outline import Outline
from sketch_rnn.sources.svg.shapes import rectangle
from sketch_rnn.sources.svg.styles import Values, opacity_of, paint_of
from sketch_rnn.sources.svg.transforms import Box
from sketch_rnn.sources.svg.viewport import Viewport, length

MaskKind = Literal["", "luminance", "alpha"]

# Fainter than this is as good as hidden, and as opaque as its complement is as good as opaque.
_FAINT: Final = 0.01
_LUMINANCES: Final = (0.2126, 0.7152, 0.0722)
_EDGE: Final = {"x": "-10%", "y": "-10%", "width": "120%", "height": "120%"}


class NotPlainError(ValueError):
    """A mask holds more than shapes with a fill of one colour."""


def kind_of(values: Values) -> MaskKind:
    """What of a mask's content lets things be seen: its light, or its opacity."""
    return "alpha" if values.get("mask-type") == "alpha" else "luminance"


def require_plain(tag: str, values: Values) -> None:
    """Raises NotPlainError for text, images and translucent elements in a mask."""
    if tag in NO_LINES or opacity_of(values.get("opacity", "1")) < 1 - _FAINT:
        raise NotPlainError


def shows(values: Values, kind: MaskKind, *, is_stroked: bool) -> bool | None:
    """Whether a shape of a mask shows what it covers (True) or hides it (False).

    None if it does neither: it is nearly transparent, or dark and not opaque.

    Raises:
        NotPlainError: if it has a stroke, or its fill is not one colour.
    """
    if is_stroked:
        raise NotPlainError
    color = paint_of(values.get("fill", "black"), values.get("color", "black"))
    if color is None:
        raise NotPlainError
    *light, alpha = color
    alpha *= opacity_of(values.get("fill-opacity", "1"))
    if alpha <= _FAINT:
        return None
    if kind == "alpha":
        return True
    luminance = sum(weight * part for weight, part in zip(_LUMINANCES, light, strict=True))
    if luminance * alpha > _FAINT:
        return True
    return False if alpha >= 1 - _FAINT else None


def needs_box(mask: Element) -> bool:
    """Whether a mask depends on the box around what it is put on."""
    units = mask.get("maskUnits"), mask.get("maskContentUnits")
    return units[0] != "userSpaceOnUse" or units[1] == "objectBoundingBox"


def edge_of(mask: Element, box: Box, viewport: Viewport) -> Outline | None:
    """The rectangle that a mask ends at; None if it cannot cut what the mask is put on.

    Args:
        mask: the element.
        box: around what the mask is put on.
        viewport: what that is drawn on.
    """
    is_default = {*_EDGE, "maskUnits"}.isdisjoint(mask.attrib)
    if is_default and box.width > 0 and box.height > 0:
        return None
    is_absolute = mask.get("maskUnits") == "userSpaceOnUse"
    wholes = viewport if is_absolute else (1.0, 1.0)
    x, y, width, height = (
        length(mask.get(name, default), 0.0, whole)
        for (name, default), whole in zip(_EDGE.items(), (*wholes, *wholes), strict=True)
    )
    if not is_absolute:
        x, y = box.x + x * box.width, box.y + y * box.height
        width, height = width * box.width, height * box.height
    return rectangle(x, y, max(width, 0.0), max(height, 0.0))
