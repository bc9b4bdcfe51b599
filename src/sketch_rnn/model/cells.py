"""The recurrent cells: lstm, layer_norm and hyper, behind one interface.

All have gates in the order i, j, f, o and add the forget bias outside the weights. Weights are
stored `(inputs, outputs)`, the four gates side by side. A cell's input has a part that changes
every step (the stroke) and a part that does not (z); the second enters once a sequence, as the
`context`. State is a tuple of `(B, size)` tensors, passed in and returned.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from sketch_rnn.config import CellName

State = tuple[Tensor, ...]
Context = tuple[Tensor, ...]

FORGET_BIAS: Final = 1.0
LAYER_NORM_EPSILON: Final = 1e-3
HYPER_SIZE: Final = 256
HYPER_EMBEDDING_SIZE: Final = 32


class Cell(nn.Module):
    """What every cell offers; subclasses name the parts of their state in vector order.

    Attributes:
        state_sizes: the size of each part of the state.
        output_part: which part is the hidden output.
    """

    state_sizes: tuple[int, ...]
    output_part: int

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size

    @abstractmethod
    def reset_parameters(self, generator: torch.Generator | None) -> None:
        """Draws the original's starting weights."""

    @abstractmethod
    def context(self, static: Tensor | None, batch: int) -> Context:
        """Returns the terms of the gates that stay the same at every step.

        Args:
            static: `(B, S)`, the trailing columns of the cell's input; None where there are none.
            batch: B.
        """

    @abstractmethod
    def step(self, inputs: Tensor, context: Context, state: State, mask: Tensor | None) -> State:
        """Returns the state after one step.

        Args:
            inputs: `(B, D)`, the leading columns of the cell's input.
            context: what `context` returned.
            state: the state before.
            mask: `(B, hidden)` scaled recurrent dropout of the candidate update, or None.
        """

    @property
    def state_size(self) -> int:
        """Returns the length of the state as one vector."""
        return sum(self.state_sizes)

    def output(self, state: State) -> Tensor:
        """Returns the hidden output `(B, hidden)` within a state."""
        return state[self.output_part]

    def zero_state(self, batch: int) -> State:
        """Returns the all-zero state of `batch` rows."""
        like = next(self.parameters())
        return tuple(like.new_zeros(batch, size) for size in self.state_sizes)

    def split_state(self, vector: Tensor) -> State:
        """Returns the state held in one vector `(B, state_size)`."""
        return torch.split(vector, list(self.state_sizes), dim=1)


class GroupedLayerNorm(nn.Module):
    """Layer normalisation of consecutive groups of units, each on its own (arXiv:1607.06450)."""

    def __init__(self, num_groups: int, size: int) -> None:
        super().__init__()
        self.shape = (num_groups, size)
        self.weight = nn.Parameter(torch.ones(num_groups * size))
        self.bias = nn.Parameter(torch.zeros(num_groups * size))

    def forward(self, values: Tensor) -> Tensor:
        """Returns `values` `(B, groups * size)` normalised, scaled and shifted."""
        grouped = values.unflatten(1, self.shape)
        normal = functional.layer_norm(grouped, self.shape[1:], eps=LAYER_NORM_EPSILON)
        return torch.addcmul(self.bias, normal.flatten(1), self.weight)


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
        """Returns the bias plus the projection of `static`, `(B, 4 * hidden)`."""
        if static is None:
            return (self.bias.expand(batch, -1),)
        return (torch.addmm(self.bias, static, self.input_weight[-static.shape[1] :]),)

    def step(self, inputs: Tensor, context: Context, state: State, mask: Tensor | None) -> State:
        """Returns (cell, hidden) after one step."""
        cell, hidden = state
        gates = torch.addmm(context[0], inputs, self.input_weight[: inputs.shape[1]])
        gates = torch.addmm(gates, hidden, self.recurrent_weight)
        cell, out = update_cell(gates, cell, mask)
        return cell, torch.tanh(cell) * out


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
        """Returns the projection of `static`, `(B, 4 * hidden)`."""
        return (_projection(static, self.input_weight, batch),)

    def step(self, inputs: Tensor, context: Context, state: State, mask: Tensor | None) -> State:
        """Returns (hidden, cell) after one step; the cell is kept un-normalised."""
        hidden, cell = state
        gates = torch.addmm(context[0], inputs, self.input_weight[: inputs.shape[1]])
        gates = torch.addmm(gates, hidden, self.recurrent_weight)
        cell, out = update_cell(self.gate_norm(gates), cell, mask)
        return torch.tanh(self.cell_norm(cell)) * out, cell


class HyperLSTMCell(Cell):
    """The HyperLSTM: a small LSTM scales and shifts the gates of a large one (arXiv:1609.09106).

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
        """Returns the projections of `static` for the large and for the small cell."""
        inner_weight = self.inner.input_weight[: self.input_size]
        return (
            _projection(static, self.input_weight, batch),
            _projection(static, inner_weight, batch),
        )

    def step(self, inputs: Tensor, context: Context, state: State, mask: Tensor | None) -> State:
        """Returns (hidden, inner hidden, cell, inner cell) after one step."""
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
        """Returns the two factors and the shift of the gates, each `(B, 4 * hidden)`."""
        factors = _expand(self.factor_embedding(inner_hidden), self.factor_weight)
        shift = _expand(self.shift_embedding(inner_hidden), self.shift_weight)
        input_factor, recurrent_factor = factors.chunk(2, dim=1)
        return input_factor, recurrent_factor, shift


CELLS: Final[dict[CellName, type[Cell]]] = {
    "lstm": LSTMCell,
    "layer_norm": LayerNormLSTMCell,
    "hyper": HyperLSTMCell,
}


def update_cell(gates: Tensor, cell: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Returns the new cell and the opened output gate.

    Only the candidate is dropped, so the cell keeps its memory (arXiv:1603.05118).
    """
    write, candidate, forget, out = gates.chunk(4, dim=1)
    candidate = torch.tanh(candidate)
    if mask is not None:
        candidate = candidate * mask
    kept = cell * torch.sigmoid(forget + FORGET_BIAS)
    return torch.addcmul(kept, torch.sigmoid(write), candidate), torch.sigmoid(out)


def glorot_uniform_(weight: Tensor, generator: torch.Generator | None) -> None:
    """Fills `weight` from U(-a, a), a = sqrt(6 / (fan_in + fan_out)); a vector has both fans."""
    bound = math.sqrt(6 / (weight.shape[0] + weight.shape[-1]))
    nn.init.uniform_(weight, -bound, bound, generator=generator)


def orthogonal_per_gate_(weight: Tensor, generator: torch.Generator | None) -> None:
    """Fills each gate's square block of a recurrent weight with an orthogonal matrix."""
    for gate in weight.chunk(4, dim=1):
        nn.init.orthogonal_(gate, generator=generator)


def _projection(static: Tensor | None, weight: Tensor, batch: int) -> Tensor:
    """Returns `static` times the last rows of `weight`, or zeros without `static`."""
    if static is None:
        return weight.new_zeros(1, weight.shape[1]).expand(batch, -1)
    return torch.mm(static, weight[-static.shape[1] :])


def _expand(embeddings: Tensor, weight: Tensor) -> Tensor:
    """Returns each group's embedding `(B, G * E)` times its weight `(G, E, H)`: `(B, G * H)`."""
    groups = embeddings.unflatten(1, weight.shape[:2]).transpose(0, 1)
    return torch.bmm(groups, weight).transpose(0, 1).flatten(1)
