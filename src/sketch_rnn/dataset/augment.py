"""Data augmentation: random stretching and point dropping."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sketch_rnn.sketch import FloatArray

_SAFE_POINTS = 3


def augment(
    rows: FloatArray,
    offsets: npt.NDArray[np.int64],
    rng: np.random.Generator,
    *,
    random_scale_factor: float,
    augment_stroke_prob: float,
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """The drawings of a batch, stretched and then with points dropped.

    Args:
        rows: `(N, 3)` stroke-3 rows of all drawings, in any unit.
        offsets: `(S + 1,)`; drawing i is `rows[offsets[i] : offsets[i + 1]]`.
        rng: the random generator.
        random_scale_factor: s; x and y of a drawing are each multiplied by their own draw from
            [1 - s, 1 + s].
        augment_stroke_prob: p of `drop_points`.
    """
    if random_scale_factor > 0:
        spread = (1 - random_scale_factor, 1 + random_scale_factor)
        factors = np.ones((len(offsets) - 1, 3), np.float32)
        factors[:, :2] = rng.uniform(*spread, size=(len(offsets) - 1, 2))
        rows = rows * np.repeat(factors, np.diff(offsets), axis=0)
    if augment_stroke_prob > 0:
        drops = rng.random(len(rows), dtype=np.float32) < augment_stroke_prob
        rows, offsets = drop_points(rows, offsets, drops)
    return rows, offsets


def drop_points(
    rows: FloatArray, offsets: npt.NDArray[np.int64], drops: npt.NDArray[np.bool_]
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """The drawings without the points marked by `drops` (N,), as far as they may be dropped.

    Points are numbered from 0 within a stroke, the first row of a drawing being number 0; those
    numbered 3 or more that do not lift the pen may be dropped. The offset of a dropped point is
    added to the kept row before it, which takes its position: later positions are unchanged.
    """
    starts = np.empty(len(rows), bool)
    starts[1:] = rows[:-1, 2] > 0
    starts[offsets[:-1]] = True
    kept = ~drops | (rows[:, 2] > 0) | starts
    for number in range(1, _SAFE_POINTS):
        kept[number:] |= starts[:-number]
    indices = np.flatnonzero(kept)
    dropped = np.flatnonzero(~kept)
    remaining = np.take(rows, indices, axis=0)
    targets = np.searchsorted(indices, dropped) - 1
    for axis in (0, 1):
        np.add.at(remaining[:, axis], targets, rows[dropped, axis])
    return remaining, np.searchsorted(indices, offsets)
