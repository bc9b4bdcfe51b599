"""The engine of hyper cells in Triton kernels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sketch_rnn.kernels.hyper_operands import (
    HyperChunk,
    HyperFlow,
    HyperHistory,
    HyperOperands,
)
from sketch_rnn.kernels.operands import Layout
from sketch_rnn.kernels.sequence import add_product
from sketch_rnn.kernels.triton import hyper_names, names
from sketch_rnn.kernels.triton.engine import interleaved, moments_of, pairs_of
from sketch_rnn.kernels.triton.hyper import hyper_forward
from sketch_rnn.kernels.triton.hyper_backward import hyper_backward
from sketch_rnn.kernels.triton.launch import UNITS, Launcher
from sketch_rnn.model.cells.layer_norm import LAYER_NORM_EPSILON
from sketch_rnn.model.dropout import Dropout


class TritonHyperEngine:
    """The counterpart of `TritonEngine` for the hyper cell.

    Args:
        num_processors: see `TritonEngine`.
        precision: see `TritonEngine`.
    """

    add_product = staticmethod(add_product)

    def __init__(self, num_processors: int | None = None, precision: str = "ieee") -> None:
        self.num_processors = num_processors
        self.precision = precision

    def forward(
        self, layout: Layout, given: HyperOperands, dropout: Dropout | None
    ) -> HyperHistory:
        """The history of a sequence."""
        history = HyperHistory.start(layout, given, None)
        launcher = self.launcher(layout, given, dropout)
        norm, inner_norm = given.norms()
        launcher.run(
            hyper_forward,
            7 * len(layout.active),
            **_common(launcher, layout, given, history),
            sizes=_sizes(layout, given),
            operands=names.Operands._make((*_entering(given), interleaved(given.recurrent_weight))),
            inner_operands=names.Operands(
                given.inputs.contiguous(),
                interleaved(given.inner_input_weight),
                given.inner_context.contiguous(),
                interleaved(given.past_weight),
            ),
            embedding=hyper_names.Embedding(
                given.embedding_weight.contiguous(),
                given.embedding_bias,
                given.factor_weight.contiguous(),
                given.bias,
            ),
            history=names.History(history.past, history.cells, history.gates),
            inner_history=names.History(history.past, history.inner_cells, history.inner_gates),
            norm=names.Norm._make((*norm, LAYER_NORM_EPSILON)),
            inner_norm=names.Norm._make((*inner_norm, LAYER_NORM_EPSILON)),
        )
        return history

    def backward(
        self,
        layout: Layout,
        given: HyperOperands,
        dropout: Dropout | None,
        history: HyperHistory,
        flow: HyperFlow,
    ) -> TritonHyperBackward:
        """The backward pass over the steps of a history."""
        launcher = self.launcher(layout, given, dropout)
        return TritonHyperBackward(launcher, layout, given, history, flow)

    def launcher(self, layout: Layout, given: HyperOperands, dropout: Dropout | None) -> Launcher:
        """The launcher of a sequence's kernels."""
        # Enough programs for each to own a block of units of one cell or of both.
        size = max(given.hidden.shape[1], given.inner_hidden.shape[1])
        device, processors = given.inputs.device, self.num_processors
        return Launcher(layout, size, device, dropout, processors, self.precision)


class TritonHyperBackward:
    """The derivative of `TritonHyperEngine.forward`; for the arguments see `HyperEngine`."""

    def __init__(
        self,
        launcher: Launcher,
        layout: Layout,
        given: HyperOperands,
        history: HyperHistory,
        flow: HyperFlow,
    ) -> None:
        self.launcher, self.layout, self.flow = launcher, layout, flow
        self.sizes, batch = _sizes(layout, given), layout.batch
        norms, groups = given.norms(), launcher.grid.row_blocks
        self.norm_sizes = [len(part) for norm in norms for part in norm]
        self.d_norms = [norm[2].new_zeros(groups, 10 * len(norm[2])) for norm in norms]
        cells, inner_cells = history.cells, history.inner_cells
        gates, inner_gates = history.gates, history.inner_gates
        self.arguments = _common(launcher, layout, given, history) | {
            "weights": hyper_names.Weights(
                given.recurrent_weight.contiguous(),
                given.past_weight.contiguous(),
                given.embedding_weight.contiguous(),
                given.factor_weight.contiguous(),
            ),
            # The last is not read.
            "operands": names.Operands._make((*_entering(given), given.recurrent_weight)),
            "history": names.KeptNorm(cells, gates, moments_of(gates, cells[batch:])),
            "inner_history": names.KeptNorm(
                inner_cells,
                inner_gates,
                moments_of(inner_gates, inner_cells[batch:]),
            ),
            "norm": names.NormGradient._make((*norms[0], self.d_norms[0])),
            "inner_norm": names.NormGradient._make((*norms[1], self.d_norms[1])),
        }

    def run(self, first: int, stop: int, chunk: HyperChunk) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`, and fills their chunk."""
        flow, stride = self.flow, self.flow.past.shape[1]
        self.launcher.run(
            hyper_backward,
            8 * (stop - first),
            **self.arguments,
            last_step=stop - 1,
            base=self.layout.rows(first).start,
            sizes=hyper_names.BackwardSizes(*self.sizes, chunk.factors.stride(0)),
            flow=names.Flow(
                flow.outputs, flow.past, flow.cell, flow.context, chunk.factors, stride
            ),
            inner_flow=names.Flow(
                flow.outputs,
                flow.past,
                flow.inner_cell,
                flow.inner_context,
                chunk.inner_gates,
                stride,
            ),
            chunk=hyper_names.Chunk(chunk.from_inputs, chunk.recurrent, chunk.embedded),
        )

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """The gradients of `HyperOperands.norms`, one cell's after the other's."""
        return torch.split(
            torch.cat([d_norm.sum(dim=0) for d_norm in self.d_norms]), self.norm_sizes
        )


def _sizes(layout: Layout, given: HyperOperands) -> hyper_names.Sizes:
    """The sizes B, H, D, I and E."""
    size, inner_size = given.hidden.shape[1], given.inner_hidden.shape[1]
    width, length = given.inputs.shape[1], given.factor_weight.shape[1]
    return hyper_names.Sizes(layout.batch, size, width, inner_size, length)


def _entering(given: HyperOperands) -> tuple[Tensor, ...]:
    """The operands of the input's part of the large cell's gates."""
    return (
        given.inputs.contiguous(),
        interleaved(given.input_weight),
        given.context.contiguous(),
    )


def _common(
    launcher: Launcher, layout: Layout, given: HyperOperands, history: HyperHistory
) -> dict[str, Any]:
    """The arguments that both kernels take."""
    # If there are enough programs, twice as many share the units of the small cell.
    half, inner_size = UNITS // 2, given.inner_hidden.shape[1]
    is_shared = launcher.grid.unit_blocks * half >= inner_size
    return pairs_of(launcher, layout, given.inputs) | {
        "factored": hyper_names.Factored(history.recurrent, history.embedded),
        "inner_units": half if is_shared else UNITS,
    }
