"""The rule for the shapes of a document that are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import shapely

from sketch_rnn.io.budget import Meter
from sketch_rnn.lines import Polyline
from sketch_rnn.sources.options import Fills
from sketch_rnn.sources.svg.clipping import cut
from sketch_rnn.sources.svg.geometry import Clip, Clipper, Shape, lines_of, rough_size
from sketch_rnn.sources.svg.viewport import Viewport

BACKGROUNDS: Final = "background rectangles of SVG files"
FILLS_SKIPPED: Final = "filled shapes of SVG files, because of --fills skip"
TWINS: Final = "filled shapes of SVG files that are stroked as well, as another shape"
WITHOUT_AREA: Final = "lines of SVG files with a fill but no stroke, which show nothing"
BESIDE_PAGES: Final = "shapes that are on none of the pages, left out"
OUTSIDE: Final = "lines outside the page, which browsers do not show, left out"

_NEAR: Final = 0.01
# The share of its box that a rectangle with round corners fills at least.
_PANEL_AREA: Final = 0.97
_PAGE_MARGIN: Final = 0.005


class DrawnShape(NamedTuple):
    """A shape and its lines in pixels, as they are seen, and `whole` without clips."""

    shape: Shape
    lines: list[Polyline]
    whole: Sequence[Polyline] = ()


def drawn_shapes(
    shapes: Sequence[Shape], tolerance: float, meter: Meter
) -> tuple[list[DrawnShape], Counter[str]]:
    """The shapes that have lines, with the lines, and counts of lines without ink.

    Args:
        shapes: of a document.
        tolerance: how far a line may leave its curve, as a share of the longer side of them all.
        meter: pays for the work of clipping.
    """
    clipper, lines = Clipper(meter), lines_of(shapes, tolerance * rough_size(shapes))
    wholes = [clipper.inked(shape, own) for shape, own in zip(shapes, lines, strict=True)]
    drawn = [
        DrawnShape(shape, clipper.seen(shape, whole), whole)
        for shape, whole in zip(shapes, wholes, strict=True)
    ]
    counts = Counter({WITHOUT_AREA: clipper.num_without_area})
    return [each for each in drawn if each.lines], +counts


class Choice(NamedTuple):
    """The shapes of a document that are kept, the others, and counts of these."""

    kept: list[DrawnShape]
    left_out: list[DrawnShape]
    counts: Counter[str]


def chosen(drawn: list[DrawnShape], fills: Fills, page: Viewport | None) -> Choice:
    """Which shapes of a document are kept.

    With `outline` all are kept and with `skip` those with a stroke. With `auto` left out are
    rectangles with a fill and no stroke that cover the page, or that are painted first and cover
    all others; the panels of a sheet, which are painted first, are of one size, and hold all
    others; and a fill whose outline is stroked by another shape. If nothing else is drawn, a
    background is kept.

    Args:
        drawn: the shapes, in the order they are painted.
        fills: see above.
        page: its size in pixels, if there is one.
    """
    if fills == "outline":
        return Choice(drawn, [], Counter())
    if fills == "skip":
        kept = [each for each in drawn if each.shape.is_stroked]
        return _choice(drawn, kept, {FILLS_SKIPPED: len(drawn) - len(kept)})
    others = [each for i, each in enumerate(drawn) if not _is_background(i, drawn, page)]
    others = _without_panels(others) or drawn
    stroked = {key for each in others if each.shape.is_stroked for key in _outlines(each)}
    kept = [
        each for each in others if each.shape.is_stroked or not stroked.issuperset(_outlines(each))
    ]
    counts = {BACKGROUNDS: len(drawn) - len(others), TWINS: len(others) - len(kept)}
    return _choice(drawn, kept, counts)


def _choice(drawn: list[DrawnShape], kept: list[DrawnShape], counts: dict[str, int]) -> Choice:
    shown = {id(each) for each in kept}
    left_out = [each for each in drawn if id(each) not in shown]
    return Choice(kept, left_out, +Counter(counts))


def on_page(
    drawn: list[DrawnShape], page: Viewport, meter: Meter
) -> tuple[list[DrawnShape], list[DrawnShape]]:
    """The shapes with what is on the page, and with what is beyond it."""
    margin = _PAGE_MARGIN * max(page)
    low, high = np.array([-margin, -margin]), np.array([page.width + margin, page.height + margin])
    region = shapely.box(*low, *high)
    found, outside = [], []
    for each in drawn:
        lines = each.lines
        if not all(((line >= low) & (line <= high)).all() for line in lines):
            whole = shapely.box(
                *np.concatenate(lines).min(axis=0), *np.concatenate(lines).max(axis=0)
            )
            beyond = shapely.difference(shapely.buffer(whole, margin), region)
            rest = cut(lines, beyond, meter)
            outside += [DrawnShape(each.shape, rest)] if rest else []
            lines = cut(lines, region, meter)
        if lines:
            found.append(DrawnShape(each.shape, lines))
    return found, outside


def _outlines(each: DrawnShape) -> list[tuple[tuple[Clip, ...], bytes]]:
    """Keys of a shape's outlines, equal for shapes that show the same."""
    return [(each.shape.clips, line.tobytes()) for line in each.whole]


