"""Data augmentation: random stretching, mirroring, shear and rotation, and point dropping."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sketch_rnn.config import TrainConfig
from sketch_rnn.sketch import FloatArray

_SAFE_POINTS = 3


def augment(
    rows: FloatArray,
    offsets: npt.NDArray[np.int64],
    rng: np.random.Generator,
    config: TrainConfig,
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """The drawings of a batch, transformed and then with points dropped.

    Each drawing draws its own numbers: x and y are each multiplied by a factor from
    [1 - s, 1 + s], s being `random_scale_factor` (Ha & Eck 2017, section 3.3); then `mirror_prob`
    mirrors, `random_shear` shears and `random_rotation` rotates it. Settings of 0 draw none.

    Args:
        rows: `(N, 3)` stroke-3 rows of all drawings, in any unit.
        offsets: `(S + 1,)`; drawing i is `rows[offsets[i] : offsets[i + 1]]`.
        rng: the random generator.
        config: the settings named above, and `augment_stroke_prob`, p of `drop_points`.
    """
    sizes = np.diff(offsets)
    if config.random_scale_factor > 0:
        spread = (1 - config.random_scale_factor, 1 + config.random_scale_factor)
        factors = np.ones((len(sizes), 3), np.float32)
        factors[:, :2] = rng.uniform(*spread, size=(len(sizes), 2))
        rows = rows * np.repeat(factors, sizes, axis=0)
    if config.mirror_prob > 0 or config.random_shear > 0 or config.random_rotation > 0:
        matrices = np.repeat(_matrices(len(sizes), rng, config), sizes, axis=0)
        moves = np.einsum("nij,nj->ni", matrices, rows[:, :2])
        rows = np.column_stack([moves, rows[:, 2]])
    if config.augment_stroke_prob > 0:
        drops = rng.random(len(rows), dtype=np.float32) < config.augment_stroke_prob
        rows, offsets = drop_points(rows, offsets, drops)
    return rows, offsets


def _matrices(count: int, rng: np.random.Generator, config: TrainConfig) -> FloatArray:
    """A rotation times a shear times a mirror image for each drawing, `(count, 2, 2)`."""
    mirrored = rng.random(count) < config.mirror_prob
    shear = rng.uniform(-config.random_shear, config.random_shear, count)
    angles = np.radians(rng.uniform(-config.random_rotation, config.random_rotation, count))
    cos, sin = np.cos(angles), np.sin(angles)
    rotation = np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], 1)
    sheared = np.zeros((count, 2, 2))
    sheared[:, 0, 0] = np.where(mirrored, -1, 1)
    sheared[:, 0, 1], sheared[:, 1, 1] = shear, 1
    return (rotation @ sheared).astype(np.float32)


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
