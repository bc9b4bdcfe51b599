"""The plain LSTM cell."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sketch_rnn.model.cells.cell import (
    Cell,
    Context,
    State,
    glorot_uniform_,
    orthogonal_per_gate_,
    update_cell,
)


class LSTMCell(Cell):
    """The plain LSTM with recurrent dropout without memory loss (arXiv:1603.05118)."""

    output_part = 1

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.state_sizes = (hidden_size, hidden_size)  # cell, hidden
        self.input_weight = nn.Parameter(torch.empty(input_size, 4 * hidden_size))
        self.recurrent_weight = nn.Parameter(torch.empty(hidden_size, 4 * hidden_size))
        self.bias = nn.Parameter(torch.empty(4 * hidden_size))

    def reset_parameters(self, generator: torch.Generator | None) -> None:
        """Draws Glorot-uniform input weights and orthogonal recurrent ones; biases are zero."""
        glorot_uniform_(self.input_weight, generator)
        orthogonal_per_gate_(self.recurrent_weight, generator)
        nn.init.zeros_(self.bias)

    def context(self, static: Tensor | None, batch: int) -> Context:
        """The bias plus the projection of `static`, `(B, 4 * hidden)`."""
        if static is None:
            return (self.bias.expand(batch, -1),)
        return (torch.addmm(self.bias, static, self.input_weight[-static.shape[1] :]),)

    def step(self, inputs: Tensor, context: Context, state: State, mask: Tensor | None) -> State:
        """The state (cell, hidden) after one step."""
        cell, hidden = state
        gates = torch.addmm(context[0], inputs, self.input_weight[: inputs.shape[1]])
        gates = torch.addmm(gates, hidden, self.recurrent_weight)
        cell, out = update_cell(gates, cell, mask)
        return cell, torch.tanh(cell) * out
