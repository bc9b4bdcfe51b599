"""Reads the lines of SVG files as a browser draws them.

In comes a file, out go polylines in pixels, y downwards, and notes on what is left out. `read_svg`
and `read_svg_file` are stable; the modules are the steps: `css`, `selectors` and `styles` say what
has ink, `document` walks the elements, `geometry` and `clipping` make lines, `choosing` keeps some.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import shapely

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import BYTES, Meter, open_file, opened
from sketch_rnn.lines import Polyline
from sketch_rnn.sources.chunk import Chunk, ChunkBuilder, folder_of
from sketch_rnn.sources.options import Fills, ReadingOptions
from sketch_rnn.sources.svg.choosing import (
    BESIDE_PAGES,
    OUTSIDE,
    DrawnShape,
    chosen,
    drawn_shapes,
    on_page,
)
from sketch_rnn.sources.svg.clipping import STEPS
from sketch_rnn.sources.svg.document import Document
from sketch_rnn.sources.svg.elements import tag_of
from sketch_rnn.sources.svg.viewport import length

_GZIP: Final = b"\x1f\x8b"
_NOTHING: Final = (
    "nothing is drawn in this SVG; text, images and lines without a stroke do not count"
)
_LABEL: Final = "{http://www.inkscape.org/namespaces/inkscape}label"
_DEFAULTS: Final = ReadingOptions()


def read_svg(
    path: str | os.PathLike[str],
    *,
    tolerance: float = _DEFAULTS.tolerance,
    fills: Fills = _DEFAULTS.fills,
) -> list[Polyline]:
    """Returns what an SVG file draws as polylines `(n, 2)` in pixels, y downwards.

    Read are paths, lines, polylines, polygons, rectangles, circles and ellipses in the file's
    order, in groups, nested documents and `use`, with transforms, viewBox, units and styles applied
    and curves flattened. Lines are cut where clip paths, masks of plain shapes, nested documents
    and the page end; a filled shape has the outline of what shows of it. Text and images are left
    out, and other masks are not applied. Nothing but the file itself is read, whatever it refers
    to.

    Args:
        path: the file, `.svg` or `.svgz`.
        tolerance: how far a polyline may leave its curve, as a share of the drawing's longer side.
        fills: what becomes of shapes with a fill and no stroke: `auto` draws their outline but for
            background rectangles, `outline` draws the outline of all, `skip` leaves all out.

    Raises:
        SketchRNNError: if the file is missing, not an SVG, or nothing in it is a line.
    """
    drawing = _drawing(Path(path), ReadingOptions(flatten=tolerance, box=1.0, fills=fills))
    return _lines(drawing.shapes)


def read_svg_file(path: Path, options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawing of an SVG file, or each of its groups; see `read_svg`.

    Groups are the pages of Inkscape, if there are several, or else the outermost elements that hold
    more than one drawing. The label is the name of the file's folder or, on request, of the group:
    its Inkscape label or its id.

    Raises:
        SketchRNNError: if the file is missing, not an SVG, or nothing in it is a line.
    """
    builder = ChunkBuilder()
    builder.document = path
    folder = folder_of(path)
    drawing = _drawing(path, options)
    for text in drawing.notes:
        builder.note(str(path), text)
    builder.left_out += drawing.left_out
    if not options.groups:
        builder.add_lines(_lines(drawing.shapes), folder, str(path), _lines(drawing.lost))
    else:
        for number, (element, shapes, lost) in enumerate(drawing.groups):
            name = _name(element) or _layer_of(shapes)
            label = (name or folder) if options.labels == "group" else folder
            place = f"{path}: group {name or number}"
            builder.add_lines(_lines(shapes), label, place, _lines(lost))
    yield builder.finish()


class _Group(NamedTuple):
    """The kept shapes of a group or page, and the dropped ones."""

    element: Element
    shapes: list[DrawnShape]
    lost: list[DrawnShape]


class _Drawing(NamedTuple):
    """The shapes of a document that are kept, those left out with their counts, and notes.

    With groups, `groups` holds the shapes of each.
    """

    shapes: list[DrawnShape]
    groups: list[_Group]
    lost: list[DrawnShape]
    left_out: Counter[str]
    notes: list[str]


def _drawing(path: Path, options: ReadingOptions) -> _Drawing:
    # Overflow only makes lines that are left out.
    with opened(path, "svg") as (file, meter), np.errstate(all="ignore"):
        return _drawn(_document(file.read(), path, meter), options, meter)


