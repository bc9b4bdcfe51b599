"""The lines of an SVG file, as a browser would draw them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal, NamedTuple
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from sketch_rnn.data.sources.svg.document import Document, Shape
from sketch_rnn.data.sources.svg.geometry import flattened, rough_size
from sketch_rnn.errors import SketchRNNError

Polyline = npt.NDArray[np.float64]
Fills = Literal["auto", "outline", "skip"]

FILLS: Final = ("auto", "outline", "skip")
_MAX_BYTES: Final = 64 * 2**20
# How far a polyline may leave its curve, as a share of the drawing's longer side.
_TOLERANCE: Final = 0.002


class Group(NamedTuple):
    """The lines of one top-level element of an SVG file, and its id."""

    name: str
    lines: list[Polyline]


def read_svg(
    path: str | os.PathLike[str], *, tolerance: float = _TOLERANCE, fills: Fills = "auto"
) -> list[Polyline]:
    """Returns what an SVG file draws as polylines `(n, 2)` in pixels, y downwards.

    Read are paths, lines, polylines, polygons, rectangles, circles and ellipses in the file's
    order, in groups, nested documents and `use`, with transforms, viewBox, units and styles applied
    and curves flattened. Hidden shapes, text, images, clips and masks are left out. Nothing but
    the file itself is read, whatever it refers to.

    Args:
        path: the file.
        tolerance: how far a polyline may leave its curve, as a share of the drawing's longer side.
        fills: what becomes of shapes with a fill and no stroke: `outline` draws their outline,
            `skip` leaves them out, `auto` outlines them only where nothing has a stroke, since
            they are backgrounds otherwise.

    Raises:
        SketchRNNError: if the file is missing, not an SVG, or nothing in it is a line.
    """
    path = Path(path)
    shapes = [shape for group in _document(path).groups() for shape in group.shapes]
    lines = _lines(_chosen(shapes, fills), tolerance)
    if not lines:
        raise SketchRNNError(f"{path}: nothing is drawn in this SVG; text and images do not count")
    return lines


def read_svg_groups(
    path: str | os.PathLike[str], *, tolerance: float = _TOLERANCE, fills: Fills = "auto"
) -> list[Group]:
    """Returns the lines of each top-level element in which something is drawn; as `read_svg`.

    Raises:
        SketchRNNError: if the file is missing, not an SVG, or nothing in it is a line.
    """
    path = Path(path)
    groups = [
        Group(group.name, _lines(_chosen(group.shapes, fills), tolerance))
        for group in _document(path).groups()
    ]
    drawn = [group for group in groups if group.lines]
    if not drawn:
        raise SketchRNNError(f"{path}: nothing is drawn in this SVG; text and images do not count")
    return drawn


def _document(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise SketchRNNError(f"{path}: larger than {_MAX_BYTES // 2**20} MiB, too large to read")
    try:
        # This parser fetches no external entities, and limits what internal ones expand to.
        root = ElementTree.fromstring(content)  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise SketchRNNError(f"{path}: not a readable SVG ({error})") from error
    return Document(root, str(path))


def _chosen(shapes: list[Shape], fills: Fills) -> list[Shape]:
    stroked = [shape for shape in shapes if shape.is_stroked]
    if fills == "skip" or (fills == "auto" and stroked):
        return stroked
    return shapes


def _lines(shapes: list[Shape], tolerance: float) -> list[Polyline]:
    size = rough_size(shapes)
    return [line for shape in shapes for line in flattened(shape, tolerance * size)]
