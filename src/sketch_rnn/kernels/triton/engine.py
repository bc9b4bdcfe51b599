"""The engine in Triton kernels."""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import Tensor

from sketch_rnn.kernels.operands import Flow, History, Layout, Operands
from sketch_rnn.kernels.sequence import add_product
from sketch_rnn.kernels.triton import names
from sketch_rnn.kernels.triton.launch import Launcher
from sketch_rnn.kernels.triton.layer_norm import layer_norm_forward
from sketch_rnn.kernels.triton.layer_norm_backward import layer_norm_backward
from sketch_rnn.kernels.triton.lstm import lstm_backward, lstm_forward
from sketch_rnn.model.cells.layer_norm import LAYER_NORM_EPSILON


class TritonEngine:
    """Runs a sequence on the multiprocessors of a GPU, in one launch if the programs fit.

    Args:
        num_processors: number of programs that are sure to run at once; by default one on each
            multiprocessor of the device, and one in Triton's interpreter.
        precision: of products, as Triton's `input_precision`; `ieee` is float32.
    """

    add_product = staticmethod(add_product)

    def __init__(self, num_processors: int | None = None, precision: str = "ieee") -> None:
        self.num_processors = num_processors
        self.precision = precision

    def forward(self, layout: Layout, operands: Operands, *, keep: bool) -> History:
        """The history of a sequence, for a backward if `keep`."""
        history = History.start(layout, operands, None, keep=keep)
        launcher, size = self.launcher(layout, operands), operands.hidden.shape[1]
        arguments: dict[str, Any] = {
            "sizes": (layout.batch, size, operands.inputs.shape[1]),
            "operands": names.Operands(
                operands.inputs.contiguous(),
                interleaved(operands.input_weight),
                operands.context.contiguous(),
                interleaved(operands.recurrent_weight),
            ),
            "history": names.History(history.hiddens, history.cells, history.gates),
            "is_kept": keep,
        }
        num_steps = len(layout.active)
        if operands.norm:
            arguments["norm"] = names.Norm._make((*operands.norm, LAYER_NORM_EPSILON))
            arguments |= pairs_of(launcher, layout, operands.inputs)
            launcher.run(layer_norm_forward, 3 * num_steps, **arguments)
        else:
            launcher.run(lstm_forward, num_steps, **arguments)
        return history

    def backward(
        self, layout: Layout, operands: Operands, history: History, flow: Flow
    ) -> TritonBackward:
        """The backward pass over the steps of a history."""
        return TritonBackward(self, layout, operands, history, flow)

    def launcher(self, layout: Layout, operands: Operands) -> Launcher:
        """The launcher of a sequence's kernels."""
        inputs, size = operands.inputs, operands.hidden.shape[1]
        dropout, processors = operands.dropout, self.num_processors
        return Launcher(layout, size, inputs.device, dropout, processors, self.precision)


class TritonBackward:
    """The derivative of `TritonEngine.forward`; for the arguments see `Engine.backward`."""

    def __init__(
        self,
        engine: TritonEngine,
        layout: Layout,
        operands: Operands,
        history: History,
        flow: Flow,
    ) -> None:
        self.layout, self.norm, self.flow = layout, operands.norm, flow
        self.launcher, self.size = engine.launcher(layout, operands), operands.hidden.shape[1]
        kept: tuple[Tensor, ...] = names.Kept(history.cells, history.gates)
        self.d_norm = history.cells.new_zeros(self.launcher.grid.row_blocks, 10 * self.size)
        self.arguments: dict[str, Any] = {}
        if self.norm:
            moments = moments_of(history.gates, history.cells[layout.batch :])
            kept = names.KeptNorm(history.cells, history.gates, moments)
            self.arguments = {"norm": names.NormGradient._make((*self.norm, self.d_norm))}
            self.arguments |= pairs_of(self.launcher, layout, operands.inputs)
        self.arguments |= {
            "history": kept,
            "recurrent_weight": operands.recurrent_weight.contiguous(),
            "has_outputs": flow.outputs is not None,
        }

    def run(self, first: int, stop: int, d_gates: Tensor) -> None:
        """Carries gradients through the steps from `stop - 1` to `first`."""
        flow = self.flow
        # Without them, any pointer will do: it is not read.
        outputs = flow.hidden if flow.outputs is None else flow.outputs
        self.launcher.run(
            layer_norm_backward if self.norm else lstm_backward,
            (4 if self.norm else 2) * (stop - first),
            **self.arguments,
            last_step=stop - 1,
            base=self.layout.past(first).start,
            sizes=(self.layout.batch, self.size, d_gates.stride(0)),
            flow=names.Flow(outputs, flow.hidden, flow.cell, flow.context, d_gates, self.size),
        )

    def norm_gradients(self) -> tuple[Tensor, ...]:
        """The gradients of `Operands.norm` over all steps run."""
        if not self.norm:
            return ()
        return torch.split(self.d_norm.sum(dim=0), [len(part) for part in self.norm])


def interleaved(weight: Tensor) -> Tensor:
    """A weight `(K, 4H)` as `(K, H, 4)`: the four gates of a unit side by side."""
    gates: Tensor = weight.unflatten(1, (4, -1))
    return gates.transpose(1, 2).contiguous()


def pairs_of(launcher: Launcher, layout: Layout, like: Tensor) -> dict[str, Any]:
    """A buffer in which programs share the moments of their units, of the dtype of `like`."""
    blocks = launcher.grid.unit_blocks
    return {
        "pairs": like.new_empty(5, blocks, layout.batch, 2),
        "blocks": triton.next_power_of_2(blocks),
    }


def moments_of(gates: Tensor, cells: Tensor) -> Tensor:
    """The mean and 1 / sigma `(P, 5, 2)` of the gates and of the cell after every step."""
    of_gates = torch.var_mean(gates.unflatten(1, (4, -1)), dim=2, correction=0)
    of_cells = torch.var_mean(cells.unsqueeze(1), dim=2, correction=0)
    variance, mean = (torch.cat(both, dim=1) for both in zip(of_gates, of_cells, strict=True))
    scale = torch.rsqrt(variance + LAYER_NORM_EPSILON)
    return torch.stack([mean, scale], dim=2)
