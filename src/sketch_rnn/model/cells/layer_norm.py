"""The layer-normalised LSTM cell."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from sketch_rnn.model.cells.cell import (
    Cell,
    Context,
    State,
    glorot_uniform_,
    orthogonal_per_gate_,
    projection,
    update_cell,
)

LAYER_NORM_EPSILON: Final = 1e-3


class GroupedLayerNorm(nn.Module):
    """Layer normalisation of consecutive groups of units, each on its own (arXiv:1607.06450)."""

    def __init__(self, num_groups: int, size: int) -> None:
        super().__init__()
        self.shape = (num_groups, size)
        self.weight = nn.Parameter(torch.ones(num_groups * size))
        self.bias = nn.Parameter(torch.zeros(num_groups * size))

    def forward(self, values: Tensor) -> Tensor:
        """`values` `(B, groups * size)` normalised, scaled and shifted."""
        grouped = values.unflatten(1, self.shape)
        normal = functional.layer_norm(grouped, self.shape[1:], eps=LAYER_NORM_EPSILON)
        return torch.addcmul(self.bias, normal.flatten(1), self.weight)


class LayerNormLSTMCell(Cell):
    """The LSTM whose gates and output are layer-normalised; it has no bias."""

    output_part = 0

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.state_sizes = (hidden_size, hidden_size)  # hidden, cell
        self.input_weight = nn.Parameter(torch.empty(input_size, 4 * hidden_size))
        self.recurrent_weight = nn.Parameter(torch.empty(hidden_size, 4 * hidden_size))
        self.gate_norm = GroupedLayerNorm(4, hidden_size)
        self.cell_norm = GroupedLayerNorm(1, hidden_size)

    def reset_parameters(self, generator: torch.Generator | None) -> None:
        """Draws Glorot-uniform input weights and orthogonal recurrent ones."""
        glorot_uniform_(self.input_weight, generator)
        orthogonal_per_gate_(self.recurrent_weight, generator)

    def context(self, static: Tensor | None, batch: int) -> Context:
        """The projection of `static`, `(B, 4 * hidden)`."""
        return (projection(static, self.input_weight, batch),)

    def step(self, inputs: Tensor, context: Context, state: State, mask: Tensor | None) -> State:
        """The state (hidden, cell) after one step; the cell is not normalised."""
        hidden, cell = state
        gates = torch.addmm(context[0], inputs, self.input_weight[: inputs.shape[1]])
        gates = torch.addmm(gates, hidden, self.recurrent_weight)
        cell, out = update_cell(self.gate_norm(gates), cell, mask)
        return torch.tanh(self.cell_norm(cell)) * out, cell