def _is_background(index: int, drawn: list[DrawnShape], page: Viewport | None) -> bool:
    shape, lines, _ = drawn[index]
    if shape.is_stroked or len(lines) != 1 or not _is_rectangle(lines[0]):
        return False
    low, high = lines[0].min(axis=0), lines[0].max(axis=0)
    near = _NEAR * (high - low)
    if page is not None and (low <= near).all() and (high >= np.array(page) - near).all():
        return True
    if index:
        return False
    others = np.concatenate(
        [np.zeros((0, 2)), *(line for each in drawn[1:] for line in each.lines)]
    )
    return len(others) > 0 and bool((others >= low - near).all() and (others <= high + near).all())


def _without_panels(drawn: list[DrawnShape]) -> list[DrawnShape]:
    """The shapes without the panels of a sheet, at least two with space between them."""
    count = next((i for i, each in enumerate(drawn) if not _is_panel(each)), 0)
    if count < 2:
        return drawn
    lows, highs = (
        np.array([end(each.lines[0], axis=0) for each in drawn[:count]]) for end in (np.min, np.max)
    )
    near = _NEAR * (highs[0] - lows[0])
    if not (np.abs(highs - lows - highs[0] + lows[0]) <= near).all():
        return drawn
    panels = shapely.STRtree(shapely.box(*(lows - near).T, *(highs + near).T))
    boxes = shapely.box(*lows.T, *highs.T)
    if any(len(panels.query(box, predicate="intersects")) > 1 for box in boxes):
        return drawn
    held, _ = panels.query(_boxes(drawn[count:]), predicate="covered_by")
    return drawn[count:] if len(set(held.tolist())) == len(drawn) - count else drawn


def _boxes(drawn: Sequence[DrawnShape]) -> Any:
    """The boxes around the lines of shapes, as `shapely` geometries."""
    points = [np.concatenate(each.lines) for each in drawn]
    lows, highs = (
        np.array([end(own, axis=0) for own in points]).reshape(-1, 2) for end in (np.min, np.max)
    )
    return shapely.box(*lows.T, *highs.T)


def _is_panel(each: DrawnShape) -> bool:
    """Whether this is a rectangle with a fill and no stroke, its corners perhaps round."""
    if each.shape.is_stroked or len(each.lines) != 1:
        return False
    line = each.lines[0]
    (x, y), size = line.T, np.ptp(line, axis=0)
    area = abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2
    return area > _PANEL_AREA * float(size.prod()) > 0


def _is_rectangle(line: Polyline) -> bool:
    """Whether a closed line goes along the four sides of its box."""
    low, high = line.min(axis=0), line.max(axis=0)
    near = 1e-6 * (high - low).max()
    at_edge = (np.abs(line - low) <= near) | (np.abs(line - high) <= near)
    corners = {tuple(point > (low + high) / 2) for point in line[at_edge.all(axis=1)]}
    return bool(at_edge.any(axis=1).all()) and len(corners) == 4 and len(line) <= 9
