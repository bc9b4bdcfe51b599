"""The condition of drawings, z and label: a value passed through training and drawing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, eq=False)
class Condition:
    """The condition of B drawings.

    Labels are vectors here: names and numbers become vectors at the boundary, so that they can be
    blended.

    Attributes:
        z: `(B, Z)` latent vectors, None for a decoder-only model.
        label: `(B, L)` label vectors, None without labels, which a class-conditional model takes
            as zero vectors: drawings of an unspecified class.
    """

    z: Tensor | None = None
    label: Tensor | None = None

    def __post_init__(self) -> None:
        if self.z is not None and self.label is not None and len(self.z) != len(self.label):
            raise ValueError(f"{len(self.z)} latent vectors with {len(self.label)} label vectors")

    @property
    def rows(self) -> int:
        """The number of drawings, B; 1 for the empty condition, which all drawings share."""
        parts = [part for part in (self.z, self.label) if part is not None]
        return len(parts[0]) if parts else 1

    @classmethod
    def of(cls, z: Tensor | None, label: Tensor | None) -> Condition:
        """The condition of these vectors; a single row is shared by all drawings."""
        rows = max((len(part) for part in (z, label) if part is not None), default=1)
        return cls(_expanded(z, rows), _expanded(label, rows))

    def expanded(self, rows: int) -> Condition:
        """The condition of `rows` drawings that share this one, or the condition itself."""
        return Condition(_expanded(self.z, rows), _expanded(self.label, rows))

    def to(self, device: torch.device) -> Condition:
        """The condition on `device`."""
        z = None if self.z is None else self.z.to(device)
        return Condition(z, None if self.label is None else self.label.to(device))

    def vectors(self, label_size: int) -> Tensor | None:
        """`[z, label]` side by side, `(B, Z + L)`; None if all would be zero.

        Args:
            label_size: L of the model, for z without a label.
        """
        if self.z is None:
            return self.label
        if not label_size:
            return self.z
        label = self.z.new_zeros(len(self.z), label_size) if self.label is None else self.label
        return torch.cat([self.z, label], dim=1)


def _expanded(part: Tensor | None, rows: int) -> Tensor | None:
    return part.expand(rows, -1) if part is not None and len(part) == 1 else part


def label_rows(vectors: Tensor, numbers: Tensor) -> Tensor:
    """The label vector of each drawing, `(B, L)`; zero where the number is -1, for no label.

    Args:
        vectors: `(num_labels, L)` learned vectors.
        numbers: `(B,)` class numbers, or -1.
    """
    rows = functional.embedding(numbers.clamp_min(0), vectors)
    return rows * (numbers >= 0).unsqueeze(1)
