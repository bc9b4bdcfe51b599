"""The engine made of compiled code: the whole sequence in one call."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_double, c_int64, c_void_p
from typing import Final, NamedTuple

import torch
from torch import Tensor

from sketch_rnn.model.kernels.layout import Layout
from sketch_rnn.model.kernels.operands import Flow, History, Operands

# Sizes of cells that bfloat16 products can have; and what `prepare_half` says of a processor with
# instructions for them.
HALF_MULTIPLE: Final = 32
HALF_IS_FAST: Final = 1


class SequenceStruct(ctypes.Structure):
    """Mirrors `Sequence` in native/sequence.h."""

    _fields_ = [
        *((name, c_int64) for name in ("num_steps", "batch", "size", "width", "num_threads")),
        *((name, c_void_p) for name in ("active", "starts", "inputs", "kept")),
        ("dropout_scale", c_double),
        *((name, c_void_p) for name in ("context", "packed")),
        ("norm", c_void_p * 4),
        *((name, c_void_p) for name in ("hiddens", "cells", "gates")),
        *((name, c_int64) for name in ("keep", "hidden_stride")),
        *((name, c_void_p) for name in ("hiddens_half", "packed_half")),
    ]


class _Chunk(ctypes.Structure):
    """Mirrors `Chunk` in native/sequence.h."""

    _fields_ = [
        *((name, c_int64) for name in ("first", "stop")),
        *((name, c_void_p) for name in ("packed", "d_outputs", "d_hidden", "d_cell")),
        *((name, c_void_p) for name in ("d_context", "d_gates")),
        ("d_gates_stride", c_int64),
        ("d_norm", c_void_p),
    ]


class Library:
    """The functions of native/sequence.cpp, with the types of their arguments."""

    def __init__(self, path: str) -> None:
        library = ctypes.CDLL(path)
        self._pack_forward = library.pack_forward
        self._pack_forward.argtypes = [*[c_int64] * 3, *[c_void_p] * 3]
        self._pack_transposed = library.pack_transposed
        self._pack_forward_half = library.pack_forward_half
        self._pack_transposed_half = library.pack_transposed_half
        for pack in (self._pack_transposed, self._pack_forward_half, self._pack_transposed_half):
            pack.argtypes = [c_int64, c_int64, c_void_p, c_void_p]
        self.forward = library.forward
        self.forward.argtypes = [POINTER(SequenceStruct)]
        self.backward = library.backward
        self.backward.argtypes = [POINTER(SequenceStruct), POINTER(_Chunk)]
        self._interleave = library.interleave
        self._interleave.argtypes = [c_int64, c_int64, c_void_p, c_void_p]
        self.draw = library.draw
        self._pack_factors = library.pack_factors
        self._pack_factors_half = library.pack_factors_half
        for pack in (self._pack_factors, self._pack_factors_half):
            pack.argtypes = [c_int64, c_int64, c_void_p, c_void_p]
        self.hyper_forward = library.hyper_forward
        self.hyper_backward = library.hyper_backward
        self._use_large_pages = library.use_large_pages
        self._use_large_pages.argtypes = [c_void_p, c_int64]
        library.vector_width.restype = c_int64
        self.vector_width = int(library.vector_width())
        library.prepare_half.restype = c_int64
        self.prepare_half = library.prepare_half

    def packed(self, recurrent: Tensor, inputs: Tensor) -> Tensor:
        """Returns weights `(depth, 4H)` and `(D, 4H)` in the order in which gates are made."""
        recurrent, inputs = recurrent.contiguous(), inputs.contiguous()
        packed = recurrent.new_empty(len(recurrent) + len(inputs), recurrent.shape[1])
        sizes = recurrent.shape[1] // 4, len(recurrent), len(inputs)
        self._pack_forward(*sizes, recurrent.data_ptr(), inputs.data_ptr(), packed.data_ptr())
        return packed

    def packed_half(self, recurrent: Tensor) -> Tensor:
        """Returns a weight `(depth, 4H)` in bfloat16, in the order in which gates are made."""
        recurrent = recurrent.contiguous()
        packed = torch.empty_like(recurrent, dtype=torch.bfloat16)
        sizes = recurrent.shape[1] // 4, len(recurrent)
        self._pack_forward_half(*sizes, recurrent.data_ptr(), packed.data_ptr())
        return packed

    def transposed(self, weight: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Returns a weight `(columns, depth)` in the order of products with its transpose."""
        weight = weight.contiguous()
        packed = torch.empty_like(weight, dtype=dtype)
        is_half = dtype == torch.bfloat16
        pack = self._pack_transposed_half if is_half else self._pack_transposed
        pack(*weight.shape, weight.data_ptr(), packed.data_ptr())
        return packed

    def packed_factors(self, weight: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Returns the weight `(12, E, H)` of factors in the order in which they are made."""
        weight = weight.contiguous()
        packed = torch.empty_like(weight, dtype=dtype)
        count, depth, size = weight.shape
        is_half = dtype == torch.bfloat16
        pack = self._pack_factors_half if is_half else self._pack_factors
        pack(size, count * depth, weight.data_ptr(), packed.data_ptr())
        return packed

    def interleaved(self, context: Tensor) -> Tensor:
        """Returns gates `(B, 4H)` with those of a vector of units side by side."""
        context = context.contiguous()
        interleaved = torch.empty_like(context)
        rows, columns = context.shape
        self._interleave(rows, columns // 4, context.data_ptr(), interleaved.data_ptr())
        return interleaved

    def use_large_pages(self, tensor: Tensor) -> Tensor:
        """Returns a tensor whose memory has not been touched, to be backed by large pages."""
        self._use_large_pages(tensor.data_ptr(), tensor.nbytes)
        return tensor


class PackedGates(NamedTuple):
    """The weights of a cell's gates in the order in which compiled code reads them.

    Attributes:
        packed: in float32, the recurrent weight and that of the inputs, or the latter alone.
        half: the recurrent weight in bfloat16, if it is not in `packed`.
    """

    packed: Tensor
    half: Tensor | None

    @classmethod
    def of(
        cls, library: Library, recurrent: Tensor, inputs: Tensor, products: torch.dtype
    ) -> PackedGates:
        """Returns weights `(depth, 4H)` and `(D, 4H)` for recurrent products of such numbers."""
        if products == torch.float32:
            return cls(library.packed(recurrent, inputs), None)
        return cls(library.packed(recurrent[:0], inputs), library.packed_half(recurrent))

    def write_to(self, sequence: SequenceStruct) -> None:
        """Writes their addresses into what a call takes."""
        sequence.packed = self.packed.data_ptr()
        sequence.packed_half = None if self.half is None else self.half.data_ptr()


class CompiledEngine:
    """Runs a sequence in compiled code."""

    def __init__(self, library: Library, products: torch.dtype = torch.float32) -> None:
        self.library = library
        self.products = products
        self.has_fast_half = library.prepare_half() == HALF_IS_FAST

    def supports(self, size: int, dtype: torch.dtype) -> bool:
        """Returns whether it can run cells of so many units."""
        multiple = HALF_MULTIPLE if self.products == torch.bfloat16 else self.library.vector_width
        return dtype == torch.float32 and size % multiple == 0

    def forward(self, layout: Layout, operands: Operands, *, keep: bool) -> History:
        """Returns the history of a sequence, for a backward if `keep`."""
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
    ) -> CompiledBackward:
        """Returns what runs the steps of a history backwards."""
        return CompiledBackward(self.library, layout, operands, history, flow)


class CompiledBackward:
    """The derivative of `CompiledEngine.forward`; for the arguments see `Engine.backward`."""

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
        chunk = _Chunk(
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
        """Returns the gradients of `Operands.norm` over all steps run."""
        if not self.norm_sizes:
            return ()
        return torch.split(self.d_norm.sum(dim=0), self.norm_sizes)


class _Call:
    """The operands of a sequence by address, and what must outlive their use."""

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
