"""Dropout masks drawn for a whole sequence at once from a generator."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

_LEVELS: Final = 2**16


def dropout_mask(
    shape: tuple[int, ...],
    keep_prob: float,
    generator: torch.Generator | None,
    device: torch.device | None = None,
) -> Tensor | None:
    """Returns a float mask of zeros and `1 / keep_prob`, or None where nothing is dropped.

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
    kept = levels < kept_levels - _LEVELS // 2
    return kept.to(torch.float32).div_(keep_prob)
