"""Transforms: the attribute and CSS's transform, translate, rotate, scale and their origin."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import tinycss2

from sketch_rnn.sources.svg.viewport import IDENTITY, Transform, Viewport, length, translation

_ANGLES: Final = {"": 1.0, "deg": 1.0, "rad": 180 / math.pi, "grad": 0.9, "turn": 360.0}
_PROPERTIES: Final = ("transform", "translate", "rotate", "scale")
_KEYWORDS: Final = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
_OWN_BOXES: Final = ("fill-box", "stroke-box", "content-box", "border-box")


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


class _Amount(NamedTuple):
    """A number and its unit; `%` for a percentage."""

    number: float
    unit: str

    def pixels(self, whole: float) -> float:
        return length(f"{self.number!r}{self.unit}", math.nan, whole)

    @property
    def degrees(self) -> float:
        return self.number * _ANGLES.get(self.unit, math.nan)

    @property
    def factor(self) -> float:
        return self.number / 100 if self.unit == "%" else self.number


def needs_own_box(values: Mapping[str, str]) -> bool:
    """Whether a transform depends on the box around the element itself."""
    return values.get("transform-box", "view-box") in _OWN_BOXES and any(
        values.get(name, "none") != "none" for name in _PROPERTIES
    )


def transform_of(values: Mapping[str, str], viewport: Viewport, own_box: Box) -> Transform:
    """The 3 x 3 matrix of an element's transforms; an invalid one does nothing.

    Args:
        values: of its properties.
        viewport: what it is drawn on.
        own_box: the box around it, which matters only where `needs_own_box`.
    """
    if all(values.get(name, "none") == "none" for name in _PROPERTIES):
        return IDENTITY
    box = own_box if needs_own_box(values) else Box(0, 0, viewport.width, viewport.height)
    matrix = IDENTITY
    for name in ("translate", "rotate", "scale"):
        amounts = _amounts_of(values.get(name, "none"))
        if amounts:
            matrix = matrix @ _finite(_FUNCTIONS[name](amounts, box))
    for name, amounts in _functions(values.get("transform", "none")):
        matrix = matrix @ _FUNCTIONS[name](amounts, box)
    matrix = _finite(matrix)
    x, y = _origin(values.get("transform-origin"), box)
    return translation(x, y) @ matrix @ translation(-x, -y)


def _origin(text: str | None, box: Box) -> tuple[float, float]:
    words = (text or "").split()
    if not words:
        return 0.0, 0.0
    if len(words) == 1:
        words = [words[0], "center"] if words[0] not in ("top", "bottom") else ["center", words[0]]
    if words[0] in ("top", "bottom") or words[1] in ("left", "right"):
        words[:2] = words[1], words[0]
    places = [
        _KEYWORDS[word] * whole if word in _KEYWORDS else length(word, math.nan, whole)
        for word, whole in zip(words, (box.width, box.height), strict=False)
    ]
    if not all(map(math.isfinite, places)):
        return 0.0, 0.0
    return box.x + places[0], box.y + places[1]


def _finite(matrix: Transform) -> Transform:
    return matrix if np.isfinite(matrix).all() else IDENTITY


@lru_cache(maxsize=4096)
def _functions(text: str) -> tuple[tuple[str, tuple[_Amount, ...]], ...]:
    """The functions of a transform; none if there is a mistake anywhere in it."""
    found = []
    for token in tinycss2.parse_component_value_list(text, skip_comments=True):
        if token.type == "whitespace" or _is_comma(token):
            continue
        amounts = _amounts(token.arguments) if token.type == "function" else None
        name = token.lower_name if token.type == "function" else ""
        if not amounts or len(amounts) not in _COUNTS.get(name, ()):
            return ()
        found.append((name, amounts))
    return tuple(found)


@lru_cache(maxsize=4096)
def _amounts_of(text: str) -> tuple[_Amount, ...]:
    if text == "none":
        return ()
    return _amounts(tinycss2.parse_component_value_list(text, skip_comments=True)) or ()


def _amounts(tokens: list[Any]) -> tuple[_Amount, ...] | None:
    amounts = []
    for token in tokens:
        if token.type in ("whitespace", "comment") or _is_comma(token):
            continue
        if token.type not in ("number", "percentage", "dimension"):
            return None
        unit = "%" if token.type == "percentage" else getattr(token, "lower_unit", "")
        amounts.append(_Amount(float(token.value), unit))
    return tuple(amounts)


def _translate(a: tuple[_Amount, ...], box: Box) -> Transform:
    return translation(a[0].pixels(box.width), a[1].pixels(box.height) if len(a) > 1 else 0.0)


def _rotate(a: tuple[_Amount, ...], box: Box) -> Transform:
    angle = math.radians(a[0].degrees)
    cos, sin = (math.cos(angle), math.sin(angle)) if math.isfinite(angle) else (math.nan,) * 2
    turned: Transform = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    if len(a) < 3:
        return turned
    x, y = a[1].pixels(box.width), a[2].pixels(box.height)
    return translation(x, y) @ turned @ translation(-x, -y)


def _scale(a: tuple[_Amount, ...], box: Box) -> Transform:
    x, y = a[0].factor, a[1 if len(a) > 1 else 0].factor
    return np.array([[x, 0, 0], [0, y, 0], [0, 0, 1]])


def _skew(a: tuple[_Amount, ...], box: Box) -> Transform:
    x = math.tan(math.radians(a[0].degrees))
    y = math.tan(math.radians(a[1].degrees)) if len(a) > 1 else 0.0
    return np.array([[1, x, 0], [y, 1, 0], [0, 0, 1]])


def _matrix(a: tuple[_Amount, ...], box: Box) -> Transform:
    n = [amount.number for amount in a]
    return np.array([[n[0], n[2], n[4]], [n[1], n[3], n[5]], [0, 0, 1]])


def _is_comma(token: Any) -> bool:
    return bool(token.type == "literal" and token.value == ",")


_ZERO: Final = _Amount(0.0, "")
_ONE: Final = _Amount(1.0, "")
_FUNCTIONS: Final[dict[str, Callable[[tuple[_Amount, ...], Box], Transform]]] = {
    "matrix": _matrix,
    "translate": _translate,
    "translatex": _translate,
    "translatey": lambda a, box: _translate((_ZERO, a[0]), box),
    "translate3d": _translate,
    "rotate": _rotate,
    "rotatez": _rotate,
    "scale": _scale,
    "scalex": lambda a, box: _scale((a[0], _ONE), box),
    "scaley": lambda a, box: _scale((_ONE, a[0]), box),
    "scale3d": _scale,
    "skew": _skew,
    "skewx": _skew,
    "skewy": lambda a, box: _skew((_ZERO, a[0]), box),
}
_COUNTS: Final[dict[str, tuple[int, ...]]] = {
    "matrix": (6,),
    "translate": (1, 2),
    "rotate": (1, 3),
    "scale": (1, 2),
    "skew": (1, 2),
    "translate3d": (3,),
    "scale3d": (3,),
    **dict.fromkeys(
        ("translatex", "translatey", "rotatez", "scalex", "scaley", "skewx", "skewy"), (1,)
    ),
}
