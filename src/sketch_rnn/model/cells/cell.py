"""The interface of recurrent cells, and functions that several of them share.

All gated cells have their gates in the order i, j, f, o and add the forget bias outside the
weights. Weights are stored `(inputs, outputs)`, the four gates side by side. A cell's input has a
part that changes every step (the stroke) and a part that does not (z and the label's vector); the
second enters once a sequence, as the `context`. State is a tuple of `(B, size)` tensors, passed in
and returned.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Final

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]
Context = tuple[Tensor, ...]

FORGET_BIAS: Final = 1.0


class Cell(nn.Module):
    """The interface of a cell; subclasses list the parts of their state in vector order.

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
        """The terms of the gates that stay the same at every step.

        Args:
            static: `(B, S)`, the trailing columns of the cell's input; None for zeros.
            batch: B.
        """

    @abstractmethod
    def step(self, inputs: Tensor, context: Context, state: State, mask: Tensor | None) -> State:
        """The state after one step.

        Args:
            inputs: `(B, D)`, the leading columns of the cell's input.
            context: what `context` returned.
            state: the state before.
            mask: `(B, hidden)` scaled recurrent dropout of the candidate update, or None.
        """

    @property
    def state_size(self) -> int:
        """The length of the state as one vector."""
        return sum(self.state_sizes)

    def output(self, state: State) -> Tensor:
        """The hidden output `(B, hidden)` within a state."""
        return state[self.output_part]

    def zero_state(self, batch: int) -> State:
        """The all-zero state of `batch` rows."""
        like = next(self.parameters())
        return tuple(like.new_zeros(batch, size) for size in self.state_sizes)

    def split_state(self, vector: Tensor) -> State:
        """The state held in one vector `(B, state_size)`."""
        return torch.split(vector, list(self.state_sizes), dim=1)


def update_cell(gates: Tensor, cell: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """The new cell and the opened output gate.

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


def projection(static: Tensor | None, weight: Tensor, batch: int) -> Tensor:
    """`static` times the last rows of `weight`, or zeros without `static`."""
    if static is None:
        return weight.new_zeros(1, weight.shape[1]).expand(batch, -1)
    return torch.mm(static, weight[-static.shape[1] :])
