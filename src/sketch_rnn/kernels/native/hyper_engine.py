"""The engine of hyper cells in compiled code: all steps in one call."""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_void_p

import torch
from torch import Tensor

from sketch_rnn.kernels.hyper_operands import (
    HyperChunk,
    HyperFlow,
    HyperHistory,
    HyperOperands,
)
from sketch_rnn.kernels.native.engine import NativeEngine
from sketch_rnn.kernels.native.library import Library, PackedGates, SequenceStruct
from sketch_rnn.kernels.operands import Layout
from sketch_rnn.model.dropout import Dropout


class HyperStruct(ctypes.Structure):
    """Mirrors `Hyper` in source/hyper.h."""

    _fields_ = [
        ("outer", SequenceStruct),
        ("inner", SequenceStruct),
        ("embedding", c_int64),
        *((name, c_void_p) for name in ("embedding_weight", "embedding_bias", "factor_weight")),
        *((name, c_void_p) for name in ("bias", "embedded", "recurrent")),
    ]


class _HyperChunk(ctypes.Structure):
    """Mirrors `HyperChunk` in source/hyper_backward.h."""

    _fields_ = [
        *((name, c_int64) for name in ("first", "stop")),
        *((name, c_void_p) for name in ("recurrent_weight", "past_weight")),
        *((name, c_void_p) for name in ("embedding_weight", "factor_weight")),
        *((name, c_void_p) for name in ("d_outputs", "d_past", "d_cell", "d_inner_cell")),
        *((name, c_void_p) for name in ("d_context", "d_inner_context", "d_factors")),
        ("d_factors_stride", c_int64),
        *((name, c_void_p) for name in ("d_from_inputs", "d_recurrent", "d_inner_gates")),
        *((name, c_void_p) for name in ("d_embedded", "d_inner_hidden", "d_norm")),
    ]


class PackedHyper:
    """A cell's weights packed for the compiled code."""

    def __init__(
        self, library: Library, given: HyperOperands, products: torch.dtype = torch.float32
    ) -> None:
        self.given = given
        self.weights = (
            PackedGates.of(library, given.recurrent_weight, given.input_weight, products),
            PackedGates.of(library, given.past_weight, given.inner_input_weight, products),
        )
        self.factor_weight = library.packed_factors(given.factor_weight, products)
        # pack_transposed takes the transpose of the operand.
        self.embedding_weight = library.transposed(given.embedding_weight.t(), products)

    def struct(
        self,
        outer: SequenceStruct,
        inner: SequenceStruct,
        embedded: Tensor,
        recurrent: Tensor | None = None,
    ) -> HyperStruct:
        """The structure of a call, with the weights of both cells filled in.

        Args:
            outer: of the large cell, all but its weights.
            inner: of the small one.
            embedded: `(P, 12E)`.
            recurrent: `(P, 4H)`, where a backward follows.
        """
        for cell, weights, norm in zip(
            (outer, inner), self.weights, self.given.norms(), strict=True
        ):
            cell.size, cell.width = weights.packed.shape[1] // 4, len(self.given.input_weight)
            weights.write_to(cell)
            cell.norm = (c_void_p * 4)(*(part.data_ptr() for part in norm))
        return HyperStruct(
            outer=outer,
            inner=inner,
            embedding=self.given.factor_weight.shape[1],
            embedding_weight=self.embedding_weight.data_ptr(),
            embedding_bias=self.given.embedding_bias.data_ptr(),
            factor_weight=self.factor_weight.data_ptr(),
            bias=self.given.bias.data_ptr(),
            embedded=embedded.data_ptr(),
            recurrent=None if recurrent is None else recurrent.data_ptr(),
        )


class NativeHyperEngine:
    """Runs a sequence in compiled code, with products of the dtype of `engine`."""

    def __init__(self, engine: NativeEngine) -> None:
        self.library, self.products = engine.library, engine.products
        self.add_product = engine.add_product

    def forward(
        self, layout: Layout, given: HyperOperands, dropout: Dropout | None
    ) -> HyperHistory:
        """The history of a sequence."""
        history = HyperHistory.start(layout, given, self.products)
        for buffer in history:
            self.library.use_large_pages(buffer)
        call = _Call(self.library, layout, given, dropout, history)
        self.library.hyper_forward(ctypes.byref(call.hyper))
        return history

    def backward(
        self,
        layout: Layout,
        given: HyperOperands,
        dropout: Dropout | None,
        history: HyperHistory,
        flow: HyperFlow,
    ) -> NativeHyperBackward:
        """The backward pass over the steps of a history."""
        return NativeHyperBackward(self.library, layout, given, dropout, history, flow)


