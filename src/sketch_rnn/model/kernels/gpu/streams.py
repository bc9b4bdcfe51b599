"""Two computations on a GPU at the same time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from sketch_rnn.model.kernels.gpu.switch import GPU


def side_by_side(
    first: Callable[[], Tensor], second: Callable[[], Tensor], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Returns what two functions return, called in this order.

    On a GPU, `first` is queued beside `second`. That is for the Triton kernels, a sequence of which
    takes a few launches, so that the device gets both before it is done with one; PyTorch's
    operations are queued more slowly than they are done. Autograd runs the derivative of each where
    it ran, that of `second` first.
    """
    if device.type != GPU:
        return first(), second()
    current, side = torch.cuda.current_stream(device), _side_stream(device)
    side.wait_stream(current)
    with torch.cuda.stream(side):
        beside = first()
    here = second()
    current.wait_stream(side)
    # Its memory is the side's, which must not give it away before `current` has read it.
    beside.record_stream(current)
    return beside, here


@cache
def _side_stream(device: torch.device) -> torch.cuda.Stream:
    """Returns the same one at every step, since each stream keeps memory of its own."""
    return torch.cuda.Stream(device)
