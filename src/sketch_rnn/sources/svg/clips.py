"""The clip paths and masks of an SVG, as the shapes that others are seen through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element

import numpy as np

from sketch_rnn.sources.svg import masking, styles
from sketch_rnn.sources.svg.elements import tag_of
from sketch_rnn.sources.svg.geometry import Clip, Shape
from sketch_rnn.sources.svg.place import Place
from sketch_rnn.sources.svg.transforms import Box, needs_own_box, transform_of
from sketch_rnn.sources.svg.viewport import IDENTITY, Transform, translation

_OWN_UNITS: Final = "objectBoundingBox"


class Clips:
    """Builds the clips of elements, those of one clip path or mask in one place once.

    Args:
        by_id: the elements of the document.
        sheet: its style sheet.
        shapes: returns the shapes of an element in a place.
        note: takes what is not applied, in words.
    """

    def __init__(
        self,
        by_id: Mapping[str, Element],
        sheet: styles.StyleSheet,
        shapes: Callable[[Element, Place], Iterator[Shape]],
        note: Callable[[str], None],
    ) -> None:
        self._by_id = by_id
        self._sheet = sheet
        self._shapes = shapes
        self._note = note
        self._made: dict[Any, tuple[Clip, ...]] = {}

    def on(self, values: styles.Values, place: Place) -> list[Element]:
        """The `clipPath` and `mask` elements that apply to an element of these values."""
        found = []
        text = values.get("clip-path", "none")
        if text != "none" and styles.reference(text) is None:
            self._note("clip paths that are shapes of CSS not applied")
        wanted = {"clipPath": text, "mask": "none" if place.is_clip else values.get("mask", "none")}
        for tag, reference in wanted.items():
            element = self._by_id.get(styles.reference(reference) or "")
            if element is not None and tag_of(element) == tag and _id(element) not in place.used:
                found.append(element)
        return found

    def of(self, elements: Sequence[Element], place: Place, box: Box) -> tuple[Clip, ...]:
        """The clips that `clipPath` and `mask` elements give an element of this place and box."""
        clips: tuple[Clip, ...] = ()
        for element in elements:
            is_mask = tag_of(element) == "mask"
            own_box = box if self._content_needs_box(element) else None
            key = (element, place.matrix.tobytes(), place.viewport, place.used, own_box)
            if key not in self._made:
                make = self._of_mask if is_mask else self._of_path
                self._made[key] = make(element, place, box)
            clips += self._made[key]
            edge = masking.edge_of(element, box, place.viewport) if is_mask else None
            if edge is not None and self._made[key]:
                clips += (Clip((Shape(edge, place.matrix),)),)
        return clips

    def _content_needs_box(self, element: Element) -> bool:
        """Whether more than the edge of a `clipPath` or `mask` depends on what it is put on."""
        values = self._sheet.values_where_it_is(element)
        return (
            _OWN_UNITS in (element.get("clipPathUnits"), element.get("maskContentUnits"))
            or needs_own_box(values)
            or not {"clip-path", "mask"}.isdisjoint(values)
        )

    def _of_path(self, element: Element, place: Place, box: Box) -> tuple[Clip, ...]:
        values = self._sheet.values_where_it_is(element)
        matrix = place.matrix @ _units(element, "clipPathUnits", box)
        matrix = matrix @ transform_of(values, place.viewport, box)
        inside = _inside(element, values, place)._replace(matrix=matrix, is_clip=True)
        shapes = [shape for child in element for shape in self._shapes(child, inside)]
        around = inside._replace(matrix=place.matrix)
        return (Clip(tuple(shapes)), *self.of(self.on(values, around), around, box))

    def _of_mask(self, element: Element, place: Place, box: Box) -> tuple[Clip, ...]:
        """The clips that cut as a mask does; none, with a note, if it is not of plain shapes."""
        values = self._sheet.values_where_it_is(element)
        matrix = place.matrix @ _units(element, "maskContentUnits", box)
        inside = _inside(element, values, place)._replace(
            matrix=matrix, mask=masking.kind_of(values)
        )
        try:
            shapes = [shape for child in element for shape in self._shapes(child, inside)]
        except masking.NotPlainError:
            self._note("masks that are not plain shapes not applied")
            return ()
        around = inside._replace(matrix=place.matrix)
        return (Clip(tuple(shapes)), *self.of(self.on(values, around), around, box))


def needs_box(element: Element) -> bool:
    """Whether a `clipPath` or `mask` depends on the box around what it is put on."""
    if tag_of(element) == "mask":
        return masking.needs_box(element)
    return element.get("clipPathUnits") == _OWN_UNITS


def _inside(element: Element, values: styles.Values, place: Place) -> Place:
    return place._replace(
        values=values, used=place.used | {_id(element)}, trail=(), copied=None, is_measured=False
    )


def _id(element: Element) -> str:
    return element.get("id", "")


def _units(element: Element, attribute: str, box: Box) -> Transform:
    """The transform from the units of a clip path's or mask's content."""
    if element.get(attribute) != _OWN_UNITS:
        return IDENTITY
    return translation(box.x, box.y) @ np.diag((box.width, box.height, 1.0))
