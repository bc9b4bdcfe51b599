"""The backend made of PyTorch's own operations: runs wherever PyTorch does."""

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
    """Keeps less than autograd does: half the memory of the plain loop for layer_norm and hyper.

    Args:
        products: the dtype that the operands of recurrent products are rounded to in training mode;
            None for that of the weights.
    """

    def __init__(self, products: torch.dtype | None = None) -> None:
        self.products = products

    def can_run(self, cell: Cell, inputs: Tensor) -> bool:
        """Returns whether the inputs are floats on a device that was tested."""
        return inputs.dtype in DTYPES and inputs.device.type in DEVICES

    def engine(self, cell: Cell) -> EagerEngine:
        """Returns what runs an lstm or layer_norm cell."""
        return EagerEngine(self.products if cell.training else None)

    def hyper_engine(self, cell: HyperLSTMCell) -> EagerHyperEngine:
        """Returns what runs a hyper cell."""
        return EagerHyperEngine(self.products if cell.training else None)
