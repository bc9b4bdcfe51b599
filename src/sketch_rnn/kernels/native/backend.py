"""The backend made of compiled C++: a whole sequence, or a block of drawing steps, in one call."""

from __future__ import annotations

import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.backend import FUSED_CELLS, FusedBackend
from sketch_rnn.kernels.native.build import compiled_library, kernel_switch
from sketch_rnn.kernels.native.drawing import COMPILE_FROM, NativeDrawing
from sketch_rnn.kernels.native.engine import HALF_MULTIPLE, NativeEngine
from sketch_rnn.kernels.native.hyper_engine import NativeHyperEngine
from sketch_rnn.kernels.native.library import Library
from sketch_rnn.model.cells.cell import Cell
from sketch_rnn.model.cells.hyper import HyperLSTMCell
from sketch_rnn.model.decoder import Decoder


class NativeBackend(FusedBackend):
    """Runs float32 cells on a processor.

    Args:
        must: raise an error if the library cannot be built. Otherwise this backend then supports
            no cell, obeys `SKETCH_RNN_KERNELS`, and compiles only for training, because a
            single drawing takes less time than compiling.
        products: the dtype that the operands of recurrent products are rounded to in training mode.
        sums_weights: sum the gradients of weights with its own product instead of PyTorch's.
    """

    def __init__(
        self,
        *,
        must: bool,
        products: torch.dtype = torch.float32,
        sums_weights: bool = False,
    ) -> None:
        self.must, self.products, self.sums_weights = must, products, sums_weights

    def can_run(self, cell: Cell, inputs: Tensor) -> bool:
        """Whether the library is available for cells of this size and device."""
        if inputs.dtype != torch.float32 or inputs.device.type != "cpu":
            return False
        is_training = torch.is_grad_enabled() and next(cell.parameters()).requires_grad
        library = self._library(may_compile=is_training)
        return library is not None and cell.hidden_size % self._multiple(cell, library) == 0

    def engine(self, cell: Cell) -> NativeEngine:
        """The engine for an lstm or layer_norm cell."""
        return NativeEngine(self._must_library(), self._products(cell), self.sums_weights)

    def hyper_engine(self, cell: HyperLSTMCell) -> NativeHyperEngine:
        """The engine for a hyper cell."""
        return NativeHyperEngine(self.engine(cell))

    def drawing_loop(self, decoder: Decoder, batch: int) -> NativeDrawing | None:
        """A loop for `batch` drawings, or None if this backend cannot run the decoder."""
        cell, weight = decoder.cell, decoder.output.weight
        if type(cell) not in FUSED_CELLS or (weight.dtype, weight.device.type) != (
            torch.float32,
            "cpu",
        ):
            return None
        library = self._library(may_compile=batch >= COMPILE_FROM)
        if library is None or cell.hidden_size % library.vector_width:
            return None
        return NativeDrawing(library, decoder)

    def _library(self, *, may_compile: bool) -> Library | None:
        switch = "on" if self.must else kernel_switch()
        return compiled_library(switch, may_compile=may_compile or self.must)

    def _must_library(self) -> Library:
        found = self._library(may_compile=True)
        if found is None:
            raise SketchRNNError("the compiled kernels are no longer available")
        return found

    def _products(self, cell: Cell) -> torch.dtype:
        return self.products if cell.training else torch.float32

    def _multiple(self, cell: Cell, library: Library) -> int:
        return HALF_MULTIPLE if self._products(cell) == torch.bfloat16 else library.vector_width
