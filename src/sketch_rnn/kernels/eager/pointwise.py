"""The operations of a fused cell's step between two matrix products, and their derivative."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from sketch_rnn.model.cells.cell import FORGET_BIAS
from sketch_rnn.model.cells.layer_norm import LAYER_NORM_EPSILON

aten = torch.ops.aten


class StepForward(NamedTuple):
    """The `a` rows that one step reads and writes.

    Attributes:
        gates: `(a, 4H)` pre-activations; afterwards the values that `backward` needs.
        mask: `(a, H)` or None.
        before: `(a, H)` the cell before the step.
        after: `(a, H)` the cell after the step, written; may be `before` itself.
        hidden: `(a, H)` the output, written.
    """

    gates: Tensor
    mask: Tensor | None
    before: Tensor
    after: Tensor
    hidden: Tensor


class StepBackward(NamedTuple):
    """The rows that the backward of one step reads and writes.

    Attributes:
        gates: as left by `forward`.
        mask: as in the forward step.
        before: the cell before the step.
        after: the cell after the step.
        d_hidden: gradient of the output; overwritten.
        d_cell: gradient of the cell after the step; becomes that of the cell before it.
        d_gates: `(a, 4H)` gradient of the pre-activations, written.
    """

    gates: Tensor
    mask: Tensor | None
    before: Tensor
    after: Tensor
    d_hidden: Tensor
    d_cell: Tensor
    d_gates: Tensor


class Pointwise(Protocol):
    """The part of a cell that differs between cells."""

    def forward(self, step: StepForward) -> None:
        """Writes the cell and output of one step."""

    def backward(self, step: StepBackward) -> None:
        """Writes the gradients of one step."""

    def gradients(self) -> tuple[Tensor, ...]:
        """The gradients of the cell's own parameters over all steps so far."""


def activate_(gates: Tensor) -> None:
    """Opens the gates i, j, f, o in place."""
    size = gates.shape[1] // 4
    write, candidate, keep, out = gates.split(size, dim=1)
    write.sigmoid_()
    candidate.tanh_()
    keep.add_(FORGET_BIAS).sigmoid_()
    out.sigmoid_()


def update_(opened: Tensor, step: StepForward) -> None:
    """Writes the cell after the step from opened gates."""
    write, candidate, keep, _ = opened.chunk(4, dim=1)
    written = write * candidate
    if step.mask is not None:
        written.mul_(step.mask)
    torch.mul(step.before, keep, out=step.after).add_(written)


def differentiate_(opened: Tensor, step: StepBackward, d_out: Tensor, d_gates: Tensor) -> None:
    """Writes the gradient of the pre-activations and moves `d_cell` to the cell before.

    Args:
        opened: the gates as `activate_` left them.
        step: its `d_cell` already holds all of the gradient of the cell after the step.
        d_out: gradient of the opened output gate.
        d_gates: written.
    """
    write, candidate, keep, out = opened.chunk(4, dim=1)
    d_write, d_candidate, d_keep, d_output = d_gates.chunk(4, dim=1)
    aten.sigmoid_backward(d_out, out, grad_input=d_output)
    aten.sigmoid_backward(step.d_cell * step.before, keep, grad_input=d_keep)
    d_written = step.d_cell if step.mask is None else step.d_cell * step.mask
    aten.sigmoid_backward(d_written * candidate, write, grad_input=d_write)
    aten.tanh_backward(d_written * write, candidate, grad_input=d_candidate)
    step.d_cell.mul_(keep)


class LSTMPointwise:
    """The step of `LSTMCell`; leaves the opened gates in `gates`."""

    def forward(self, step: StepForward) -> None:
        """Writes the cell and output of one step."""
        activate_(step.gates)
        update_(step.gates, step)
        out = step.gates.chunk(4, dim=1)[3]
        torch.tanh(step.after, out=step.hidden).mul_(out)

    def backward(self, step: StepBackward) -> None:
        """Writes the gradients of one step."""
        out = step.gates.chunk(4, dim=1)[3]
        squashed = torch.tanh(step.after)
        d_out = step.d_hidden * squashed
        step.d_cell.add_(aten.tanh_backward(step.d_hidden.mul_(out), squashed))
        differentiate_(step.gates, step, d_out, step.d_gates)

    def gradients(self) -> tuple[Tensor, ...]:
        """Empty: every parameter enters through a product or the context."""
        return ()