def _drawn(document: Document, options: ReadingOptions, meter: Meter) -> _Drawing:
    shapes = list(document.shapes())
    try:
        drawn, flat = drawn_shapes(shapes, options.tolerance, meter)
    except shapely.errors.ShapelyError as error:
        raise SketchRNNError(f"{meter.where}: its clip paths cannot be applied") from error
    kept, lost, counts = chosen(drawn, options.fills, document.page)
    notes = list(document.notes)
    # People who draw several pictures in a file draw them beside the page as well.
    if document.page is not None and not (options.groups or document.pages):
        kept, outside = on_page(kept, document.page, meter)
        lost += outside
        if outside:
            notes.append(OUTSIDE)
    if not kept:
        raise SketchRNNError(f"{meter.where}: {_NOTHING}")
    groups = []
    if options.groups:
        groups = _grouped(kept, lost, document, meter)
        if sum(len(group.shapes) for group in groups) < len(kept):
            notes.append(BESIDE_PAGES)
    return _Drawing(kept, groups, lost, counts + flat, notes)


def _name(element: Element) -> str:
    return element.get(_LABEL) or element.get("id") or ""


def _layer_of(shapes: list[DrawnShape]) -> str:
    """The name of the one layer that all shapes of a page are in, or an empty text."""
    names = {_name(each.shape.trail[0]) for each in shapes}
    return names.pop() if len(names) == 1 else ""


def _lines(shapes: list[DrawnShape]) -> list[Polyline]:
    return [line for each in shapes for line in each.lines]


def _grouped(
    kept: list[DrawnShape], lost: list[DrawnShape], document: Document, meter: Meter
) -> list[_Group]:
    if document.pages:
        lost_on = dict(_pages(lost, document, meter))
        groups = _pages(kept, document, meter)
    else:
        lost_on = {}
        groups = _groups(kept)
        for each in lost:
            for element in each.shape.trail:
                lost_on.setdefault(element, []).append(each)
    return [_Group(element, shapes, lost_on.get(element, [])) for element, shapes in groups]


def _pages(
    drawn: list[DrawnShape], document: Document, meter: Meter
) -> list[tuple[Element, list[DrawnShape]]]:
    """The shapes of each page that has any: those whose middle is on it."""
    middles = np.array([_middle(each) for each in drawn]).reshape(-1, 2)
    left = np.arange(len(drawn))
    found = []
    for page in document.pages:
        meter.spend(STEPS, len(left))
        texts = (page.get(name) for name in ("x", "y", "width", "height"))
        x, y, width, height = (length(text, 0.0, 0.0) for text in texts)
        corners = np.array([[x, y, 1], [x + width, y + height, 1]]) @ document.matrix.T
        low, high = corners[:, :2]
        is_inside = ((middles[left] >= low) & (middles[left] <= high)).all(axis=1)
        found.append((page, [drawn[index] for index in left[is_inside].tolist()]))
        left = left[~is_inside]
    return [(page, shapes) for page, shapes in found if shapes]


def _middle(each: DrawnShape) -> Polyline:
    points = np.concatenate(each.lines)
    middle: Polyline = (points.min(axis=0) + points.max(axis=0)) / 2
    return middle


def _groups(drawn: list[DrawnShape]) -> list[tuple[Element, list[DrawnShape]]]:
    """The shapes by the outermost element that not all of them share.

    One element that holds all is opened if it holds nothing but groups.
    """
    deepest = min(len(each.shape.trail) for each in drawn)
    found: dict[Element, list[DrawnShape]] = {}
    for level in range(deepest):
        found = {}
        for each in drawn:
            found.setdefault(each.shape.trail[level], []).append(each)
        inner = [each.shape.trail[level + 1 : level + 2] for each in drawn]
        if len(found) > 1 or not all(e and tag_of(e[0]) == "g" for e in inner):
            break
    return list(found.items())


def _document(content: bytes, path: Path, meter: Meter) -> Document:
    if content.startswith(_GZIP):
        content = _unpacked(content, path, meter)
    try:
        # This parser fetches no external entities, and limits what internal ones expand to.
        root = ElementTree.fromstring(content)  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise SketchRNNError(f"{path}: not a readable SVG ({error})") from error
    return Document(root, meter)


def document_of(path: Path, most_bytes: int) -> bytes | None:
    """An SVG file's bytes, unpacked; None if they cannot be read, or are more than `most_bytes`."""
    try:
        with open_file(path) as file:
            content = file.read(most_bytes + 1)
        if content.startswith(_GZIP):
            content = zlib.decompressobj(wbits=31).decompress(content, most_bytes + 1)
    except (OSError, SketchRNNError, zlib.error):
        return None
    return content if len(content) <= most_bytes else None


def _unpacked(content: bytes, path: Path, meter: Meter) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content, meter.left(BYTES) + 1)
    except zlib.error as error:
        raise SketchRNNError(f"{path}: not a readable SVG (gzip: {error})") from error
    meter.spend(BYTES, len(unpacked))
    if not unpacker.eof:
        raise SketchRNNError(f"{path}: not a readable SVG (gzip: the end is missing)")
    return unpacked
