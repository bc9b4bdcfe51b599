"""Style sheets and style attributes: the declarations that apply on a light screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
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
    *("display", "opacity", "overflow", "clip-path", "mask"),
    *("transform", "transform-origin", "transform-box", "translate", "rotate", "scale"),
    *GEOMETRY,
)
_KNOWN: Final = frozenset((*INHERITED, *OWN, "marker"))
_MAX_MEDIA_DEPTH: Final = 8
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


class Rule(NamedTuple):
    """One rule of a style sheet."""

    selectors: list[Selector]
    declarations: Declarations


@lru_cache(maxsize=4096)
def declarations(text: str) -> Declarations:
    """Returns the declarations of a style attribute that have a meaning for lines."""
    return _declared(tinycss2.parse_blocks_contents(text))


def rules(texts: Iterable[str], not_understood: list[str]) -> Iterator[Rule]:
    """Yields the rules of style sheets that apply on a light screen, in order.

    Args:
        texts: the style sheets.
        not_understood: takes selectors that are left out, in words.
    """
    for text in texts:
        nodes = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        yield from _rules(nodes, not_understood, 0)


def applies(media: str) -> bool:
    """Returns whether a list of media queries holds on a light screen."""
    return any(_query(part.strip().lower()) for part in media.split(",")) or not media.strip()


def _rules(nodes: Sequence[Any], not_understood: list[str], depth: int) -> Iterator[Rule]:
    for node in nodes:
        if node.type == "qualified-rule":
            declared = _declared(tinycss2.parse_blocks_contents(node.content))
            if not (declared.normal or declared.important):
                continue
            try:
                yield Rule(selectors_of(node.prelude), declared)
            except NotUnderstoodError:
                not_understood.append(_text(node.prelude))
        elif node.type == "at-rule" and node.content is not None and depth < _MAX_MEDIA_DEPTH:
            prelude = _text(node.prelude)
            if (node.lower_at_keyword == "media" and applies(prelude)) or (
                node.lower_at_keyword in ("supports", "layer")
                and not prelude.lower().startswith("not")
            ):
                inner = tinycss2.parse_rule_list(
                    node.content, skip_comments=True, skip_whitespace=True
                )
                yield from _rules(inner, not_understood, depth + 1)


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


def _query(text: str) -> bool:
    """Returns whether one media query holds."""
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
