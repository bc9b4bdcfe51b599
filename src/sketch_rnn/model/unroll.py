"""A recurrent cell run over a ragged batch of sequences."""

from __future__ import annotations

import torch
from torch import Tensor

from sketch_rnn.model.backends import AUTO, candidates
from sketch_rnn.model.cells.cell import Cell, Context, State
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.packing import Packing


def select_rows(state: State, rows: Tensor | slice) -> State:
    """The chosen rows of every part of a state or context."""
    return tuple(part[rows] for part in state)


def unroll(
    cell: Cell,
    inputs: Tensor,
    packing: Packing,
    context: Context,
    state: State,
    dropout: Dropout | None,
    backend: str = AUTO,
) -> tuple[Tensor, State]:
    """The cell's outputs at every step and its state after each sequence's last step.

    Args:
        cell: the cell.
        inputs: `(P, D)` packed inputs.
        packing: their layout.
        context: the cell's context of the batch, in batch order.
        state: the state before the first step, in batch order.
        dropout: of the candidate updates, `(P, hidden)` packed, or None.
        backend: the name of a backend; `unroll_plain` runs cells that it does not support.

    Returns:
        `(P, hidden)` packed outputs, and the final state in batch order.
    """
    state = select_rows(state, packing.order)
    context = select_rows(context, packing.order)
    fast = next((each for each in candidates(backend) if each.supports(cell, inputs)), None)
    run = unroll_plain if fast is None else fast.unroll
    outputs, state = run(cell, inputs, packing.active, context, state, dropout)
    return outputs, select_rows(state, packing.inverse)


def unroll_plain(
    cell: Cell,
    inputs: Tensor,
    active: tuple[int, ...],
    context: Context,
    state: State,
    dropout: Dropout | None,
) -> tuple[Tensor, State]:
    """The same as `unroll`, step by step, with the batch in packed order.

    Args:
        cell: the cell.
        inputs: `(P, D)` packed inputs.
        active: number of running sequences at each step.
        context: the cell's context of the batch, longest sequence first.
        state: the state before the first step, longest sequence first.
        dropout: of the candidate updates, `(P, hidden)` packed, or None.
    """
    outputs: list[Tensor] = []
    finished: list[State] = []
    start = 0
    running = active[0]
    for count in active:
        if count < running:
            finished.append(select_rows(state, slice(count, running)))
            state = select_rows(state, slice(count))
            context = select_rows(context, slice(count))
            running = count
        rows = slice(start, start + count)
        mask = None if dropout is None else dropout.factors(rows, inputs.dtype)
        state = cell.step(inputs[rows], context, state, mask)
        outputs.append(cell.output(state))
        start += count
    # The sequences that end last come first in the packed order.
    finished.append(state)
    final = tuple(torch.cat(parts) for parts in zip(*reversed(finished), strict=True))
    return torch.cat(outputs), final
