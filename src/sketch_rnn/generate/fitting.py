"""Drawings from elsewhere, brought to the size, place and density that a model knows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.density import with_density
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FirstRow, Sketch

# Real sets spread this far around their median (Sheep Market: 90% within 0.55 and 1.56 times), so
# a size in between is taken for a drawing in the model's own pixels.
_SIZE_RATIO: Final = 1.6
# Part of a drawing may be smaller than a whole one.
_PART_RATIO: Final = 4.0
# How far a drawing may stick out of the typical box and still be in its place, in sizes of it.
_PLACE_MARGIN: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a drawing's own pixels relate to the model's: own = model / factor + origin.

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
        """Returns the fit of one drawing.

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
        factor = _factor(sketch, profile, part) if fit else 1.0
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
        """Returns whether nothing changes."""
        same_place = self.factor == 1 and self.origin == (0.0, 0.0)
        return same_place and self.own_first_row == self.model_first_row

    def apply(self, sketch: Sketch) -> Sketch:
        """Returns a drawing, given in own pixels, in the model's pixels."""
        if self.is_identity:
            return sketch
        lines = [(line - self.origin) * self.factor for line in sketch.polylines()]
        return _like(sketch, lines, self.model_first_row)

    def invert(self, sketch: Sketch) -> Sketch:
        """Returns a drawing, given in the model's pixels, at its own place and size.

        Row 0 is a line only if it is one on both sides: otherwise the drawing has a place, which
        a sketch can only tell with a move.
        """
        if self.is_identity:
            return sketch
        lines = [line / self.factor + self.origin for line in sketch.polylines()]
        is_line = self.own_first_row == self.model_first_row == "line"
        return _like(sketch, lines, "line" if is_line else "move")


class Fitted(NamedTuple):
    """A drawing as the model sees it, and the way back."""

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
    """Returns a drawing in the pixels, place and density of the model's data.

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
    """Returns whether the drawing lies in the typical box, give or take a margin."""
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
    """Returns the sketch of `lines` with the pen in the end as in `sketch`, lifted or not."""
    made = Sketch.from_polylines(lines, first_row)
    if not len(made) or made.strokes[-1, 2] == sketch.strokes[-1, 2]:
        return made
    strokes = made.strokes.copy()
    strokes[-1, 2] = sketch.strokes[-1, 2]
    return Sketch(strokes, first_row)
