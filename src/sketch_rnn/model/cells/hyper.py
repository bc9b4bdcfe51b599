"""The HyperLSTM cell: a small LSTM scales and shifts the gates of a large one."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from sketch_rnn.model.cells.cell import (
    Cell,
    Context,
    State,
    glorot_uniform_,
    orthogonal_per_gate_,
    projection,
    update_cell,
)
from sketch_rnn.model.cells.layer_norm import GroupedLayerNorm, LayerNormLSTMCell

HYPER_SIZE: Final = 256
HYPER_EMBEDDING_SIZE: Final = 32


class HyperLSTMCell(Cell):
    """The HyperLSTM (arXiv:1609.09106).

    The small cell reads the input and the large cell's hidden output. Per gate, its own output
    gives a factor on the input's part, a factor on the recurrent part, and a shift.
    """

    output_part = 0

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.state_sizes = (hidden_size, HYPER_SIZE, hidden_size, HYPER_SIZE)
        self.input_weight = nn.Parameter(torch.empty(input_size, 4 * hidden_size))
        self.recurrent_weight = nn.Parameter(torch.empty(hidden_size, 4 * hidden_size))
        self.bias = nn.Parameter(torch.empty(4 * hidden_size))
        self.inner = LayerNormLSTMCell(input_size + hidden_size, HYPER_SIZE)
        embedding = HYPER_EMBEDDING_SIZE
        # Eight factors: gates i, j, f, o of the input's part, then of the recurrent part.
        self.factor_embedding = nn.Linear(HYPER_SIZE, 8 * embedding)
        self.factor_weight = nn.Parameter(torch.empty(8, embedding, hidden_size))
        self.shift_embedding = nn.Linear(HYPER_SIZE, 4 * embedding, bias=False)
        self.shift_weight = nn.Parameter(torch.empty(4, embedding, hidden_size))
        self.gate_norm = GroupedLayerNorm(4, hidden_size)
        self.cell_norm = GroupedLayerNorm(1, hidden_size)

    def reset_parameters(self, generator: torch.Generator | None) -> None:
        """Draws weights that start with every factor at 0.1 and every shift at zero."""
        glorot_uniform_(self.input_weight, generator)
        orthogonal_per_gate_(self.recurrent_weight, generator)
        nn.init.zeros_(self.bias)
        self.inner.reset_parameters(generator)
        nn.init.zeros_(self.factor_embedding.weight)
        nn.init.ones_(self.factor_embedding.bias)
        nn.init.constant_(self.factor_weight, 0.1 / HYPER_EMBEDDING_SIZE)
        nn.init.normal_(self.shift_embedding.weight, std=0.01, generator=generator)
        nn.init.zeros_(self.shift_weight)

    def context(self, static: Tensor | None, batch: int) -> Context:
        """The projections of `static` for the large and for the small cell."""
        inner_weight = self.inner.input_weight[: self.input_size]
        return (
            projection(static, self.input_weight, batch),
            projection(static, inner_weight, batch),
        )

    def step(self, inputs: Tensor, context: Context, state: State, mask: Tensor | None) -> State:
        """The state (hidden, inner hidden, cell, inner cell) after one step."""
        hidden, inner_hidden, cell, inner_cell = state
        from_hidden = self.inner.input_weight[self.input_size :]
        inner_context = (torch.addmm(context[1], hidden, from_hidden),)
        inner_state = (inner_hidden, inner_cell)
        inner_hidden, inner_cell = self.inner.step(inputs, inner_context, inner_state, None)

        from_inputs = torch.addmm(context[0], inputs, self.input_weight[: inputs.shape[1]])
        recurrent = torch.mm(hidden, self.recurrent_weight)
        input_factor, recurrent_factor, shift = self._modulation(inner_hidden)
        gates = input_factor * from_inputs + recurrent_factor * recurrent + shift + self.bias
        cell, out = update_cell(self.gate_norm(gates), cell, mask)
        return torch.tanh(self.cell_norm(cell)) * out, inner_hidden, cell, inner_cell

    def _modulation(self, inner_hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The two factors and the shift of the gates, each `(B, 4 * hidden)`."""
        factors = _expand(self.factor_embedding(inner_hidden), self.factor_weight)
        shift = _expand(self.shift_embedding(inner_hidden), self.shift_weight)
        input_factor, recurrent_factor = factors.chunk(2, dim=1)
        return input_factor, recurrent_factor, shift


def _expand(embeddings: Tensor, weight: Tensor) -> Tensor:
    """Each group's embedding `(B, G * E)` times its weight `(G, E, H)`: `(B, G * H)`."""
    groups = embeddings.unflatten(1, weight.shape[:2]).transpose(0, 1)
    return torch.bmm(groups, weight).transpose(0, 1).flatten(1)
