"""Which of an SVG's shapes can be seen: presentation attributes, inline styles and style sheets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

_INHERITED: Final = ("fill", "stroke", "stroke-width", "visibility", "fill-opacity")
_ALL: Final = (*_INHERITED, "stroke-opacity", "display", "opacity", "transform")
_NOTHING: Final = ("none", "transparent")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.S)
_RULE: Final = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SELECTOR: Final = re.compile(r"([\w-]+|\*)?((?:[.#][\w-]+)*)")

Values = Mapping[str, str]

INITIAL: Final[Values] = {"fill": "black", "stroke": "none"}


class _Rule(NamedTuple):
    """One selector of a style sheet and what it sets; a later one of equal weight wins."""

    weight: tuple[int, int, int, int]
    tag: str
    ids: frozenset[str]
    classes: frozenset[str]
    values: Values

    def matches(self, tag: str, name: str, classes: frozenset[str]) -> bool:
        return self.tag in ("", "*", tag) and self.ids <= {name} and self.classes <= classes


class StyleSheet:
    """The rules of an SVG's style elements.

    Selectors of an element, classes and an id are understood; those with combinators,
    pseudo-classes or media queries are left aside.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._rules = sorted(_rules("\n".join(texts)), key=lambda rule: rule.weight)

    def values(self, element: Element, tag: str, inherited: Values) -> dict[str, str]:
        """Returns the values of an element's properties, its own before those it inherits."""
        values = {name: inherited[name] for name in _INHERITED if name in inherited}
        own = {name: text.strip() for name, text in element.items() if name in _ALL}
        if self._rules:
            classes = frozenset(element.get("class", "").split())
            for rule in self._rules:
                if rule.matches(tag, element.get("id", ""), classes):
                    own |= rule.values
        own |= _declarations(element.get("style", ""))
        return values | {name: text for name, text in own.items() if text != "inherit"}


def is_displayed(values: Values) -> bool:
    """Returns whether an element with these values and all in it can be seen at all."""
    return values.get("display") != "none" and not _is_zero(values.get("opacity", "1"))


def is_visible(values: Values) -> bool:
    """Returns whether this element itself can be seen; what is in it may be, even if not."""
    return values.get("visibility", "visible") == "visible"


def is_stroked(values: Values) -> bool:
    """Returns whether a shape's outline is drawn."""
    return (
        _is_paint(values.get("stroke", "none"))
        and not _is_zero(values.get("stroke-opacity", "1"))
        and not _is_zero(values.get("stroke-width", "1"))
    )


def is_filled(values: Values) -> bool:
    """Returns whether a shape is filled."""
    return _is_paint(values.get("fill", "black")) and not _is_zero(values.get("fill-opacity", "1"))


def _is_paint(text: str) -> bool:
    return text.lower() not in _NOTHING


def _is_zero(text: str) -> bool:
    try:
        return float(text.removesuffix("%").removesuffix("px")) == 0
    except ValueError:
        return False


def _rules(text: str) -> Iterable[_Rule]:
    for order, match in enumerate(_RULE.finditer(_COMMENT.sub("", text))):
        values = _declarations(match[2])
        for selector in match[1].split(","):
            parts = _SELECTOR.fullmatch(selector.strip())
            if not selector.strip() or parts is None or not values:
                continue
            names = re.findall(r"([.#])([\w-]+)", parts[2])
            ids = frozenset(name for mark, name in names if mark == "#")
            classes = frozenset(name for mark, name in names if mark == ".")
            tag = parts[1] or ""
            weight = (len(ids), len(classes), int(tag not in ("", "*")), order)
            yield _Rule(weight, tag, ids, classes, values)


def _declarations(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split(";"))
    return {
        name.strip().lower(): value.replace("!important", "").strip()
        for name, colon, value in pairs
        if colon and name.strip().lower() in _ALL
    }
