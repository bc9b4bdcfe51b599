"""Reads the lines of an SVG file, as a browser would draw them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.chunk import Chunk, ChunkBuilder
from sketch_rnn.sources.options import Fills, ReadingOptions
from sketch_rnn.sources.svg.document import Document, Shape
from sketch_rnn.sources.svg.geometry import flattened, rough_size

Polyline = npt.NDArray[np.float64]

_MAX_BYTES: Final = 64 * 2**20
_NOTHING: Final = "nothing is drawn in this SVG; text and images do not count"
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
        raise SketchRNNError(f"{path}: {_NOTHING}")
    return lines


def read_svg_file(path: Path, options: ReadingOptions) -> Iterator[Chunk]:
    """Yields the drawing of an SVG file, or each of its top-level groups; see `read_svg`.

    The label is the name of the file's folder.

    Raises:
        SketchRNNError: if the file is missing, not an SVG, or nothing in it is a line.
    """
    builder = ChunkBuilder()
    label = path.absolute().parent.name
    if not options.groups:
        lines = read_svg(path, tolerance=options.tolerance, fills=options.fills)
        builder.add_lines(lines, label, str(path))
        yield builder.finish()
        return
    for number, group in enumerate(_document(path).groups()):
        lines = _lines(_chosen(group.shapes, options.fills), options.tolerance)
        if lines:
            builder.add_lines(lines, label, f"{path}: group {group.name or number}")
    if not len(builder):
        raise SketchRNNError(f"{path}: {_NOTHING}")
    yield builder.finish()


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
