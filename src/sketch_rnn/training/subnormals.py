"""Subnormal numbers, flushed to zero during training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def flushed_subnormals() -> Iterator[None]:
    """Rounds subnormal results to zero within the block, which would slow a CPU down manyfold."""
    was_flushed = not subnormals_exist()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(was_flushed)


def subnormals_exist() -> bool:
    """Whether half of the smallest normal float32 number is more than zero."""
    return bool(torch.tensor(torch.finfo(torch.float32).tiny) * 0.5 > 0)
