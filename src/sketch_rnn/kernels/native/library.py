"""The Python interface of the compiled library: structures, functions, packed weights."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_double, c_int64, c_void_p
from typing import Final, NamedTuple

import torch
from torch import Tensor

# Answer of `prepare_half` on a processor with bfloat16 instructions that the system permits.
_HALF_IS_FAST: Final = 1


class SequenceStruct(ctypes.Structure):
    """Mirrors `Sequence` in source/sequence.h."""

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


class ChunkStruct(ctypes.Structure):
    """Mirrors `Chunk` in source/sequence.h."""

    _fields_ = [
        *((name, c_int64) for name in ("first", "stop")),
        *((name, c_void_p) for name in ("packed", "d_outputs", "d_hidden", "d_cell")),
        *((name, c_void_p) for name in ("d_context", "d_gates")),
        ("d_gates_stride", c_int64),
        ("d_norm", c_void_p),
    ]


class _ProductStruct(ctypes.Structure):
    """Mirrors `LargeProduct` in source/large_product.h."""

    _fields_ = [
        *((name, c_int64) for name in ("depth", "height", "width")),
        *((name, c_void_p) for name in ("left", "right", "total")),
        *((name, c_int64) for name in ("left_stride", "right_stride", "total_stride")),
    ]


class Library:
    """The functions of source/sequence.cpp, with the types of their arguments."""

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
        self.backward.argtypes = [POINTER(SequenceStruct), POINTER(ChunkStruct)]
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
        self._add_product = library.add_transposed_product
        self._add_product_half = library.add_transposed_product_half
        for add in (self._add_product, self._add_product_half):
            add.argtypes = [POINTER(_ProductStruct), c_int64]
        # On Linux a process must request the registers of AMX tiles.
        self.has_bfloat16 = library.prepare_half() == _HALF_IS_FAST

    def packed(self, recurrent: Tensor, inputs: Tensor) -> Tensor:
        """The weights `(depth, 4H)` and `(D, 4H)`, packed in the order of the gate kernel."""
        recurrent, inputs = recurrent.contiguous(), inputs.contiguous()
        packed = recurrent.new_empty(len(recurrent) + len(inputs), recurrent.shape[1])
        sizes = recurrent.shape[1] // 4, len(recurrent), len(inputs)
        self._pack_forward(*sizes, recurrent.data_ptr(), inputs.data_ptr(), packed.data_ptr())
        return packed

    def packed_half(self, recurrent: Tensor) -> Tensor:
        """A weight `(depth, 4H)` in bfloat16, packed in the order of the gate kernel."""
        recurrent = recurrent.contiguous()
        packed = torch.empty_like(recurrent, dtype=torch.bfloat16)
        sizes = recurrent.shape[1] // 4, len(recurrent)
        self._pack_forward_half(*sizes, recurrent.data_ptr(), packed.data_ptr())
        return packed

    def transposed(self, weight: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """A weight `(columns, depth)`, packed for products with its transpose."""
        weight = weight.contiguous()
        packed = torch.empty_like(weight, dtype=dtype)
        is_half = dtype == torch.bfloat16
        pack = self._pack_transposed_half if is_half else self._pack_transposed
        pack(*weight.shape, weight.data_ptr(), packed.data_ptr())
        return packed

    def packed_factors(self, weight: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """The weight `(12, E, H)` of factors, packed in the order of their kernel."""
        weight = weight.contiguous()
        packed = torch.empty_like(weight, dtype=dtype)
        count, depth, size = weight.shape
        is_half = dtype == torch.bfloat16
        pack = self._pack_factors_half if is_half else self._pack_factors
        pack(size, count * depth, weight.data_ptr(), packed.data_ptr())
        return packed

    def interleaved(self, context: Tensor) -> Tensor:
        """The gates `(B, 4H)`, interleaved: all four of one vector of units side by side."""
        context = context.contiguous()
        interleaved = torch.empty_like(context)
        rows, columns = context.shape
        self._interleave(rows, columns // 4, context.data_ptr(), interleaved.data_ptr())
        return interleaved

    def add_product(self, total: Tensor, left: Tensor, right: Tensor) -> None:
        """Adds the transpose of `left` times `right`, summed in float32, not in PyTorch's order.

        Args:
            total: `(a, b)` float32, a matrix or the transpose of one, added to.
            left: `(rows, a)` float32 or bfloat16.
            right: `(rows, b)` of the same dtype.
        """
        if total.stride(1) != 1:
            total, left, right = total.t(), right, left
        product = _ProductStruct(
            depth=len(left),
            height=left.shape[1],
            width=right.shape[1],
            left=left.data_ptr(),
            right=right.data_ptr(),
            total=total.data_ptr(),
            left_stride=left.stride(0),
            right_stride=right.stride(0),
            total_stride=total.stride(0),
        )
        add = self._add_product_half if left.dtype == torch.bfloat16 else self._add_product
        add(product, torch.get_num_threads())

    def use_large_pages(self, tensor: Tensor) -> Tensor:
        """Asks for large pages for a tensor whose memory has not been touched yet."""
        self._use_large_pages(tensor.data_ptr(), tensor.nbytes)
        return tensor


class PackedGates(NamedTuple):
    """The weights of a cell's gates, packed for the compiled code.

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
        """The weights `(depth, 4H)` and `(D, 4H)`, packed for products of this dtype."""
        if products == torch.float32:
            return cls(library.packed(recurrent, inputs), None)
        return cls(library.packed(recurrent[:0], inputs), library.packed_half(recurrent))

    def write_to(self, sequence: SequenceStruct) -> None:
        """Writes their addresses into the structure of a call."""
        sequence.packed = self.packed.data_ptr()
        sequence.packed_half = None if self.half is None else self.half.data_ptr()
