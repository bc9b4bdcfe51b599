"""The numbers in a network: how many, their dtype and device, and that they are finite."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sketch_rnn.errors import SketchRNNError


def check_network(network: nn.Module, *, finite: bool = False) -> None:
    """Raises SketchRNNError if the weights are not float32 numbers in memory, or not `finite`."""
    for name, weight in network.named_parameters():
        if weight.is_meta:
            raise SketchRNNError(f"model: {name} is on the device meta, without values; load them")
        if weight.dtype != torch.float32:
            raise SketchRNNError(
                f"model: {name} is {weight.dtype}, expected float32; call model.network.float()"
            )
    if finite:
        check_finite(network.state_dict(), "model")


def check_finite(tensors: Mapping[str, Tensor], where: str) -> None:
    """Raises SketchRNNError, after `where`, if a tensor has NaN or infinite values."""
    for name, value in tensors.items():
        if not value.isfinite().all():
            raise SketchRNNError(f"{where}: {name} has NaN or infinite values; use another model")


def num_parameters(module: nn.Module) -> int:
    """The number of a module's learned numbers, its parts' included."""
    return sum(parameter.numel() for parameter in module.parameters())


def halved(name: str, value: Tensor) -> Tensor:
    """The tensor called `name` in 16-bit floats.

    Raises:
        SketchRNNError: if they cannot hold it.
    """
    half = value.half()
    if not half.isfinite().all():
        raise SketchRNNError(
            f"{name} is too large for 16-bit floats; save this model with 32 bits, as .safetensors"
        )
    return half