class NativeHyperBackward:
    """The derivative of `NativeHyperEngine.forward`; for the arguments see `HyperEngine`."""

    def __init__(
        self,
        library: Library,
        layout: Layout,
        given: HyperOperands,
        dropout: Dropout | None,
        history: HyperHistory,
        flow: HyperFlow,
    ) -> None:
        self.library, self.flow = library, flow
        self.call = _Call(library, layout, given, dropout, history)
        self.norm_sizes = [len(part) for norm in given.norms() for part in norm]
        threads = self.call.hyper.outer.num_threads
        self.d_norm = given.hidden.new_zeros(threads, sum(self.norm_sizes))
        self.d_inner_hidden = torch.empty_like(given.inner_hidden)
        products = history.entered.dtype
        self.recurrent_weight = library.transposed(given.recurrent_weight, products)
        self.past_weight = library.transposed(given.past_weight, products)
        self.embedding_weight = library.transposed(given.embedding_weight, products)
        factors = [library.transposed(factor, products) for factor in given.factor_weight]
        self.factor_weight = torch.cat(factors)

    def run(self, first: int, stop: int, chunk: HyperChunk) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`, and fills their chunk."""
        flow = self.flow
        gradients = _HyperChunk(
            first=first,
            stop=stop,
            recurrent_weight=self.recurrent_weight.data_ptr(),
            past_weight=self.past_weight.data_ptr(),
            embedding_weight=self.embedding_weight.data_ptr(),
            factor_weight=self.factor_weight.data_ptr(),
            d_outputs=flow.outputs.data_ptr(),
            d_past=flow.past.data_ptr(),
            d_cell=flow.cell.data_ptr(),
            d_inner_cell=flow.inner_cell.data_ptr(),
            d_context=flow.context.data_ptr(),
            d_inner_context=flow.inner_context.data_ptr(),
            d_factors=chunk.factors.data_ptr(),
            d_factors_stride=chunk.factors.stride(0),
            d_from_inputs=chunk.from_inputs.data_ptr(),
            d_recurrent=chunk.recurrent.data_ptr(),
            d_inner_gates=chunk.inner_gates.data_ptr(),
            d_embedded=chunk.embedded.data_ptr(),
            d_inner_hidden=self.d_inner_hidden.data_ptr(),
            d_norm=self.d_norm.data_ptr(),
        )
        self.library.hyper_backward(ctypes.byref(self.call.hyper), ctypes.byref(gradients))

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """The gradients of `HyperOperands.norms`, one cell's after the other's."""
        return torch.split(self.d_norm.sum(dim=0), self.norm_sizes)


class _Call:
    """The operands of a sequence by address, and references that keep them alive."""

    def __init__(
        self,
        library: Library,
        layout: Layout,
        given: HyperOperands,
        dropout: Dropout | None,
        history: HyperHistory,
    ) -> None:
        self.library, self.given, self.history = library, given, history
        self.inputs = given.inputs.contiguous()
        self.kept = None if dropout is None else dropout.kept.contiguous()
        self.active = torch.tensor(layout.active)
        self.starts = torch.tensor([layout.rows(step).start for step in range(len(layout.active))])
        self.context = library.interleaved(given.context)
        self.inner_context = library.interleaved(given.inner_context)
        self.packed = PackedHyper(library, given, history.entered.dtype)
        outer = self._cell(layout, self.context, 0, history.cells, history.gates)
        first, cells, gates = given.hidden.shape[1], history.inner_cells, history.inner_gates
        inner = self._cell(layout, self.inner_context, first, cells, gates)
        if dropout is not None and self.kept is not None:
            outer.kept, outer.dropout_scale = self.kept.data_ptr(), dropout.scale
        self.hyper = self.packed.struct(outer, inner, history.embedded, history.recurrent)

    def _cell(
        self, layout: Layout, context: Tensor, first: int, cells: Tensor, gates: Tensor
    ) -> SequenceStruct:
        """A cell's sequence without its weights, its outputs from column `first` on."""
        history = self.history
        hiddens, entered = history.past[:, first:], history.entered[:, first:]
        return SequenceStruct(
            num_steps=len(layout.active),
            batch=layout.batch,
            num_threads=torch.get_num_threads(),
            active=self.active.data_ptr(),
            starts=self.starts.data_ptr(),
            inputs=self.inputs.data_ptr(),
            context=context.data_ptr(),
            hiddens=hiddens.data_ptr(),
            cells=cells.data_ptr(),
            gates=gates.data_ptr(),
            keep=True,
            hidden_stride=hiddens.stride(0),
            hiddens_half=entered.data_ptr() if history.is_rounded else None,
        )
