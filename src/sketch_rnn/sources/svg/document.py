"""Walks the elements of an SVG as a browser does to draw it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import Meter
from sketch_rnn.sources.svg import styles
from sketch_rnn.sources.svg.clips import Clips, needs_box
from sketch_rnn.sources.svg.css import GEOMETRY
from sketch_rnn.sources.svg.elements import (
    NO_LINES,
    RENDERED,
    has_content,
    is_supported,
    tag_of,
)
from sketch_rnn.sources.svg.geometry import Clip, Shape, bounds, moved
from sketch_rnn.sources.svg.markers import MARKED, MARKERS, placed_on
from sketch_rnn.sources.svg.masking import require_plain, shows
from sketch_rnn.sources.svg.outline import Outline
from sketch_rnn.sources.svg.place import Place
from sketch_rnn.sources.svg.shapes import SHAPES, rectangle
from sketch_rnn.sources.svg.transforms import Box, needs_own_box, transform_of
from sketch_rnn.sources.svg.viewport import (
    IDENTITY,
    Transform,
    length,
    root_view_box,
    translation,
    view_box,
)

_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
_PAGE: Final = "{http://www.inkscape.org/namespaces/inkscape}page"
_NO_BOX: Final = Box(0, 0, 0, 0)


class Document:
    """An SVG document.

    Args:
        root: its outermost element.
        meter: what is left of the file's budget.

    Attributes:
        matrix: from its own units to pixels.
        page: the size of its page in pixels; None where nothing says.
        pages: those of Inkscape, where there are several beside the one that browsers show.
        notes: kinds of content that are left out or not applied, in words, after `shapes`.

    Raises:
        SketchRNNError: if it is not an SVG.
    """

    def __init__(self, root: Element, meter: Meter) -> None:
        if tag_of(root) != "svg":
            raise SketchRNNError(
                f"{meter.where}: not an SVG; its outermost element is {tag_of(root)!r}"
            )
        self._root = root
        self._meter = meter
        self._by_id: dict[str, Element] = {}
        for element in root.iter():
            self._by_id.setdefault(element.get("id", ""), element)
            meter.spend("characters after entities", _num_characters(element))
        self._sheet = styles.StyleSheet(root, meter)
        pages = list(root.iter(_PAGE))
        self.pages = pages if len(pages) > 1 else []
        self._values = self._sheet.values(root, styles.INITIAL)
        size = self._size(root, self._values)
        self.matrix, self._viewport, self.page = root_view_box(root, size)
        self.notes: dict[str, None] = {}
        self._outlines: dict[Any, Outline | None] = {}
        self._clips = Clips(self._by_id, self._sheet, self._shapes, self._note)

    def shapes(self) -> Iterator[Shape]:
        """Yields all shapes in the order they are drawn.

        Raises:
            SketchRNNError: if there are too many, as when elements use each other again and again.
        """
        if self._sheet.not_understood:
            self._note(f"style rules left out, such as {self._sheet.not_understood[0][:40]!r}")
        if not styles.is_displayed(self._values):
            return
        place = Place(IDENTITY, self._viewport, self._values)
        yield from self._placed(self._root, "root", place, self._values, self.matrix)

    def _shapes(self, element: Element, place: Place, *, used: bool = False) -> Iterator[Shape]:
        tag = tag_of(element)
        if tag not in RENDERED or (tag == "symbol" and not used):
            return
        self._count(place)
        values = self._sheet.values(element, place.values, place.copied)
        if not styles.is_displayed(values):
            return
        if place.mask and not place.is_clip:
            require_plain(tag, values)
        if tag in NO_LINES:
            if styles.is_visible(values) and has_content(element):
                self._note(f"{NO_LINES[tag]} left out")
            return
        trail = place.trail if len(place.trail) >= 3 else (*place.trail, element)
        inside = place._replace(values=values, depth=place.depth + 1, trail=trail)
        yield from self._placed(element, tag, inside, values, IDENTITY)

    def _placed(
        self, element: Element, tag: str, place: Place, values: styles.Values, inner: Transform
    ) -> Iterator[Shape]:
        """Yields the shapes of an element where its transform and clip path put them."""
        through = self._clips.on(values, place)
        if not (needs_own_box(values) or any(map(needs_box, through))):
            matrix = _product(place.matrix, transform_of(values, place.viewport, _NO_BOX))
            clips = self._clips.of(through, place._replace(matrix=matrix), _NO_BOX)
            shapes = self._content(element, tag, place._replace(matrix=_product(matrix, inner)))
            yield from (shape.within(clips) for shape in shapes)
            return
        inside = place._replace(matrix=inner, is_measured=True)
        local = list(self._content(element, tag, inside))
        box = bounds(local)
        matrix = place.matrix @ transform_of(values, place.viewport, box)
        clips = self._clips.of(through, place._replace(matrix=matrix), box)
        kept = [shape for shape in local if shape.is_seen or place.is_measured]
        yield from (shape.within(clips) for shape in moved(kept, matrix))

    def _content(self, element: Element, tag: str, place: Place) -> Iterator[Shape]:
        if tag in SHAPES:
            yield from self._shape(element, tag, place)
        elif tag == "use":
            yield from self._used(element, place)
        else:
            yield from self._children(element, tag, place)

    def _count(self, place: Place) -> None:
        # Elements that use others, which use others, can be more than any file holds.
        self._meter.spend("elements by reference", bool(place.used))
        self._meter.check("levels of nesting", place.depth)

    def _note(self, text: str) -> None:
        self.notes[text] = None

    def _shape(self, element: Element, tag: str, place: Place) -> Iterator[Shape]:
        values, has = styles.in_context(place.values, place.context), self._by_id.__contains__
        stroked = styles.is_stroked(values, has) and not place.is_clip
        painted = stroked or styles.is_filled(values, has) or place.is_clip
        marked = tag in MARKED and any(name in values for name in MARKERS) and not place.is_clip
        is_seen = (painted or marked) and styles.is_visible(values)
        if not (is_seen or place.is_measured):
            return
        geometry = {name: values[name] for name in GEOMETRY if name in values}
        self._meter.spend("characters of shapes", 20 + sum(map(len, element.attrib.values())))
        outline = self._outline(element, tag, geometry, place)
        if outline is None:
            return
        even_odd = values.get("clip-rule" if place.is_clip else "fill-rule") == "evenodd"
        if place.mask and not place.is_clip:
            shown = shows(values, place.mask, is_stroked=stroked)
            if shown is not None:
                yield Shape(outline, place.matrix, False, even_odd, hides=not shown)
            return
        if not is_seen:
            yield Shape(outline, place.matrix, is_seen=False)
            return
        if painted:
            yield Shape(outline, place.matrix, stroked, even_odd, trail=place.trail)
        if marked:
            yield from self._marked(outline, place._replace(values=values))

    def _outline(
        self, element: Element, tag: str, geometry: dict[str, str], place: Place
    ) -> Outline | None:
        """The outline of a shape; of one that is used again and again, parsed once."""
        key = (element, *geometry.items(), place.viewport)
        if key not in self._outlines:
            outline = SHAPES[tag]({**element.attrib, **geometry}, place.viewport)
            if not place.used:
                return outline
            self._outlines[key] = outline
        return self._outlines[key]

    def _marked(self, outline: Outline, place: Place) -> Iterator[Shape]:
        """Yields the shapes of the markers on a path, cut where a marker ends."""
        values = place.values
        found = {name: styles.reference(values.get(name)) or "" for name in MARKERS}
        markers = {
            name: marker
            for name, own_id in found.items()
            if (marker := self._by_id.get(own_id)) is not None
            and tag_of(marker) == "marker"
            and own_id not in place.used
        }
        for marker, here in placed_on(outline, markers, values, place.viewport):
            own = self._sheet.values_where_it_is(marker)
            inside = place._replace(
                matrix=place.matrix @ here.matrix,
                viewport=here.viewport,
                values=own,
                depth=place.depth + 1,
                used=place.used | {marker.get("id", "")},
                copied=None,
                is_measured=False,
                context=(values.get("fill", "black"), values.get("stroke", "none")),
            )
            clips = _edge(here.size, place.matrix @ here.edge, own)
            for child in marker:
                yield from (shape.within(clips) for shape in self._shapes(child, inside))

    def _children(self, element: Element, tag: str, place: Place) -> Iterator[Shape]:
        clips: tuple[Clip, ...] = ()
        if tag in ("svg", "symbol"):
            place, clips = self._nested(element, place)
        place = place._replace(size=(None, None))
        children: Iterable[Element] = element
        if tag == "switch":
            children = [child for child in element if is_supported(child)][:1]
        for child in children:
            yield from (shape.within(clips) for shape in self._shapes(child, place))

    def _nested(self, element: Element, place: Place) -> tuple[Place, tuple[Clip, ...]]:
        """The place inside a document within the document, and the clip of its edge."""
        outer, values = place.viewport, place.values
        given = self._size(element, values)
        size = (place.size[0] or given[0], place.size[1] or given[1])
        corner = translation(
            length(values.get("x"), 0, outer.width), length(values.get("y"), 0, outer.height)
        )
        matrix, inner = view_box(element, outer, size)
        nested = place._replace(matrix=place.matrix @ corner @ matrix, viewport=inner)
        width, height = length(size[0], *[outer.width] * 2), length(size[1], *[outer.height] * 2)
        return nested, _edge((width, height), place.matrix @ corner, values)

    def _used(self, element: Element, place: Place) -> Iterator[Shape]:
        """Yields the shapes of what a `use` refers to; one that uses itself draws nothing."""
        address = element.get("href") or element.get(_XLINK) or ""
        name = address.removeprefix("#")
        target = self._by_id.get(name)
        if address and not address.startswith(("#", "data:")):
            self._note("content of other files, which are not read, left out")
        if not address.startswith("#") or not name or target is None or name in place.used:
            return
        values = place.values
        corner = translation(
            length(values.get("x"), 0, place.viewport.width),
            length(values.get("y"), 0, place.viewport.height),
        )
        inside = place._replace(
            matrix=place.matrix @ corner,
            used=place.used | {name},
            size=self._size(element, values),
            copied=target,
        )
        yield from self._shapes(target, inside, used=True)

    @staticmethod
    def _size(element: Element, values: styles.Values) -> tuple[str | None, str | None]:
        width, height = values.get("width"), values.get("height")
        return (None if width == "auto" else width), (None if height == "auto" else height)


def _edge(size: tuple[float, float], matrix: Transform, values: styles.Values) -> tuple[Clip, ...]:
    """The clip of the edge of a nested document or marker; none if all of it shows."""
    if values.get("overflow", "hidden") in ("visible", "auto"):
        return ()
    edge = rectangle(0, 0, max(size[0], 0), max(size[1], 0))
    return (Clip((Shape(edge, matrix),)),)


def _product(outer: Transform, inner: Transform) -> Transform:
    """The product of two transforms, of which most often one is the identity."""
    return outer if inner is IDENTITY else outer @ inner


def _num_characters(element: Element) -> int:
    texts = element.attrib.values()
    return sum(map(len, texts)) + len(element.text or "") + len(element.tail or "")
