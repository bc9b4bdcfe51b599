"""The lines of an SVG file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import numpy as np
import numpy.typing as npt
import shapely
import svgelements

from sketch_rnn.errors import SketchRNNError

Polyline = npt.NDArray[np.float64]

_CURVE_POINTS: Final = 65
# How far a polyline may leave its curve, as a share of the drawing's longer side.
_TOLERANCE: Final = 0.002


def read_svg(path: str | os.PathLike[str]) -> list[Polyline]:
    """Returns the shapes of an SVG file as polylines `(n, 2)` in pixels, y downwards.

    Read are paths, lines, polylines, polygons, rectangles, circles and ellipses in the file's
    order, with all transforms applied and curves flattened. Where some shapes have a stroke, only
    those count: the others are backgrounds. Hidden shapes, text and images are left out.

    Raises:
        SketchRNNError: if the file is missing, not an SVG, or nothing in it is a line.
    """
    path = Path(path)
    shapes = [shape for shape in _parse(path).elements() if isinstance(shape, svgelements.Shape)]
    stroked = [
        shape for shape in shapes if shape.stroke is not None and shape.stroke.value is not None
    ]
    outlines = [svgelements.Path(shape) for shape in stroked or shapes]
    tolerance = _TOLERANCE * _size(outlines)
    lines = [line for outline in outlines for line in _lines(outline, tolerance)]
    if not lines:
        raise SketchRNNError(f"{path}: nothing is drawn in this SVG; text and images do not count")
    return lines


def _parse(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            svg = svgelements.SVG.parse(file)
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror}") from error
    except (ParseError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise SketchRNNError(f"{path}: not a readable SVG ({error})") from error
    if not isinstance(svg, svgelements.SVG):
        raise SketchRNNError(f"{path}: not an SVG")
    return svg


def _size(outlines: list[Any]) -> float:
    boxes = [box for box in (outline.bbox() for outline in outlines) if box is not None]
    if not boxes:
        return 0.0
    corners = np.array(boxes).reshape(-1, 2)
    return float(np.ptp(corners, axis=0).max())


def _lines(outline: Any, tolerance: float) -> Iterator[Polyline]:
    """Yields the polyline of each part of a path, a part of no length as a dot."""
    parts: list[list[Polyline]] = []
    is_open = False
    for segment in outline:
        if isinstance(segment, svgelements.Move):
            is_open = False
            continue
        if not is_open:
            parts.append([np.array([segment.start], float)])
        parts[-1].append(_segment_points(segment, tolerance))
        is_open = not isinstance(segment, svgelements.Close)
    for part in parts:
        points = np.concatenate(part)
        moves = np.any(np.diff(points, axis=0) != 0, axis=1)
        yield points[np.concatenate([[True], moves])]


def _segment_points(segment: Any, tolerance: float) -> Polyline:
    """Returns the points of one segment after its start."""
    if isinstance(segment, svgelements.Linear):
        return np.array([segment.end], float)
    curve = np.asarray(segment.npoint(np.linspace(0, 1, _CURVE_POINTS)), float)
    line = shapely.simplify(shapely.linestrings(curve), tolerance, preserve_topology=False)
    points: Polyline = shapely.get_coordinates(line)[1:]
    return points
