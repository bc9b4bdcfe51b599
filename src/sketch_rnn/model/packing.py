"""Ragged batches: the rows of a batch laid out step after step, without their padding."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sketch_rnn.model.transfer import moved


@dataclass(frozen=True)
class Packing:
    """The layout of a batch of sequences of different lengths, longest first.

    At step t the sequences longer than t are the first `active[t]` of `order`, so the work of a
    step shrinks as sequences end. A packed array holds step 0's rows, then step 1's, and so on:
    P = sum(lengths) rows.

    Attributes:
        order: `(B,)` batch positions, longest sequence first, ties in their given order.
        inverse: `(B,)` such that `x[order][inverse]` is `x`.
        active: number of running sequences at each step.
        index: `(P,)` step-major places in the flattened `(B * T)` padded array.
        reverse_index: the same, each sequence read from its end to its start.
    """

    order: Tensor
    inverse: Tensor
    active: tuple[int, ...]
    index: Tensor
    reverse_index: Tensor

    @classmethod
    def of(cls, lengths: Tensor, num_steps: int, device: torch.device | None = None) -> Packing:
        """The packing of sequences of `lengths` `(B,)` padded to `num_steps`.

        Args:
            lengths: whole numbers from 1 to `num_steps`, on the CPU.
            num_steps: T, the second dimension of the arrays that will be packed.
            device: where the packed arrays live.
        """
        order = torch.argsort(lengths, descending=True, stable=True)
        sorted_lengths = lengths[order]
        steps = torch.arange(num_steps)
        running = steps[:, None] < sorted_lengths  # (T, B)
        places = order * num_steps + steps[:, None]
        reverse_places = order * num_steps + (sorted_lengths - 1 - steps[:, None])
        active = running.sum(dim=1)
        return cls(
            order=moved(order, device),
            inverse=moved(torch.argsort(order), device),
            active=tuple(active[active > 0].tolist()),
            index=moved(places[running], device),
            reverse_index=moved(reverse_places[running], device),
        )

    def pack(self, padded: Tensor, *, reverse: bool = False) -> Tensor:
        """The rows `(P, ...)` of a padded array `(B, T, ...)`."""
        return padded.flatten(0, 1)[self.reverse_index if reverse else self.index]

    def unpack(self, packed: Tensor, num_steps: int) -> Tensor:
        """`(B, T, ...)` with zeros where a sequence has ended."""
        batch = len(self.order)
        padded = packed.new_zeros(batch * num_steps, *packed.shape[1:])
        flat = padded.index_copy(0, self.index, packed)
        return flat.view(batch, num_steps, *packed.shape[1:])
