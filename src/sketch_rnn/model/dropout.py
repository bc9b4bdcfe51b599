"""Dropout drawn for a whole sequence at once from a generator."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor

_LEVELS: Final = 2**16


class Dropout(NamedTuple):
    """The values that are kept, and their factor.

    Attributes:
        kept: booleans, a quarter of the memory of factors.
        scale: 1 / the probability of being kept.
    """

    kept: Tensor
    scale: float

    def factors(self, rows: slice, dtype: torch.dtype) -> Tensor:
        """The factors of some rows: 0 where a value is dropped, else `scale`."""
        return self.kept[rows].to(dtype).mul_(self.scale)

    def apply(self, values: Tensor) -> Tensor:
        """Zeroes the dropped values and scales the others."""
        return values * self.factors(slice(None), values.dtype)


def draw_dropout(
    shape: tuple[int, ...],
    keep_prob: float,
    generator: torch.Generator | None,
    device: torch.device | None = None,
) -> Dropout | None:
    """Dropout that keeps each value with `keep_prob`, or None if nothing is dropped.

    Four 16-bit draws share one 64-bit number: drawing floats would take as long as a layer's
    arithmetic. The probability is met to within 1/65536.
    """
    kept_levels = round(keep_prob * _LEVELS)
    if kept_levels >= _LEVELS:
        return None
    size = math.prod(shape)
    words = torch.empty((size + 3) // 4, dtype=torch.int64, device=device)
    words.random_(-(2**63), None, generator=generator)
    levels = words.view(torch.int16)[:size].view(shape)
    return Dropout(levels < kept_levels - _LEVELS // 2, 1 / keep_prob)
