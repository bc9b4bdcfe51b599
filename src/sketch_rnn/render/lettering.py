"""The font of labels: measure texts, and shorten them to fit."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Pillow brings its own font, the same everywhere; it holds little beyond ASCII.
_WIDER_FONTS: Final = ("DejaVuSans.ttf", "Arial Unicode.ttf", "arial.ttf", "NotoSans-Regular.ttf")
_MEASURED_AT: Final = 64.0
_ELLIPSIS: Final = "..."


@lru_cache(maxsize=64)
def font(size: float, *, ascii_only: bool = True) -> Font:
    """The label font at a size in pixels; for other alphabets a font of the system."""
    from PIL import ImageFont  # noqa: PLC0415  (most tables have no labels)

    for name in () if ascii_only else _WIDER_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def text_width(text: str, size: float) -> float:
    """The width of a text in pixels."""
    if not text:
        return 0.0
    wide = font(_MEASURED_AT, ascii_only=text.isascii())
    return float(wide.getlength(text)) * size / _MEASURED_AT


def fitted_text(text: str, size: float, width: float) -> str:
    """The text, shortened with an ellipsis if it is wider than `width` pixels."""
    if text_width(text, size) <= width:
        return text

    def shortened(kept: int) -> str:
        return text[:kept].rstrip() + _ELLIPSIS

    lengths = range(len(text))
    fitting = bisect_right(lengths, width, key=lambda kept: text_width(shortened(kept), size))
    return shortened(max(fitting - 1, 0))


def clean_text(text: str) -> str:
    """The text on one line, without characters that XML cannot hold."""
    encodable = text.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x20\x7f-\x9f\ufffe\uffff]+", " ", encodable).strip()
