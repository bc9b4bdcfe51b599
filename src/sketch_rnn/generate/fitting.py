"""Fit a drawing to the place, size and density of a model's data, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError, expect_switch
from sketch_rnn.lines import Lines
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FirstRow, Sketch

Polyline = npt.NDArray[np.float64]

# In real datasets most drawings have a median spacing of 0.5 to 3 times the dataset's.
_MUCH_DENSER: Final = 0.5
_FAR_SPARSER: Final = 8.0
# Longest piece of a divided segment, in typical spacings.
_PIECE: Final = 4.0
# Douglas-Peucker tolerances as shares of the drawing's longer side; the paper's 2 of 255 pixels is
# 0.008. The visible ones are only for drawings that are too long otherwise.
_TOLERANCES: Final = (0.00125, 0.0025, 0.005, 0.01, 0.02)
_ROUGH_TOLERANCES: Final = (0.03, 0.04, 0.06, 0.08, 0.12, 0.16)

# Real datasets spread this far around their median (Sheep Market: 90% within 0.55 and 1.56 times),
# so a size in between is taken to be in the model's own pixels.
_SIZE_RATIO: Final = 1.6
# Part of a drawing may be smaller than a whole one.
_PART_RATIO: Final = 4.0
# How far a drawing may stick out of the typical box, as a share of its size, and stay in place.
_PLACE_MARGIN: Final = 0.5


def with_density(
    lines: list[Polyline], typical_spacing: float, max_rows: int
) -> list[Polyline] | None:
    """The lines with fewer or more points, or None if they need no change.

    A drawing whose median segment is shorter than half the typical spacing is simplified, by the
    smallest tolerance that reaches it. One whose median segment is longer than 8 typical spacings
    has its segments divided; less is left alone, since simplified datasets draw a straight line
    in one segment. Then, a drawing of too many points is simplified further, as far as that goes.

    Args:
        lines: `(n, 2)` arrays of positions in the model's pixels.
        typical_spacing: median segment of the model's data; 0 where unknown.
        max_rows: maximal number of points.
    """
    fitted = lines
    if typical_spacing and _spacing(fitted) < _MUCH_DENSER * typical_spacing:
        fitted = _simplified_to(fitted, _MUCH_DENSER * typical_spacing)
    if typical_spacing and _spacing(fitted) > _FAR_SPARSER * typical_spacing:
        fitted = _divided(fitted, _PIECE * typical_spacing, max_rows)
    if _num_points(fitted) > max_rows:
        fitted = _shortened(lines, max_rows)
    return None if fitted is lines else fitted


def simplified(lines: list[Polyline], tolerance: float) -> list[Polyline]:
    """The lines simplified by the Douglas-Peucker algorithm; end points stay."""
    return Lines.from_polylines([lines]).simplified(tolerance).drawing(0)


def _simplified_to(lines: list[Polyline], spacing: float) -> list[Polyline]:
    size = _size(lines)
    candidate = lines
    for tolerance in _TOLERANCES:
        candidate = simplified(lines, tolerance * size)
        if _spacing(candidate) >= spacing:
            break
    return candidate


def _shortened(lines: list[Polyline], max_rows: int) -> list[Polyline]:
    size = _size(lines)
    candidate = lines
    for tolerance in _TOLERANCES + _ROUGH_TOLERANCES:
        candidate = simplified(lines, tolerance * size)
        if _num_points(candidate) <= max_rows:
            break
    return candidate


def _divided(lines: list[Polyline], piece: float, max_rows: int) -> list[Polyline]:
    """The lines with every segment cut into equal parts of at most `piece`, doubled until they fit.

    The points are counted before any is made: a piece can be a billionth of the drawing.
    """
    while True:
        parts = [_parts(line, piece) for line in lines]
        count = len(lines) + sum(part.sum() for part in parts)
        if count <= max_rows or count == _num_points(lines):
            return [_divided_line(*pair) for pair in zip(lines, parts, strict=True)]
        piece *= 2


def _parts(line: Polyline, piece: float) -> npt.NDArray[np.float64]:
    """The number of parts of at most `piece` that each segment has."""
    parts: npt.NDArray[np.float64] = np.maximum(np.ceil(_segment_lengths(line) / piece), 1)
    return parts


def _divided_line(line: Polyline, parts: npt.NDArray[np.float64]) -> Polyline:
    corners = np.concatenate([[0.0], np.cumsum(parts)])
    places = np.arange(corners[-1] + 1)
    return np.column_stack([np.interp(places, corners, line[:, axis]) for axis in (0, 1)])


def _segment_lengths(line: Polyline) -> npt.NDArray[np.float64]:
    lengths: npt.NDArray[np.float64] = np.hypot(*np.diff(line, axis=0).T)
    return lengths


def _spacing(lines: list[Polyline]) -> float:
    """The median length of a segment; for dots alone NaN, neither dense nor sparse."""
    lengths = np.concatenate([_segment_lengths(line) for line in lines])
    return float(np.median(lengths)) if len(lengths) else np.nan


def _num_points(lines: list[Polyline]) -> int:
    return sum(len(line) for line in lines)


def _size(lines: list[Polyline]) -> float:
    points = np.concatenate(lines)
    return float(np.ptp(points, axis=0).max())


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The map between a drawing's own pixels and the model's: own = model / factor + origin.

    Attributes:
        factor: the model's pixels per own pixel.
        origin: where the model's origin is, in own pixels.
        own_first_row: what row 0 of the drawing means, see `Sketch.first_row`.
        model_first_row: what row 0 means to the model.
    """

    factor: float = 1.0
    origin: tuple[float, float] = (0.0, 0.0)
    own_first_row: FirstRow = "move"
    model_first_row: FirstRow = "move"

    @classmethod
    def of(
        cls, sketch: Sketch, profile: DataProfile, *, fit: bool = True, part: bool = False
    ) -> Fit:
        """The fit of one drawing.

        Size: a drawing whose longer side is beyond 1.6 times the typical one, or below 1 / 1.6 of
        it, is scaled to the typical one; anything in between may be a drawing in the model's own
        pixels and keeps its size. Place: where row 0 is a position, a drawing that was scaled or
        lies outside the typical box is moved to its corner; where row 0 is a line, a drawing has
        no place.

        Args:
            sketch: a drawing with at least one row.
            profile: the measures of the model's data.
            fit: False keeps size and place; only the meaning of row 0 is converted.
            part: the drawing is unfinished: down to a quarter of the typical size is kept.
        """
        expect_switch(part, "part")
        factor = _factor(sketch, profile, part) if expect_switch(fit, "fit") else 1.0
        same = cls(factor=factor, own_first_row=sketch.first_row, model_first_row=profile.first_row)
        if profile.first_row == "line":
            x, y = sketch.polylines()[0][0]
            return replace(same, origin=(float(x), float(y)))
        is_native = not fit or (factor == 1 and _in_place(sketch, profile))
        if sketch.first_row == "move" and is_native:
            return same
        box, corner = sketch.bounds(), profile.typical_corner
        origin = (box.left - corner[0] / factor, box.top - corner[1] / factor)
        return replace(same, origin=origin)

    @property
    def is_identity(self) -> bool:
        """Whether the fit is the identity."""
        same_place = self.factor == 1 and self.origin == (0.0, 0.0)
        return same_place and self.own_first_row == self.model_first_row

    def apply(self, sketch: Sketch) -> Sketch:
        """Converts a drawing from its own pixels to the model's."""
        if self.is_identity:
            return sketch
        lines = [(line - self.origin) * self.factor for line in sketch.polylines()]
        return _like(sketch, lines, self.model_first_row)

    def invert(self, sketch: Sketch) -> Sketch:
        """Converts a drawing from the model's pixels to its own place and size.

        Row 0 is a line only if it is one on both sides: otherwise the drawing has a place, which
        a sketch can only tell with a move.
        """
        if self.is_identity:
            return sketch
        lines = [line / self.factor + self.origin for line in sketch.polylines()]
        is_line = self.own_first_row == self.model_first_row == "line"
        return _like(sketch, lines, "line" if is_line else "move")


