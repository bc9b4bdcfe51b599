"""The backend made of PyTorch operations, for any processor and GPU."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from sketch_rnn.kernels.backend import FusedBackend
from sketch_rnn.kernels.eager.engine import EagerEngine
from sketch_rnn.kernels.eager.hyper_engine import EagerHyperEngine
from sketch_rnn.model.cells.cell import Cell
from sketch_rnn.model.cells.hyper import HyperLSTMCell

DTYPES: Final = (torch.float32, torch.float64)
DEVICES: Final = ("cpu", "cuda")


class EagerBackend(FusedBackend):
    """Keeps less than autograd: half the memory of the plain loop for layer_norm and hyper.

    Args:
        products: the dtype that the operands of recurrent products are rounded to in training mode;
            None for that of the weights.
    """

    def __init__(self, products: torch.dtype | None = None) -> None:
        self.products = products

    def can_run(self, cell: Cell, inputs: Tensor) -> bool:
        """Whether the inputs are floats on a device that was tested."""
        return inputs.dtype in DTYPES and inputs.device.type in DEVICES

    def engine(self, cell: Cell) -> EagerEngine:
        """The engine for an lstm or layer_norm cell."""
        return EagerEngine(self.products if cell.training else None)

    def hyper_engine(self, cell: HyperLSTMCell) -> EagerHyperEngine:
        """The engine for a hyper cell."""
        return EagerHyperEngine(self.products if cell.training else None)
