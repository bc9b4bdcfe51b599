"""How far a drawing is from the nearest of many others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.sketch import Sketch

Points = npt.NDArray[np.float32]

_NUM_POINTS: Final = 48
# Every fourth point tells which drawings may be near; all points are compared for these alone.
_STRIDE: Final = 4
_NUM_LIKELY: Final = 200
_CHUNK: Final = 2000


class Nearest(NamedTuple):
    """The nearest of many drawings.

    Attributes:
        number: which one it is.
        distance: how far away, as a share of the drawings' size.
    """

    number: int
    distance: float


def nearest_drawings(sketches: Sequence[Sketch], others: Sequence[Sketch]) -> list[Nearest]:
    """The nearest of `others` for each of `sketches`.

    The distance is the symmetric Chamfer distance: the mean distance from a point of one drawing's
    ink to the other's ink, both ways averaged, after both were fitted to a unit box. It does not
    depend on the order in which the ink was drawn. An empty sketch is infinitely far.
    """
    library = np.stack([ink_points(other) for other in others])  # (O, K, 2)
    return [_nearest(ink_points(sketch), library) for sketch in sketches]


def ink_points(sketch: Sketch, count: int = _NUM_POINTS) -> Points:
    """`(count, 2)` points spaced evenly along the ink, the drawing fitted to a unit box.

    The box's longer side is 1 and its centre the origin; NaN for an empty sketch.
    """
    lines = sketch.polylines()
    if not lines:
        return np.full((count, 2), np.nan, np.float32)
    starts = np.concatenate([line[:-1] if len(line) > 1 else line for line in lines])
    ends = np.concatenate([line[1:] if len(line) > 1 else line for line in lines])
    # Dots have no length; a little makes them count.
    lengths = np.maximum(np.hypot(*(ends - starts).T), 1e-6)
    travelled = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = (np.arange(count) + 0.5) / count * travelled[-1]
    segment = np.clip(np.searchsorted(travelled, wanted, side="right") - 1, 0, len(lengths) - 1)
    share = (wanted - travelled[segment]) / lengths[segment]
    points: npt.NDArray[np.float64] = starts[segment] + share[:, None] * (ends - starts)[segment]
    box = sketch.bounds()
    centre = np.array([box.left + box.right, box.top + box.bottom]) / 2
    fitted = (points - centre) / max(box.size, 1e-6)
    return np.asarray(fitted, np.float32)


def _nearest(points: Points, library: Points) -> Nearest:
    if not np.isfinite(points).all():
        return Nearest(-1, float("inf"))
    rough = [
        _chamfer(points[::_STRIDE], library[start : start + _CHUNK, ::_STRIDE])
        for start in range(0, len(library), _CHUNK)
    ]
    likely = np.argsort(np.nan_to_num(np.concatenate(rough), nan=np.inf))[:_NUM_LIKELY]
    distances = _chamfer(points, library[likely])
    best = int(np.nanargmin(distances))
    return Nearest(int(likely[best]), float(distances[best]))


def _chamfer(points: Points, library: Points) -> Points:
    """The distances `(O,)` of points `(K, 2)` to each of `(O, K, 2)`."""
    squares = (points**2).sum(-1)[:, None] + (library**2).sum(-1)[:, None, :]
    squared = squares - 2 * np.einsum("kd,ojd->okj", points, library)
    apart = np.sqrt(np.maximum(squared, 0))  # (O, K, K)
    there, back = apart.min(axis=2).mean(axis=1), apart.min(axis=1).mean(axis=1)
    mean: Points = (there + back) / 2
    return mean
