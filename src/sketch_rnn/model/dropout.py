"""Dropout masks drawn for a whole sequence at once from a generator."""

from __future__ import annotations

import torch
from torch import Tensor


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
    if keep_prob >= 1:
        return None
    size = 1
    for side in shape:
        size *= side
    words = torch.empty((size + 3) // 4, dtype=torch.int64, device=device)
    words.random_(-(2**63), None, generator=generator)
    threshold = round(keep_prob * 65536) - 32768
    kept = words.view(torch.int16)[:size].view(shape) < threshold
    return kept.to(torch.float32).div_(keep_prob)
