"""The form of drawings: how many points and strokes, how much travel, what size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.sketch import Sketch

Array = npt.NDArray[np.float64]

MEASURES: Final[Mapping[str, str]] = {
    "points": "rows of the drawing",
    "strokes": "lines drawn without lifting the pen",
    "travel": "share of the pen's way that it is lifted",
    "size": "longer side of the box, as a multiple of the median of its set",
    "shape": "width of the box as a share of width and height",
}


def measure_form(sketches: Sequence[Sketch]) -> dict[str, Array]:
    """The measures of every sketch, each `(S,)`, by the names of `MEASURES`.

    An empty sketch has no size and no shape: those are 0.
    """
    each = np.array([_measures(sketch) for sketch in sketches]).reshape(-1, len(MEASURES))
    columns = dict(zip(MEASURES, each.T, strict=True))
    # Drawings come in any unit, so a size has a meaning only beside the others of its set.
    typical = float(np.median(columns["size"])) if len(each) else 0.0
    columns["size"] = columns["size"] / (typical or 1.0)
    return columns


def distribution_distance(values: Array, others: Array) -> float:
    """The largest difference of two cumulative distributions, from 0 to 1 (Kolmogorov-Smirnov)."""
    places = np.sort(np.concatenate([values, others]))
    below = np.searchsorted(np.sort(values), places, side="right") / len(values)
    below_others = np.searchsorted(np.sort(others), places, side="right") / len(others)
    return float(np.abs(below - below_others).max())


def _measures(sketch: Sketch) -> tuple[float, float, float, float, float]:
    lines = sketch.polylines()
    if not lines:
        return (0.0, 0.0, 0.0, 0.0, 0.0)
    drawn = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines)
    gaps = np.array([after[0] - before[-1] for before, after in pairwise(lines)])
    lifted = np.hypot(*gaps.T).sum() if len(gaps) else 0.0
    box = sketch.bounds()
    way, sides = drawn + lifted, box.width + box.height
    return (
        float(len(sketch)),
        float(len(lines)),
        float(lifted / way) if way else 0.0,
        box.size,
        box.width / sides if sides else 0.5,
    )