class Fitted(NamedTuple):
    """A drawing in the model's pixels, and the fit that leads back."""

    sketch: Sketch
    fit: Fit


def fit_drawing(
    sketch: Sketch,
    profile: DataProfile,
    *,
    fit: bool = True,
    part: bool = False,
    max_rows: int | None = None,
) -> Fitted:
    """A drawing brought to the scale, place and density of the model's data.

    Args:
        sketch: the drawing.
        profile: the measures of the model's data.
        fit: False leaves size, place and density as they are.
        part: the drawing is unfinished, see `Fit.of`.
        max_rows: most rows it may have; by default as many as the longest drawing of the data.

    Raises:
        SketchRNNError: if the drawing is empty, or longer than `max_rows` and cannot be simplified
            to that.
    """
    if not len(sketch):
        raise SketchRNNError("the drawing is empty: nothing was drawn")
    limit = profile.max_seq_len if max_rows is None else max_rows
    relation = Fit.of(sketch, profile, fit=fit, part=part)
    fitted = relation.apply(sketch)
    if fit:
        lines = with_density(fitted.polylines(), profile.typical_spacing, limit)
        fitted = fitted if lines is None else _like(fitted, lines, profile.first_row)
    if len(fitted) > limit:
        hint = "simplify it" if fit else "let it be fitted, or simplify it"
        raise SketchRNNError(
            f"the drawing has {len(fitted)} rows in {len(fitted.polylines())} lines, but the model "
            f"can take {limit}; {hint}"
        )
    return Fitted(fitted, relation)


def _factor(sketch: Sketch, profile: DataProfile, part: bool) -> float:
    size, typical = sketch.bounds().size, profile.typical_size
    if not size or not typical:
        return 1.0
    smallest = typical / (_PART_RATIO if part else _SIZE_RATIO)
    return 1.0 if smallest <= size <= typical * _SIZE_RATIO else typical / size


def _in_place(sketch: Sketch, profile: DataProfile) -> bool:
    """Whether the drawing lies in the typical box, with a margin."""
    typical = profile.typical_size
    if not typical:
        return True
    box = sketch.bounds()
    left, top = profile.typical_corner
    margin = typical * _PLACE_MARGIN
    inside_x = left - margin <= box.left and box.right <= left + typical + margin
    inside_y = top - margin <= box.top and box.bottom <= top + typical + margin
    return inside_x and inside_y


def _like(sketch: Sketch, lines: list[npt.NDArray[np.float64]], first_row: FirstRow) -> Sketch:
    """The sketch of `lines` with the pen in the end as in `sketch`, lifted or not."""
    made = Sketch.from_polylines(lines, first_row)
    if not len(made) or made.strokes[-1, 2] == sketch.strokes[-1, 2]:
        return made
    strokes = made.strokes.copy()
    strokes[-1, 2] = sketch.strokes[-1, 2]
    return Sketch(strokes, first_row)
