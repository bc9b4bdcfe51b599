"""The engine in compiled code: a whole sequence in one call."""

from __future__ import annotations

from ctypes import c_void_p
from typing import Final

import torch
from torch import Tensor

from sketch_rnn.kernels.native.library import ChunkStruct, Library, PackedGates, SequenceStruct
from sketch_rnn.kernels.operands import Flow, History, Layout, Operands
from sketch_rnn.kernels.sequence import add_product

# bfloat16 products are for cells whose size is a multiple of this.
HALF_MULTIPLE: Final = 32


class NativeEngine:
    """Runs a sequence in compiled code.

    Args:
        library: the compiled code.
        products: the dtype that the operands of recurrent products are rounded to.
        sums_weights: let the library sum the gradients of weights in float32 too, although
            PyTorch's product can be faster.
    """

    def __init__(
        self,
        library: Library,
        products: torch.dtype = torch.float32,
        sums_weights: bool = False,
    ) -> None:
        self.library, self.products, self.sums_weights = library, products, sums_weights

    def add_product(self, total: Tensor, left: Tensor, right: Tensor) -> None:
        """Adds the transpose of `left` times `right` to `total`, see `Engine`."""
        if self.sums_weights or left.dtype == torch.bfloat16:
            self.library.add_product(total, left, right)
        else:
            add_product(total, left, right)

    def forward(self, layout: Layout, operands: Operands, *, keep: bool) -> History:
        """The history of a sequence, for a backward if `keep`."""
        history = History.start(layout, operands, self.products, keep=keep)
        for buffer in (history.hiddens, history.cells, history.gates):
            self.library.use_large_pages(buffer)
        call = _Call(self.library, layout, operands, history, keep=keep)
        weights = operands.recurrent_weight, operands.input_weight
        packed = PackedGates.of(self.library, *weights, self.products)
        packed.write_to(call.sequence)
        self.library.forward(call.sequence)
        return history

    def backward(
        self, layout: Layout, operands: Operands, history: History, flow: Flow
    ) -> NativeBackward:
        """The backward pass over the steps of a history."""
        return NativeBackward(self.library, layout, operands, history, flow)


class NativeBackward:
    """The derivative of `NativeEngine.forward`; for the arguments see `Engine.backward`."""

    def __init__(
        self,
        library: Library,
        layout: Layout,
        operands: Operands,
        history: History,
        flow: Flow,
    ) -> None:
        self.library = library
        self.norm_sizes = [len(part) for part in operands.norm]
        self.call = _Call(library, layout, operands, history, keep=True)
        self.flow = flow
        self.packed = library.transposed(operands.recurrent_weight, history.entered.dtype)
        threads = self.call.sequence.num_threads if self.norm_sizes else 0
        self.d_norm = torch.zeros(threads, 10 * len(self.packed))

    def run(self, first: int, stop: int, d_gates: Tensor) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`."""
        flow = self.flow
        chunk = ChunkStruct(
            first=first,
            stop=stop,
            packed=self.packed.data_ptr(),
            d_outputs=None if flow.outputs is None else flow.outputs.data_ptr(),
            d_hidden=flow.hidden.data_ptr(),
            d_cell=flow.cell.data_ptr(),
            d_context=flow.context.data_ptr(),
            d_gates=d_gates.data_ptr(),
            d_gates_stride=d_gates.stride(0),
            d_norm=self.d_norm.data_ptr(),
        )
        self.library.backward(self.call.sequence, chunk)

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """The gradients of `Operands.norm` over all steps run."""
        if not self.norm_sizes:
            return ()
        return torch.split(self.d_norm.sum(dim=0), self.norm_sizes)


class _Call:
    """The operands of a sequence by address, and references that keep them alive."""

    def __init__(
        self,
        library: Library,
        layout: Layout,
        operands: Operands,
        history: History,
        *,
        keep: bool,
    ) -> None:
        dropout = operands.dropout
        kept = None if dropout is None else dropout.kept.contiguous()
        starts = [layout.rows(step).start for step in range(len(layout.active))]
        active, first_rows = torch.tensor(layout.active), torch.tensor(starts)
        inputs = operands.inputs.contiguous()
        batch, size = operands.hidden.shape
        interleaved = library.interleaved(operands.context)
        self.alive = (kept, active, first_rows, inputs, interleaved, operands, history)
        self.sequence = SequenceStruct(
            num_steps=len(layout.active),
            batch=batch,
            size=size,
            width=inputs.shape[1],
            num_threads=torch.get_num_threads(),
            active=active.data_ptr(),
            starts=first_rows.data_ptr(),
            inputs=inputs.data_ptr(),
            kept=None if kept is None else kept.data_ptr(),
            dropout_scale=1.0 if dropout is None else dropout.scale,
            context=interleaved.data_ptr(),
            norm=(c_void_p * 4)(*(part.data_ptr() for part in operands.norm)),
            hiddens=history.hiddens.data_ptr(),
            cells=history.cells.data_ptr(),
            gates=history.gates.data_ptr(),
            keep=keep,
            hidden_stride=size,
            hiddens_half=history.entered.data_ptr() if history.is_rounded else None,
        )