class LayerNormPointwise:
    """The step of `LayerNormLSTMCell`; leaves the pre-activations in `gates`.

    Args:
        gate_weight: `(4H,)` gains of the gates.
        gate_bias: `(4H,)` shifts of the gates.
        cell_weight: `(H,)` gain of the cell.
        cell_bias: `(H,)` shift of the cell.
    """

    def __init__(
        self, gate_weight: Tensor, gate_bias: Tensor, cell_weight: Tensor, cell_bias: Tensor
    ) -> None:
        self.weights = gate_weight, cell_weight
        self.biases = gate_bias, cell_bias
        self.d_weights = torch.zeros_like(gate_weight), torch.zeros_like(cell_weight)
        self.d_biases = torch.zeros_like(gate_bias), torch.zeros_like(cell_bias)

    def forward(self, step: StepForward) -> None:
        """Writes the cell and output of one step."""
        opened = self._shifted(_normalised(step.gates, 4)[0], 0)
        activate_(opened)
        update_(opened, step)
        out = opened.chunk(4, dim=1)[3]
        squashed = self._shifted(_normalised(step.after, 1)[0], 1).tanh_()
        torch.mul(squashed, out, out=step.hidden)

    def backward(self, step: StepBackward) -> None:
        """Writes the gradients of one step."""
        normal, gate_scale = _normalised(step.gates, 4)
        opened = self._shifted(normal, 0)
        activate_(opened)
        out = opened.chunk(4, dim=1)[3]
        normal_cell, cell_scale = _normalised(step.after, 1)
        squashed = self._shifted(normal_cell, 1).tanh_()
        d_out = step.d_hidden * squashed
        d_squashed = aten.tanh_backward(step.d_hidden.mul_(out), squashed)
        step.d_cell.add_(self._norm_backward(d_squashed, normal_cell, cell_scale, 1))
        d_opened = torch.empty_like(opened)
        differentiate_(opened, step, d_out, d_opened)
        step.d_gates.copy_(self._norm_backward(d_opened, normal, gate_scale, 0))

    def gradients(self) -> tuple[Tensor, ...]:
        """The parameters' gradients, in the order of the arguments."""
        return self.d_weights[0], self.d_biases[0], self.d_weights[1], self.d_biases[1]

    def _shifted(self, normal: Tensor, which: int) -> Tensor:
        return torch.addcmul(self.biases[which], normal, self.weights[which])

    def _norm_backward(self, grad: Tensor, normal: Tensor, scale: Tensor, which: int) -> Tensor:
        """The gradient before normalisation; adds to the sums of the parameters' gradients."""
        self.d_biases[which].add_(grad.sum(dim=0))
        projected = grad * normal
        self.d_weights[which].add_(projected.sum(dim=0))
        weight = self.weights[which]
        groups = (scale.shape[1], normal.shape[1] // scale.shape[1])
        projected = projected.mul_(weight).unflatten(1, groups).mean(dim=2, keepdim=True)
        grad = (grad * weight).unflatten(1, groups)
        centre = grad.mean(dim=2, keepdim=True)
        grad = grad.sub_(centre).sub_(normal.unflatten(1, groups) * projected)
        return grad.mul_(scale).flatten(1)


def _normalised(values: Tensor, groups: int) -> tuple[Tensor, Tensor]:
    """The values `(a, groups * size)` normalised by group, and 1 / sigma `(a, groups, 1)`."""
    grouped = values.unflatten(1, (groups, -1))
    normal, _, scale = torch.native_layer_norm(
        grouped, grouped.shape[2:], None, None, LAYER_NORM_EPSILON
    )
    return normal.flatten(1), scale
