"""The scales of a chart: where values go, and which are written beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sketch_rnn.render.scene import Points

_NICE_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Axis:
    """A scale from values to positions.

    Attributes:
        low: value at `start`.
        high: value at `end`.
        start: position in the figure.
        end: position in the figure.
        log: whether equal ratios, not equal differences, are equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, values: Points) -> Points:
        """Returns the positions of values."""
        low, high = self._course(np.array([self.low, self.high]))
        share = (self._course(np.asarray(values, np.float64)) - low) / (high - low)
        return np.asarray(self.start + share * (self.end - self.start))

    def ticks(self, count: int) -> list[float]:
        """Returns about `count` round values within the scale."""
        if self.log:
            return _log_ticks(self.low, self.high)
        step = nice_step(self.high - self.low, count)
        first = math.ceil(self.low / step - _ROUNDING)
        last = math.floor(self.high / step + _ROUNDING)
        return [index * step for index in range(first, last + 1)]

    def _course(self, values: Points) -> Points:
        return np.log(values) if self.log else values


def nice_step(extent: float, count: int) -> float:
    """Returns the round step that divides an extent into at most `count` parts."""
    rough = extent / count
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _NICE_STEPS if step * power >= rough * (1 - _ROUNDING))


def rounded_range(low: float, high: float, count: int) -> tuple[float, float]:
    """Returns the range widened to whole steps, so that ticks are at both ends."""
    if high - low < _ROUNDING * max(abs(low), abs(high), 1.0):
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    step = nice_step(high - low, count)
    first = math.floor(low / step + _ROUNDING)
    return first * step, max(math.ceil(high / step - _ROUNDING), first + 1) * step


def tick_texts(axis: Axis, ticks: Sequence[float]) -> list[str]:
    """Returns the ticks as text, thousands as k and millions as M.

    On an even scale all have equally many decimals and one unit.
    """
    if axis.log:
        return [_texts([tick])[0] for tick in ticks]
    return _texts(ticks)


def _texts(ticks: Sequence[float]) -> list[str]:
    largest = max((abs(tick) for tick in ticks), default=0.0)
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if largest >= max(unit, 1e4) and all(_decimals(tick / unit) <= 1 for tick in ticks):
            return [f"{tick / unit:.12g}{name}" if tick else "0" for tick in ticks]
    decimals = max((_decimals(tick) for tick in ticks), default=0)
    return [f"{tick:.{decimals}f}" for tick in ticks]


def _decimals(value: float) -> int:
    return next((n for n in range(9) if abs(round(value, n) - value) <= abs(value) * 1e-6), 9)


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10))):
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        inside = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(inside) >= 3:
            break
    return inside
