"""Style sheets and style attributes, as they apply on a light screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import inf
from typing import Any, Final, NamedTuple

import tinycss2

from sketch_rnn.sources.svg.selectors import NotUnderstoodError, Selector, selectors_of
from sketch_rnn.sources.svg.viewport import length

INHERITED: Final = (
    *("fill", "stroke", "stroke-width", "color", "visibility"),
    *("fill-opacity", "stroke-opacity", "fill-rule", "clip-rule"),
    *("marker-start", "marker-mid", "marker-end"),
)
GEOMETRY: Final = ("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "d")
OWN: Final = (
    *("display", "opacity", "overflow", "clip-path", "mask", "mask-type"),
    *("transform", "transform-origin", "transform-box", "translate", "rotate", "scale"),
    *GEOMETRY,
)
_KNOWN: Final = frozenset((*INHERITED, *OWN, "marker"))
_MAX_DEPTH: Final = 8
_MAX_TOKENS: Final = 10_000
_AND, _SPACE, _COMMA = tinycss2.parse_component_value_list("& ,")
_SCREEN: Final = {"width": 1280.0, "height": 720.0}
_FEATURES: Final = {
    "prefers-color-scheme": "light",
    "prefers-reduced-motion": "no-preference",
    "prefers-reduced-transparency": "no-preference",
    "prefers-contrast": "no-preference",
    "prefers-reduced-data": "no-preference",
    "forced-colors": "none",
    "inverted-colors": "none",
    "scripting": "enabled",
    "hover": "hover",
    "any-hover": "hover",
    "pointer": "fine",
    "any-pointer": "fine",
    "orientation": "landscape",
    "update": "fast",
    "grid": "0",
    "monochrome": "0",
    "color": "8",
}


class Declarations(NamedTuple):
    """Values by property; those marked important apart."""

    normal: dict[str, str]
    important: dict[str, str]


Layer = tuple[float, ...]


class Rule(NamedTuple):
    """One rule of a style sheet; of normal declarations, those of a greater layer win."""

    selectors: list[Selector]
    declarations: Declarations
    layer: Layer


@lru_cache(maxsize=4096)
def declarations(text: str) -> Declarations:
    """The declarations of a style attribute that have a meaning for lines."""
    return _declared(tinycss2.parse_blocks_contents(text))


def rules(texts: Iterable[str], not_understood: list[str]) -> Iterator[Rule]:
    """Yields the rules of style sheets that apply on a light screen, in order.

    Args:
        texts: the style sheets.
        not_understood: takes selectors that are left out, in words.
    """
    sheets = _Sheets(not_understood)
    for text in texts:
        nodes = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        yield from sheets.rules(nodes, _Around())


def applies(media: str) -> bool:
    """Whether a list of media queries holds on a light screen."""
    return any(_query(part.strip().lower()) for part in media.split(",")) or not media.strip()


class _Around(NamedTuple):
    """The context of a rule: the selectors that it is nested in, its layer, and its depth."""

    parents: tuple[tuple[Any, ...], ...] = ()
    layer: Layer = ()
    depth: int = 0


class _Sheets:
    """Walks style sheets, and numbers their layers as they come."""

    def __init__(self, not_understood: list[str]) -> None:
        self._not_understood = not_understood
        self._layers: dict[tuple[Layer, str], Layer] = {}

    def rules(self, nodes: Sequence[Any], around: _Around) -> Iterator[Rule]:
        """Yields the rules among the contents of a sheet or a block, which apply in order."""
        declared = _declared(nodes) if around.parents else Declarations({}, {})
        if declared.normal or declared.important:
            yield from self._rule(around, declared)
        for node in nodes:
            if node.type == "qualified-rule":
                yield from self._qualified(node, around)
            elif node.type == "at-rule":
                yield from self._at_rule(node, around)

    def _qualified(self, node: Any, around: _Around) -> Iterator[Rule]:
        try:
            parents = _nested(around.parents, node.prelude)
        except NotUnderstoodError:
            parents = ()
        if not parents or around.depth >= _MAX_DEPTH:
            self._not_understood.append(_text(node.prelude))
            return
        inside = around._replace(parents=parents, depth=around.depth + 1)
        yield from self.rules(tinycss2.parse_blocks_contents(node.content), inside)

    def _rule(self, around: _Around, declared: Declarations) -> Iterator[Rule]:
        tokens = [token for part in around.parents for token in (_COMMA, *part)][1:]
        try:
            yield Rule(selectors_of(tokens), declared, (*around.layer, inf))
        except NotUnderstoodError:
            self._not_understood.append(_text(tokens))

    def _at_rule(self, node: Any, around: _Around) -> Iterator[Rule]:
        keyword, prelude = node.lower_at_keyword, _text(node.prelude)
        layer = around.layer
        if keyword == "layer":
            names = [name.strip() for name in prelude.split(",")]
            numbers = [self._layer(around.layer, name) for name in names]
            layer = numbers[-1]
        does_apply = (
            keyword == "layer"
            or (keyword == "media" and applies(prelude))
            or (keyword == "supports" and supports(prelude))
        )
        if not does_apply or node.content is None or around.depth >= _MAX_DEPTH:
            return
        inside = around._replace(layer=layer, depth=around.depth + 1)
        parse = tinycss2.parse_blocks_contents if around.parents else tinycss2.parse_rule_list
        yield from self.rules(parse(node.content), inside)

    def _layer(self, outer: Layer, name: str) -> Layer:
        """The layer of a name such as `base.icons`; one without a name is always new."""
        for part in name.split(".", _MAX_DEPTH):
            number = len(self._layers)
            key = (outer, part or f"layer {number}")
            outer = self._layers.setdefault(key, (*outer, float(number)))
        return outer


def _nested(
    parents: tuple[tuple[Any, ...], ...], prelude: Sequence[Any]
) -> tuple[tuple[Any, ...], ...]:
    """The selectors of a rule, with those it is nested in put before or in place of `&`.

    Raises:
        NotUnderstoodError: if they become too many or too long.
    """
    own: list[list[Any]] = [[]]
    for node in prelude:
        if node == ",":
            own.append([])
        elif own[-1] or node.type not in ("whitespace", "comment"):
            own[-1].append(node)
    if not parents:
        return tuple(map(tuple, own))
    texts = [part if any(n == "&" for n in part) else [_AND, _SPACE, *part] for part in own]
    longest = max(map(len, parents))
    if len(parents) * sum(len(part) * longest for part in texts) > _MAX_TOKENS:
        raise NotUnderstoodError("rules nested in each other that become too many")
    return tuple(
        tuple(own for node in part for own in (parent if node == "&" else (node,)))
        for parent in parents
        for part in texts
    )


def _declared(nodes: Sequence[Any]) -> Declarations:
    found = Declarations({}, {})
    for node in nodes:
        if node.type != "declaration":
            continue
        name = node.name if node.name.startswith("--") else node.lower_name
        if name not in _KNOWN and not name.startswith("--"):
            continue
        target = found.important if node.important else found.normal
        names = ("marker-start", "marker-mid", "marker-end") if name == "marker" else (name,)
        target.update(dict.fromkeys(names, _text(node.value)))
    return found


def _text(tokens: Sequence[Any]) -> str:
    try:
        return str(tinycss2.serialize([t for t in tokens if t.type != "comment"])).strip()
    except RecursionError:
        return ""


def supports(condition: str, depth: int = 0) -> bool:
    """Whether a condition of `@supports` holds: all but other browsers' prefixes do."""
    text = condition.strip().lower()
    if depth > _MAX_DEPTH:
        return False
    if text.startswith("not"):
        return not supports(text[3:], depth + 1)
    for word, holds in ((" or ", any), (" and ", all)):
        parts = _outside_parentheses(text, word)
        if len(parts) > 1:
            return holds(supports(part, depth + 1) for part in parts)
    if text.startswith("(") and text.endswith(")") and text[1:].lstrip().startswith(("(", "not")):
        return supports(text[1:-1], depth + 1)
    return not text.lstrip("( ").startswith(("-ms-", "-moz-", "-o-"))


