"""Choose the arithmetic of a training: the fastest that this processor computes correctly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

import torch

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.backend import FUSED_CELLS
from sketch_rnn.kernels.native.build import compiled_library, kernel_switch
from sketch_rnn.kernels.native.engine import HALF_MULTIPLE
from sketch_rnn.kernels.native.measure import half_speedup, products_speedup
from sketch_rnn.model.backends import AUTO
from sketch_rnn.model.cells import cell_class
from sketch_rnn.model.cells.hyper import HyperLSTMCell

# The settings of a training that decide how sums are computed.
ARITHMETIC: Final = ("precision", "products")
# A smaller speed-up is not worth the loss of precision, or losing PyTorch's order of sums.
WORTH_HALF: Final = 1.2
WORTH_PRODUCTS: Final = 1.1


def chosen_arithmetic(
    model: ModelConfig,
    train: TrainConfig,
    kept: Mapping[str, str],
    device: torch.device | str,
) -> dict[str, str]:
    """The values of `ARITHMETIC`, `auto` replaced by what this processor is fastest with.

    Both change the last digits of sums, so a run keeps its first choice.

    Args:
        model: the architecture.
        train: the settings.
        kept: the values of a resumed run, which replace `auto`.
        device: where the network is trained.

    Raises:
        SketchRNNError: if a value that is set or kept is not available here.
    """
    wanted = {name: getattr(train, name) for name in ARITHMETIC}
    wanted |= {name: kept[name] for name in kept if wanted[name] == AUTO}
    if wanted["precision"] == "bfloat16" and (reason := _reason_against_half(model, device)):
        raise SketchRNNError(f"precision=bfloat16: {reason}; choose float32")
    if wanted["products"] == "compiled" and (reason := _reason_against_kernels(model, device)):
        raise SketchRNNError(f"products=compiled: {reason}; choose pytorch")
    if wanted["precision"] == AUTO:
        wanted["precision"] = "bfloat16" if _prefers_half(model, device) else "float32"
    if wanted["products"] == AUTO:
        wanted["products"] = "compiled" if _prefers_products(model, device) else "pytorch"
    return wanted


def with_arithmetic(
    model: ModelConfig,
    train: TrainConfig,
    before: Mapping[str, Any],
    device: torch.device | str,
    share: Callable[[Callable[[], dict[str, str]]], dict[str, str]],
) -> TrainConfig:
    """The settings with what `chosen_arithmetic` chose, the same for all workers.

    Args:
        model: the architecture.
        train: the settings.
        before: the settings of the run that is resumed, empty for a new run.
        device: where the network is trained.
        share: broadcasts the result of a function on the first worker to all workers.

    Raises:
        SketchRNNError: see `chosen_arithmetic`; also if a worker lacks the first worker's choice.
    """
    kept = {name: before[name] for name in ARITHMETIC if before.get(name)}
    chosen = share(lambda: chosen_arithmetic(model, train, kept, device))
    config = replace(train, **cast(dict[str, Any], chosen))
    chosen_arithmetic(model, config, {}, device)
    return config


def backend_for(train: TrainConfig) -> str:
    """The name of the backend for settings without `auto`."""
    if train.precision == "bfloat16":
        return "native_bfloat16"
    return "native_products" if train.products == "compiled" else AUTO


def _cells(model: ModelConfig) -> list[tuple[str, int]]:
    """The name and the size of each kind of cell in a network."""
    encoder = [(model.enc_model, model.enc_rnn_size)] if model.conditional else []
    return [*encoder, (model.dec_model, model.dec_rnn_size)]


def _prefers_half(model: ModelConfig, device: torch.device | str) -> bool:
    """Whether bfloat16 is faster, and these cells are known to learn as well with it."""
    if any(issubclass(cell_class(name), HyperLSTMCell) for name, _ in _cells(model)):
        return False
    return not _reason_against_half(model, device) and half_speedup() >= WORTH_HALF


def _prefers_products(model: ModelConfig, device: torch.device | str) -> bool:
    return not _reason_against_kernels(model, device) and products_speedup() >= WORTH_PRODUCTS


def _reason_against_half(model: ModelConfig, device: torch.device | str) -> str:
    """Why these cells cannot use bfloat16 products here; empty if they can."""
    sizes = [size for _, size in _cells(model) if size % HALF_MULTIPLE]
    if sizes:
        return f"it is for cells whose size {HALF_MULTIPLE} divides, not {sizes[0]} units"
    if reason := _reason_against_kernels(model, device):
        return reason
    library = compiled_library("on", may_compile=True)
    if library is None or not library.has_bfloat16:
        return "this processor has no instructions for it (AVX-512 BF16 or AMX)"
    return "" if half_speedup() else "this processor's bfloat16 products are wrong"


def _reason_against_kernels(model: ModelConfig, device: torch.device | str) -> str:
    """Why the compiled kernels cannot train these cells; empty if they can."""
    library = compiled_library(kernel_switch(), may_compile=True)
    is_known = all(cell_class(name) in FUSED_CELLS for name, _ in _cells(model))
    if torch.device(device).type != "cpu" or library is None or not is_known:
        return "it needs the compiled kernels, which are for training on a processor"
    width = library.vector_width
    sizes = [size for _, size in _cells(model) if size % width]
    return (
        f"the compiled kernels are for sizes that {width} divides, not {sizes[0]}" if sizes else ""
    )
