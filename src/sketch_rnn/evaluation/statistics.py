"""Distances between two sets of drawings, given as feature vectors, and confidence intervals.

Distances take features `(n, F)`, one row a drawing, and do not depend on the order of the rows.
The formulas are computed in float64. Intervals come from resampling (Efron 1979).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NUM_RESAMPLES: Final = 200
_PERCENTILES: Final = (2.5, 97.5)

NEIGHBOURS: Final = 5
# Distances computed at a time: what the passes over them find in a core's cache.
_CHUNK: Final = 2**20


@dataclass(frozen=True)
class Figure:
    """A measured number.

    Attributes:
        value: the number.
        low: lower end of the 95% confidence interval.
        high: upper end.
    """

    value: float
    low: float
    high: float


def mean_figure(values: npt.ArrayLike, seed: int, *, factor: float = 1.0) -> Figure:
    """The mean of `values` (n,), one for each drawing.

    Args:
        values: the values.
        seed: fixes the resamples.
        factor: how many times as far as the mean of independent values the figure varies: 2 where
            each value is itself a mean over all the other drawings (Hoeffding 1948, U-statistics).
    """
    each = np.asarray(values, np.float64)
    mean = float(each.mean())
    means = np.array([counts @ each / len(each) for counts in _resamples(len(each), seed)])
    low, high = np.percentile(mean + factor * (means - mean), _PERCENTILES)
    return Figure(mean, float(low), float(high))


def distance_figure(count: int, distance: Callable[[Array], float], seed: int) -> Figure:
    """A distance between distributions that is at least 0, of `count` drawings.

    The percentiles of the resampled distances are moved so that their mean is the distance itself:
    a resample holds fewer different drawings, which makes these distances larger.

    Args:
        count: how many drawings.
        distance: the distance when drawing i is counted `counts[i]` times.
        seed: fixes the resamples.
    """
    value = distance(np.ones(count))
    resampled = np.array([distance(counts) for counts in _resamples(count, seed)])
    low, high = np.percentile(resampled - resampled.mean(), _PERCENTILES)
    return Figure(value, float(max(value + low, 0)), float(value + high))


def _resamples(count: int, seed: int) -> Iterator[Array]:
    """Yields how often each of `count` drawings is counted, in every resample."""
    rng = np.random.default_rng(seed)
    share = np.full(count, 1 / count)
    for _ in range(NUM_RESAMPLES):
        yield rng.multinomial(count, share).astype(np.float64)


def moments(features: npt.ArrayLike, weights: Array | None = None) -> tuple[Array, Array]:
    """Mean `(F,)` and covariance `(F, F)` of features, each row counted `weights` (n,) times."""
    rows = np.asarray(features, np.float64)
    counts = np.ones(len(rows)) if weights is None else weights
    total = counts.sum()
    mean = counts @ rows / total
    # One matrix with itself: NumPy then computes half of the product.
    spread = (rows - mean) * np.sqrt(counts)[:, None]
    return mean, spread.T @ spread / (total - 1)


def frechet_distance(
    mean: Array, covariance: Array, other_mean: Array, other_covariance: Array
) -> float:
    """The Fréchet distance of two normal distributions with these `moments`.

    `|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2))` for means m and covariances C (Dowson & Landau 1982;
    Heusel et al. 2017, eq. 6). It has the unit of a squared feature, and with few drawings it comes
    out too large.
    """
    # The trace of (C C')^(1/2) is the sum of the roots of the eigenvalues of C C', which are those
    # of the symmetric matrix R C' R with R = C^(1/2).
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ other_covariance @ root)
    traces = np.trace(covariance) + np.trace(other_covariance)
    apart = ((mean - other_mean) ** 2).sum()
    return float(max(apart + traces - 2 * np.sqrt(np.maximum(product, 0)).sum(), 0))


@dataclass(frozen=True, eq=False)
class Overlap:
    """How far two sets of drawings cover each other; each array's mean is a figure.

    A ball around a drawing reaches to its fifth nearest neighbour in its own set.

    Attributes:
        precision: `(n,)` 1 for each drawing that lies in a ball of a real one (Kynkäänniemi et al.
            2019, eq. 2): the share of drawings that look like real ones.
        recall: `(m,)` 1 for each real drawing that lies in a ball of a drawing: the share of real
            drawings that could have been drawn.
        density: `(n,)` number of balls of real drawings that a drawing lies in, divided by 5 (Naeem
            et al. 2020, eq. 3); less sensitive to outliers than precision, and about 1 for two
            samples of one distribution.
        coverage: `(m,)` 1 for each real drawing whose ball holds a drawing (Naeem et al. 2020,
            eq. 4); less sensitive to outliers than recall.
    """

    precision: Array
    recall: Array
    density: Array
    coverage: Array


def overlap(
    drawn: npt.ArrayLike,
    real: npt.ArrayLike,
    neighbours: int = NEIGHBOURS,
    *,
    real_radii: Array | None = None,
) -> Overlap:
    """Precision, recall, density and coverage of `drawn` (n, F) against `real` (m, F).

    `real_radii` are those of `real`, if they are known already.
    """
    ours, theirs = np.asarray(drawn, np.float64), np.asarray(real, np.float64)
    our_radii = radii(ours, neighbours)
    their_radii = radii(theirs, neighbours) if real_radii is None else real_radii
    balls = []
    covered, recalled = np.zeros(len(theirs), bool), np.zeros(len(theirs), bool)
    for rows, apart in _distances(ours, theirs):
        inside = apart <= their_radii
        balls.append(inside.sum(axis=1))
        covered |= inside.any(axis=0)
        recalled |= (apart <= our_radii[rows, None]).any(axis=0)
    counts = np.concatenate(balls)
    return Overlap(
        precision=(counts > 0).astype(float),
        recall=recalled.astype(float),
        density=counts / neighbours,
        coverage=covered.astype(float),
    )


def nearest_distances(features: npt.ArrayLike, others: npt.ArrayLike) -> Array:
    """Distance `(n,)` of each row to the nearest of `others` (m, F)."""
    pairs = _squared_distances(np.asarray(features, np.float64), np.asarray(others, np.float64))
    nearest: Array = np.concatenate([squared.min(axis=1) for _, squared in pairs])
    return np.sqrt(nearest)


def mean_distances(features: npt.ArrayLike) -> Array:
    """Mean distance `(n,)` of each row to all the others."""
    rows = np.asarray(features, np.float64)
    sums = [apart.sum(axis=1) for _, apart in _distances(rows, rows)]
    return np.concatenate(sums) / (len(rows) - 1)


def radii(features: npt.ArrayLike, neighbours: int = NEIGHBOURS) -> Array:
    """Distance `(n,)` of each row to its `neighbours`-th nearest other one."""
    rows = np.asarray(features, np.float64)
    # A row is its own nearest neighbour, hence the place `neighbours` counted from 0.
    nearest = [
        np.partition(squared, neighbours, axis=1)[:, neighbours]
        for _, squared in _squared_distances(rows, rows)
    ]
    return np.sqrt(np.concatenate(nearest))


def _distances(features: Array, others: Array) -> Iterator[tuple[npt.NDArray[np.int64], Array]]:
    """Yields row numbers and the Euclidean distances `(rows, m)` of those rows to all `others`."""
    for rows, squared in _squared_distances(features, others):
        yield rows, np.sqrt(squared, out=squared)


def _squared_distances(
    features: Array, others: Array
) -> Iterator[tuple[npt.NDArray[np.int64], Array]]:
    """Yields as `_distances`, the squares."""
    squares = (others**2).sum(axis=1)
    step = max(_CHUNK // len(others), 1)
    for start in range(0, len(features), step):
        part = features[start : start + step]
        squared = (2 * part) @ others.T
        # In this order, the distance of two rows does not depend on which of them is first.
        np.subtract((part**2).sum(axis=1)[:, None] + squares, squared, out=squared)
        yield np.arange(start, start + len(part)), np.maximum(squared, 0, out=squared)