def _outside_parentheses(text: str, word: str) -> list[str]:
    """Splits a text at a word, except inside parentheses."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith(word, place):
            parts.append(text[start:place])
            start = place + len(word)
    return [*parts, text[start:]]


def _query(text: str) -> bool:
    """Whether one media query holds."""
    negated = text.startswith("not ")
    text = text.removeprefix("not ").removeprefix("only ").strip()
    conditions = re.split(r"\s+and\s+", text)
    if negated:
        return not all(_condition(part) for part in conditions)
    if " or " in text:
        return any(_condition(part) for part in re.split(r"\s+or\s+", text))
    return all(_condition(part) for part in conditions)


def _condition(text: str) -> bool:
    text = text.strip()
    if text in ("screen", "all"):
        return True
    if text.startswith("(not "):
        return not _condition(text[5:-1])
    name, colon, value = text.strip("() ").partition(":")
    name, value = name.strip(), value.strip()
    if not text.startswith("("):
        return False
    bound, _, side = name.partition("-")
    if bound in ("min", "max") and side in _SCREEN:
        limit = length(value, float("nan"), 0)
        return _SCREEN[side] >= limit if bound == "min" else _SCREEN[side] <= limit
    expected = _FEATURES.get(name)
    if not colon:
        return name in _SCREEN or (expected not in (None, "no-preference", "none", "0"))
    return value == expected
