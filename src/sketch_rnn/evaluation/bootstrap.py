"""Confidence intervals by resampling (Efron 1979)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NUM_RESAMPLES: Final = 200
_PERCENTILES: Final = (2.5, 97.5)


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
