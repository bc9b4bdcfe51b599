"""The kinds of SVG elements, and the tests of `switch`."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from sketch_rnn.sources.svg.shapes import SHAPES

NO_LINES: Final = {"text": "text", "image": "images", "foreignObject": "HTML"}
RENDERED: Final = ("g", "a", "svg", "symbol", "switch", "use", *NO_LINES, *SHAPES)
_LANGUAGE: Final = "en"


def tag_of(element: Element) -> str:
    """Returns an element's name without its namespace."""
    # Comments and processing instructions have a function for a tag.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def has_content(element: Element) -> bool:
    """Whether an element without lines shows anything."""
    return tag_of(element) == "image" or any(text.strip() for text in element.itertext())


def is_supported(element: Element) -> bool:
    """Whether a `switch` may choose this element."""
    languages = element.get("systemLanguage")
    understood = languages is None or any(
        language.strip().lower().split("-")[0] == _LANGUAGE for language in languages.split(",")
    )
    return understood and tag_of(element) in RENDERED and not element.get("requiredExtensions", "")
