"""An SVG's tree of elements, walked as a browser does to draw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from xml.etree.ElementTree import Element

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.svg import styles
from sketch_rnn.sources.svg.shapes import SHAPES
from sketch_rnn.sources.svg.viewport import (
    Transform,
    Viewport,
    length,
    root_view_box,
    transform,
    translation,
    view_box,
)

_CONTAINERS: Final = ("g", "a", "svg", "symbol", "switch")
_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
_MAX_USED: Final = 10_000
_MAX_DEPTH: Final = 150


@dataclass(frozen=True, eq=False)
class Shape:
    """Something to draw.

    Attributes:
        path: its outline in its own units, an `svgelements.Path`.
        matrix: from its own units to pixels.
        is_stroked: whether its outline is drawn; otherwise it is only filled.
    """

    path: Any
    matrix: Transform
    is_stroked: bool


class ShapeGroup(NamedTuple):
    """The shapes of one top-level element, and its id."""

    name: str
    shapes: list[Shape]


@dataclass(frozen=True, eq=False)
class _Place:
    """What an element gets from those around it."""

    matrix: Transform
    viewport: Viewport
    values: styles.Values
    depth: int = 0
    used: frozenset[str] = frozenset()
    size: tuple[str | None, str | None] = (None, None)


class Document:
    """An SVG document.

    Args:
        root: its outermost element.
        name: what to call it in messages.

    Raises:
        SketchRNNError: if it is not an SVG.
    """

    def __init__(self, root: Element, name: str) -> None:
        if _tag(root) != "svg":
            raise SketchRNNError(f"{name}: not an SVG; its outermost element is {_tag(root)!r}")
        self._root = root
        self._name = name
        elements = list(root.iter())
        self._by_id: dict[str, Element] = {}
        for element in elements:
            self._by_id.setdefault(element.get("id", ""), element)
        self._sheet = styles.StyleSheet(e.text or "" for e in elements if _tag(e) == "style")
        self._num_used = 0

    def groups(self) -> Iterator[ShapeGroup]:
        """Yields the shapes of each top-level element, in the order they are drawn.

        Raises:
            SketchRNNError: if there are too many, as when elements use each other again and again.
        """
        values = self._sheet.values(self._root, "svg", styles.INITIAL)
        if not styles.is_displayed(values):
            return
        matrix, viewport = root_view_box(self._root)
        place = _Place(matrix @ transform(values.get("transform")), viewport, values)
        for element in self._root:
            shapes = list(self._shapes(element, place))
            if shapes:
                yield ShapeGroup(element.get("id", ""), shapes)

    def _shapes(self, element: Element, place: _Place, *, used: bool = False) -> Iterator[Shape]:
        tag = _tag(element)
        is_shape, is_use = tag in SHAPES, tag == "use"
        if not (is_shape or is_use or tag in _CONTAINERS) or (tag == "symbol" and not used):
            return
        self._count(place)
        values = self._sheet.values(element, tag, place.values)
        if not styles.is_displayed(values):
            return
        matrix = place.matrix @ transform(values.pop("transform", None))
        inside = replace(place, matrix=matrix, values=values, depth=place.depth + 1)
        if is_shape:
            yield from self._shape(element, tag, inside)
        elif is_use:
            yield from self._used(element, inside)
        else:
            yield from self._children(element, tag, inside)

    def _count(self, place: _Place) -> None:
        # Elements that use others, which use others, can be more than any file holds.
        self._num_used += bool(place.used)
        if self._num_used > _MAX_USED:
            raise SketchRNNError(
                f"{self._name}: uses more than {_MAX_USED:,} elements by reference"
            )
        if place.depth > _MAX_DEPTH:
            raise SketchRNNError(f"{self._name}: elements in each other {_MAX_DEPTH} deep")

    def _shape(self, element: Element, tag: str, place: _Place) -> Iterator[Shape]:
        stroked = styles.is_stroked(place.values)
        if styles.is_visible(place.values) and (stroked or styles.is_filled(place.values)):
            path = SHAPES[tag](element, place.viewport)
            if path is not None:
                yield Shape(path, place.matrix, stroked)

    def _children(self, element: Element, tag: str, place: _Place) -> Iterator[Shape]:
        if tag in ("svg", "symbol"):
            place = self._nested(element, place)
        place = replace(place, size=(None, None))
        for child in element:
            shapes = list(self._shapes(child, place))
            yield from shapes
            if tag == "switch" and shapes:
                return

    def _nested(self, element: Element, place: _Place) -> _Place:
        """Returns the place inside a document within the document."""
        outer = place.viewport
        size = (
            place.size[0] or element.get("width"),
            place.size[1] or element.get("height"),
        )
        corner = translation(
            length(element.get("x"), 0, outer.width), length(element.get("y"), 0, outer.height)
        )
        matrix, inner = view_box(element, outer, size)
        return replace(place, matrix=place.matrix @ corner @ matrix, viewport=inner)

    def _used(self, element: Element, place: _Place) -> Iterator[Shape]:
        """Yields the shapes of what a `use` refers to; one that uses itself draws nothing."""
        address = element.get("href") or element.get(_XLINK) or ""
        name = address.removeprefix("#")
        target = self._by_id.get(name)
        if not address.startswith("#") or not name or target is None or name in place.used:
            return
        corner = translation(
            length(element.get("x"), 0, place.viewport.width),
            length(element.get("y"), 0, place.viewport.height),
        )
        inside = replace(
            place,
            matrix=place.matrix @ corner,
            used=place.used | {name},
            size=(element.get("width"), element.get("height")),
        )
        yield from self._shapes(target, inside, used=True)


def _tag(element: Element) -> str:
    # Comments and processing instructions have a function for a tag.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
