"""Lengths, coordinate systems and transforms of SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

import numpy as np
import numpy.typing as npt

Transform = npt.NDArray[np.float64]

# Each character matches in one way only, so that a mismatch never takes long.
_NUMBER: Final = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBERS: Final = re.compile(_NUMBER)
_LENGTH: Final = re.compile(rf"({_NUMBER})\s*([a-zA-Z]*|%)")
_LONGEST_LENGTH: Final = 1000
_PIXELS: Final = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "q": 96 / 101.6,
    "in": 96.0,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
}
_ALIGNMENTS: Final = {"min": 0.0, "mid": 0.5, "max": 1.0}
IDENTITY: Final[Transform] = np.eye(3)


class Viewport(NamedTuple):
    """The size of a coordinate system in its own units, which percentages refer to."""

    width: float
    height: float

    @property
    def diagonal(self) -> float:
        """The length that percentages refer to where it is neither width nor height."""
        return math.hypot(self.width, self.height) / math.sqrt(2)


def length(text: str | None, default: float, whole: float) -> float:
    """Returns a length in pixels; `default` where there is none or it cannot be read.

    Args:
        text: such as `12`, `3mm` or `50%`.
        default: in pixels.
        whole: what 100% is, in pixels.
    """
    text = (text or "")[:_LONGEST_LENGTH].strip()
    match = _LENGTH.fullmatch(text)
    if match is None:
        return default
    if match[2] == "%":
        return float(match[1]) / 100 * whole
    factor = _PIXELS.get(match[2].lower())
    return default if factor is None else float(match[1]) * factor


def numbers(text: str | None) -> list[float]:
    """The numbers in a text, separated by anything."""
    return [float(number) for number in _NUMBERS.findall(text or "")]


def translation(x: float, y: float) -> Transform:
    """The 3 x 3 matrix that moves points."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def view_box(
    element: Element, outer: Viewport, size: tuple[str | None, str | None]
) -> tuple[Transform, Viewport]:
    """The transform of a document's content, without its own x and y, and the content's viewport.

    Args:
        element: an `svg` or `symbol`.
        outer: what it is drawn on.
        size: texts of its width and height; all there is where None.
    """
    box = numbers(element.get("viewBox"))
    has_box = len(box) == 4 and box[2] > 0 and box[3] > 0
    width = length(size[0], outer.width, outer.width)
    height = length(size[1], outer.height, outer.height)
    if not has_box or not (width > 0 and height > 0):
        return IDENTITY, Viewport(width, height)
    matrix = _fitted(box, width, height, element.get("preserveAspectRatio", "xMidYMid"))
    return matrix, Viewport(box[2], box[3])


def root_view_box(
    element: Element, size: tuple[str | None, str | None]
) -> tuple[Transform, Viewport, Viewport | None]:
    """The transform and viewport of the outermost document, by default as large as its box.

    The last is the size of the page in pixels; None where neither a size nor a box says.
    """
    box = numbers(element.get("viewBox"))
    width, height = size
    if len(box) != 4 or not (box[2] > 0 and box[3] > 0):
        matrix, inner = view_box(element, Viewport(300, 150), size)
        has_page = length(width, 0.0, 0.0) > 0 and length(height, 0.0, 0.0) > 0
        return matrix, inner, inner if has_page else None
    own = [length(text, 0.0, 0.0) for text in (width, height)]
    if own[0] > 0 and not own[1] > 0:
        own[1] = own[0] * box[3] / box[2]
    elif own[1] > 0 and not own[0] > 0:
        own[0] = own[1] * box[2] / box[3]
    elif not own[0] > 0:
        own = box[2:]
    page = Viewport(*own)
    return (*view_box(element, page, (None, None)), page)


def _fitted(box: Sequence[float], width: float, height: float, rule: str) -> Transform:
    """The matrix that puts a box into a size, as preserveAspectRatio says."""
    x_scale, y_scale = width / box[2], height / box[3]
    if rule.split()[:1] != ["none"]:
        choose = max if "slice" in rule else min
        x_scale = y_scale = choose(x_scale, y_scale)
    match = re.search(r"x(Min|Mid|Max)Y(Min|Mid|Max)", rule)
    x_share, y_share = (
        _ALIGNMENTS[part.lower()] for part in (match.groups() if match else ("Mid", "Mid"))
    )
    x = (width - box[2] * x_scale) * x_share - box[0] * x_scale
    y = (height - box[3] * y_scale) * y_share - box[1] * y_scale
    return np.array([[x_scale, 0, x], [0, y_scale, y], [0, 0, 1]])
