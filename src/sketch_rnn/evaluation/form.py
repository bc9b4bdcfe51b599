"""The form of drawings: how many points and strokes, how much travel, what size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.sketch import Sketch

Array = npt.NDArray[np.float64]

MEASURES: Final = ("points", "strokes", "travel", "size", "shape")


def measure_form(sketches: Sequence[Sketch]) -> dict[str, Array]:
    """The measures of every sketch, each `(S,)`, by the names of `MEASURES`.

    Points are rows, strokes runs of the pen down. `travel` is the share of the pen's path on which
    it is lifted, `size` the longer side of the box as a multiple of the median of the set, `shape`
    the width of the box as a share of width plus height. All are 0 for an empty sketch.
    """
    each = np.array([_measures(sketch) for sketch in sketches]).reshape(-1, len(MEASURES))
    columns = dict(zip(MEASURES, each.T, strict=True))
    # Drawings come in any unit, so a size has a meaning only beside the others of its set.
    typical = float(np.median(columns["size"])) if len(each) else 0.0
    columns["size"] = columns["size"] / (typical or 1.0)
    return columns


def distribution_distance(values: Array, others: Array) -> Callable[[Array], float]:
    """The largest difference of two cumulative distributions, from 0 to 1 (Kolmogorov-Smirnov).

    Returns:
        The distance as a function of how often each of the values, the least first, is counted.
    """
    places = np.concatenate([values, others])
    num_below = np.searchsorted(np.sort(values), places, side="right")
    below_others = np.searchsorted(np.sort(others), places, side="right") / len(others)

    def distance(counts: Array) -> float:
        below = np.append(0, np.cumsum(counts))
        return float(np.abs(below[num_below] / below[-1] - below_others).max())

    return distance


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
