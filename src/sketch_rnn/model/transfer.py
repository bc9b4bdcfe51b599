"""Tensors moved to where the network is, without making the program wait for it."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

# Copies from pinned memory join the queue of these devices; others would wait until it is empty.
QUEUED_DEVICES: Final = ("cuda",)


def moved(tensor: Tensor, device: torch.device | None) -> Tensor:
    """Returns a tensor on `device`: itself where it is there already, and for None.

    Where the device has a queue, the copy joins it and nothing is waited for.
    """
    is_queued = device is not None and device.type in QUEUED_DEVICES and tensor.device.type == "cpu"
    if not is_queued:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
