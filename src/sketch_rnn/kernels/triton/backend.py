"""The backend made of Triton kernels: all steps of a sequence in one launch on a GPU.

The kernels have never run on a GPU, so `auto` takes them only where SKETCH_RNN_GPU_KERNELS=on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.backend import FusedBackend
from sketch_rnn.model.cells.cell import Cell
from sketch_rnn.model.cells.hyper import HyperLSTMCell

if TYPE_CHECKING:
    from sketch_rnn.kernels.triton.engine import TritonEngine
    from sketch_rnn.kernels.triton.hyper_engine import TritonHyperEngine

SWITCH_VARIABLE: Final = "SKETCH_RNN_GPU_KERNELS"
SWITCHES: Final = ("off", "on")


def gpu_switch() -> bool:
    """The value of the environment variable SKETCH_RNN_GPU_KERNELS, off by default.

    Raises:
        SketchRNNError: if it is neither off nor on.
    """
    value = os.environ.get(SWITCH_VARIABLE, "off")
    if value not in SWITCHES:
        raise SketchRNNError(f"{SWITCH_VARIABLE}={value!r} must be one of {', '.join(SWITCHES)}")
    return value == "on"


class TritonBackend(FusedBackend):
    """Runs float32 cells on a GPU, or in Triton's interpreter.

    Args:
        must: run on any device, whatever the switch says.
    """

    def __init__(self, *, must: bool) -> None:
        self.must = must

    def can_run(self, cell: Cell, inputs: Tensor) -> bool:
        """Whether these kernels are wanted for inputs on this device.

        Raises:
            SketchRNNError: if they are, and Triton is not installed.
        """
        is_possible = inputs.device.type == "cuda" and inputs.dtype == torch.float32
        if not self.must and not (is_possible and gpu_switch()):
            return False
        try:
            import triton  # noqa: F401, PLC0415  (optional)
        except ModuleNotFoundError as error:
            raise SketchRNNError(
                f"{SWITCH_VARIABLE}=on needs Triton, which comes with PyTorch for CUDA on Linux: "
                "pip install triton, or turn it off"
            ) from error
        return True

    def engine(self, cell: Cell) -> TritonEngine:
        """The engine for an lstm or layer_norm cell."""
        from sketch_rnn.kernels.triton.engine import TritonEngine  # noqa: PLC0415  (optional)

        return TritonEngine()

    def hyper_engine(self, cell: HyperLSTMCell) -> TritonHyperEngine:
        """The engine for a hyper cell."""
        from sketch_rnn.kernels.triton.hyper_engine import (  # noqa: PLC0415  (optional)
            TritonHyperEngine,
        )

        return TritonHyperEngine()
