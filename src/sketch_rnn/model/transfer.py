"""Copies of tensors to the network's device that do not block the program."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

# Copies from pinned memory join the queue of these devices; others would wait until it is empty.
QUEUED_DEVICES: Final = ("cuda",)


def moved(tensor: Tensor, device: torch.device | None) -> Tensor:
    """The tensor on `device`; the tensor itself if it is already there or `device` is None.

    On devices with a queue, the copy is queued and the call returns at once.
    """
    is_queued = device is not None and device.type in QUEUED_DEVICES and tensor.device.type == "cpu"
    if not is_queued:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
