"""Whether the Triton kernels are used: they have never run on a GPU, so only if asked for."""

from __future__ import annotations

import os
from typing import Final

import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.cells import Cell
from sketch_rnn.model.kernels.hyper.operands import HyperEngine
from sketch_rnn.model.kernels.operands import Engine

SWITCH_VARIABLE: Final = "SKETCH_RNN_GPU_KERNELS"
SWITCHES: Final = ("off", "on")
GPU: Final = "cuda"


def gpu_switch() -> bool:
    """Returns what the environment variable SKETCH_RNN_GPU_KERNELS says, off without it.

    Raises:
        SketchRNNError: if it is neither off nor on.
    """
    value = os.environ.get(SWITCH_VARIABLE, "off")
    if value not in SWITCHES:
        raise SketchRNNError(f"{SWITCH_VARIABLE}={value!r} must be one of {', '.join(SWITCHES)}")
    return value == "on"


def is_for_triton(cell: Cell) -> bool:
    """Returns whether a cell is to run in Triton kernels.

    Raises:
        SketchRNNError: if it is and Triton is not installed.
    """
    weight = cell.get_parameter("recurrent_weight")
    is_possible = weight.device.type == GPU and weight.dtype == torch.float32
    is_wanted = cell.kernel == "auto" and is_possible and gpu_switch()
    if not is_wanted and cell.kernel != "triton":
        return False
    try:
        import triton  # noqa: F401, PLC0415  (optional)
    except ModuleNotFoundError as error:
        raise SketchRNNError(
            f"{SWITCH_VARIABLE}=on needs Triton, which comes with PyTorch for CUDA on Linux: "
            "pip install triton, or turn it off"
        ) from error
    return True


def triton_engine_for(cell: Cell) -> Engine | None:
    """Returns the Triton engine for a cell of lstm or layer_norm, None where it is not wanted.

    Raises:
        SketchRNNError: see `is_for_triton`.
    """
    if not is_for_triton(cell):
        return None
    from sketch_rnn.model.kernels.gpu.engine import TritonEngine  # noqa: PLC0415  (optional)

    return TritonEngine()


def triton_hyper_engine_for(cell: Cell) -> HyperEngine | None:
    """Returns what `triton_engine_for` returns, for a hyper cell.

    Raises:
        SketchRNNError: see `is_for_triton`.
    """
    if not is_for_triton(cell):
        return None
    from sketch_rnn.model.kernels.gpu.hyper_engine import (  # noqa: PLC0415  (optional)
        TritonHyperEngine,
    )

    return TritonHyperEngine()
