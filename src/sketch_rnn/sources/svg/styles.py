"""The values of an element's properties: attributes, style sheets and inline styles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element

from tinycss2 import color4

from sketch_rnn.io.budget import Meter
from sketch_rnn.sources.svg import css
from sketch_rnn.sources.svg.elements import tag_of
from sketch_rnn.sources.svg.matching import States, matching
from sketch_rnn.sources.svg.viewport import length

Values = Mapping[str, str]

INITIAL: Final[Values] = {"fill": "black", "stroke": "none", "color": "black"}

_PAINTS: Final = ("fill", "stroke")
_ATTRIBUTES: Final = frozenset((*css.INHERITED, *css.OWN)) - {"translate", "rotate", "scale"}
_URL: Final = re.compile(r"""url\(\s*["']?\s*#([^"')]*?)\s*["']?\s*\)\s*(.*)""", re.S)
_VARIABLE: Final = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,\s*((?:[^()]|\([^()]*\))*))?\)")
_COLOR_FUNCTIONS: Final = ("color-mix(", "light-dark(", "color(", "device-cmyk(", "contrast-color(")
_SYSTEM_COLORS: Final = {
    "accentcolor",
    "accentcolortext",
    "activetext",
    "buttonborder",
    "buttonface",
    "buttontext",
    "canvas",
    "canvastext",
    "field",
    "fieldtext",
    "graytext",
    "highlight",
    "highlighttext",
    "linktext",
    "mark",
    "marktext",
    "selecteditem",
    "selecteditemtext",
    "visitedtext",
    "windowtext",
    "window",
}
_KEYWORDS: Final = ("inherit", "initial", "unset", "revert", "revert-layer")
_MAX_SUBSTITUTIONS: Final = 20
_MAX_VALUE: Final = 10_000


class StyleSheet:
    """The style elements of an SVG, matched against its elements.

    Attributes:
        not_understood: selectors that are left out.
    """

    def __init__(self, root: Element, meter: Meter) -> None:
        self.not_understood: list[str] = []
        rules = list(css.rules(_sheets(root), self.not_understood))
        pairs = [(rule, selector) for rule in rules for selector in rule.selectors]
        self._declared = [rule.declarations for rule, _ in pairs]
        self._weights = [(rule.layer, selector.specificity) for rule, selector in pairs]
        self._states = States([selector for _, selector in pairs], meter)
        self._matched: dict[Element, dict[Element, list[int]]] = {}
        self._meter = meter
        self._root = root
        self._parents: dict[Element, Element] = {}
        self._values: dict[Element, Values] = {}

    def values_where_it_is(self, element: Element) -> Values:
        """The values of an element that inherits from those around it, not from its user."""
        if not self._parents:
            self._parents = {child: parent for parent in self._root.iter() for child in parent}
        chain: list[Element] = []
        around: Element | None = element
        while around is not None and around not in self._values:
            chain.append(around)
            around = self._parents.get(around)
        inherited = INITIAL if around is None else self._values[around]
        for each in reversed(chain):
            inherited = self._values[each] = self.values(each, inherited)
        return inherited

    def values(
        self, element: Element, inherited: Values, copied: Element | None = None
    ) -> dict[str, str]:
        """The values of an element's properties, its own before those it inherits.

        Args:
            element: of the document.
            inherited: values of what is around it.
            copied: the element that a `use` copies, if this one is part of it: selectors see the
                copy as a document of its own.
        """
        layers = [{n: t.strip() for n, t in element.items() if n in _ATTRIBUTES}]
        numbers = self._matches(copied).get(element, ())
        self._meter.spend("style rule tests", len(numbers))
        matched = sorted(numbers, key=lambda n: (self._weights[n], n))
        inline = css.declarations(element.get("style", ""))
        layers += [self._declared[number].normal for number in matched]
        layers.append(inline.normal)
        # Of important declarations those of earlier layers win.
        layers += [self._declared[n].important for n in sorted(numbers, key=self._importance)]
        layers.append(inline.important)
        values = {n: t for n, t in inherited.items() if n in css.INHERITED or n.startswith("--")}
        custom = values | {n: t for layer in layers for n, t in layer.items() if n.startswith("--")}
        for layer in layers:
            for name, text in layer.items():
                _set(values, name, text, inherited, custom)
        return values

    def _matches(self, copied: Element | None) -> Mapping[Element, Sequence[int]]:
        """The numbers of the selectors that match each element, in the document or in a copy."""
        top = self._root if copied is None else copied
        if not self._weights:
            return {}
        if top not in self._matched:
            self._matched[top] = matching(top, self._states, is_root=copied is None)
        return self._matched[top]

    def _importance(self, number: int) -> tuple[tuple[float, ...], tuple[int, int, int], int]:
        layer, specificity = self._weights[number]
        return tuple(-place for place in layer), specificity, number


def is_displayed(values: Values) -> bool:
    """Whether an element and its content are rendered at all."""
    return values.get("display") != "none" and not _is_zero(values.get("opacity", "1"))


def is_visible(values: Values) -> bool:
    """Whether the element itself is visible; its children may be even if it is not."""
    return values.get("visibility", "visible") == "visible"


def is_stroked(values: Values, has: Callable[[str], bool]) -> bool:
    """Whether a shape's outline is drawn.

    Args:
        values: of its properties.
        has: whether the document has an element of an id.
    """
    return (
        is_paint(values.get("stroke", "none"), values.get("color", "black"), has)
        and not _is_zero(values.get("stroke-opacity", "1"))
        and length(values.get("stroke-width"), 1.0, 1.0) > 0
    )


def is_filled(values: Values, has: Callable[[str], bool]) -> bool:
    """Whether a shape is filled; see `is_stroked`."""
    return is_paint(
        values.get("fill", "black"), values.get("color", "black"), has
    ) and not _is_zero(values.get("fill-opacity", "1"))


def is_paint(text: str, color: str, has: Callable[[str], bool]) -> bool:
    """Whether a paint leaves ink: it is a colour that is not transparent, or a pattern.

    Args:
        text: the paint.
        color: what currentColor is.
        has: whether the document has an element of an id.
    """
    match = _URL.match(text)
    if match:
        return has(match[1]) or is_paint(match[2] or "none", color, has)
    if text.lower() == "currentcolor":
        return color.lower() != "currentcolor" and is_paint(color, "black", has)
    return bool(_alpha(text))


def paint_of(text: str, color: str) -> tuple[float, float, float, float] | None:
    """Red, green, blue and alpha of a paint from 0 to 1; None if they are not known."""
    if text.lower() == "none":
        return 0.0, 0.0, 0.0, 0.0
    try:
        found = color4.parse_color(color if text.lower() == "currentcolor" else text)
        red, green, blue = (float(part) for part in found.to("srgb").coordinates)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        return None
    return red, green, blue, float(found.alpha)


def opacity_of(text: str) -> float:
    """A number such as `0.5` or `50%`, from 0 to 1; 1 if it cannot be read."""
    return min(max(length(text, 1.0, 1.0), 0.0), 1.0)


def in_context(values: Values, context: tuple[str, str]) -> Values:
    """Replaces context-fill and context-stroke by the paints of the shape that a marker is on."""
    paints = {"context-fill": context[0], "context-stroke": context[1]}
    used = {n: paints[t] for n in _PAINTS if (t := values.get(n, "")) in paints}
    return {**values, **used} if used else values


def reference(text: str | None) -> str | None:
    """The id that a `url(#id)` refers to, or None."""
    match = _URL.match(text or "")
    return match[1] if match else None


def _sheets(root: Element) -> Iterable[str]:
    for element in root.iter():
        if tag_of(element) != "style" or element.get("type", "text/css").strip().lower() not in (
            "",
            "text/css",
        ):
            continue
        if css.applies(element.get("media", "")):
            yield "".join(element.itertext())


def _set(values: dict[str, str], name: str, text: str, inherited: Values, custom: Values) -> None:
    """Sets a property as browsers do.

    An invalid value leaves the one before. One with variables is found to be invalid when the one
    before is forgotten, and so is as if nothing were said.
    """
    value = _substituted(text, custom)
    keyword = value.lower()
    if keyword not in _KEYWORDS and not _is_valid(name, value):
        if "var(" not in text:
            return
        keyword = "unset"
    if keyword == "unset":
        keyword = "inherit" if name in css.INHERITED else "initial"
    if keyword == "inherit" and name in inherited:
        values[name] = inherited[name]
    elif keyword in _KEYWORDS:
        values.pop(name, None)
        if keyword != "inherit" and name in INITIAL:
            values[name] = INITIAL[name]
    else:
        values[name] = value


def _is_valid(name: str, text: str) -> bool:
    if name in _PAINTS:
        return _is_paint_text(text)
    if name == "color":
        return text.lower() == "currentcolor" or _alpha(text) is not None
    if name == "stroke-width":
        return length(text, -1.0, 1.0) >= 0
    return bool(text)


def _is_paint_text(text: str) -> bool:
    if text.lower() in ("none", "context-fill", "context-stroke", "currentcolor"):
        return True
    return bool(_URL.match(text)) or text.startswith("url(") or _alpha(text) is not None


@lru_cache(maxsize=4096)
def _alpha(text: str) -> float | None:
    """How opaque a colour is; None if it is not a colour."""
    try:
        found = color4.parse_color(text)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    if isinstance(found, color4.Color):
        return float(found.alpha)
    is_other = text.lower().startswith(_COLOR_FUNCTIONS) or text.lower() in _SYSTEM_COLORS
    return 1.0 if is_other else None


def _is_zero(text: str) -> bool:
    try:
        return float(text.strip().removesuffix("%")) <= 0
    except ValueError:
        return False


def _substituted(text: str, custom: Values) -> str:
    """Substitutes the variables in a value; `unset` if one is missing."""
    for _ in range(_MAX_SUBSTITUTIONS):
        match = _VARIABLE.search(text) if "var(" in text and len(text) < _MAX_VALUE else None
        if match is None:
            break
        value: str | None = custom.get(match[1], match[2])
        if value is None:
            return "unset"
        text = f"{text[: match.start()]}{value.strip()}{text[match.end() :]}"
    return text.strip()
