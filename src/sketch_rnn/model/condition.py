"""The condition of drawings, z and label: a value passed through training and drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from sketch_rnn.config import ModelConfig


class ConditionSizes(NamedTuple):
    """The lengths of a condition's vectors, 0 for those that a model does not take."""

    z: int
    label: int

    @classmethod
    def of(cls, config: ModelConfig) -> ConditionSizes:
        """The sizes of a model's conditions."""
        return cls(
            z=config.z_size if config.conditional else 0,
            label=config.label_size if config.num_labels else 0,
        )


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
        if len({len(part) for part in self._parts().values()}) > 1:
            shapes = {name: tuple(part.shape) for name, part in self._parts().items()}
            raise ValueError(f"a condition of different numbers of drawings: {shapes}")

    @property
    def rows(self) -> int:
        """The number of drawings, B; 1 for the empty condition, which all drawings share."""
        return next((len(part) for part in self._parts().values()), 1)

    @classmethod
    def concatenate(cls, conditions: Sequence[Condition]) -> Condition:
        """The condition of the drawings of all of these, which have the same parts."""
        names = conditions[0]._parts()
        parts = {name: [one._parts()[name] for one in conditions] for name in names}
        return cls(**{name: torch.cat(rows) for name, rows in parts.items()})

    def with_z(self, z: Tensor | None) -> Condition:
        """The condition with these latent vectors; a single row is shared by all drawings."""
        if z is None:
            return replace(self, z=None)
        rows = max(self.rows, len(z))
        return replace(self.expanded(rows), z=_expanded(z, rows))

    def expanded(self, rows: int) -> Condition:
        """The condition of `rows` drawings that share this one, or the condition itself."""
        return self._each(lambda part: _expanded(part, rows))

    def with_unlabelled(self) -> Condition:
        """The condition of each drawing, followed by the same without its label, if it has one."""
        doubled = self._each(lambda part: part.repeat_interleave(2, dim=0))
        if self.label is None:
            return doubled
        labels = torch.stack([self.label, torch.zeros_like(self.label)], dim=1).flatten(0, 1)
        return replace(doubled, label=labels)

    def select(self, rows: slice) -> Condition:
        """The condition of some of the drawings, or the one that all share."""
        return self if self.rows == 1 else self._each(lambda part: part[rows])

    def to(self, device: torch.device) -> Condition:
        """The condition on `device`."""
        return self._each(lambda part: part.to(device))

    def vectors(self, sizes: ConditionSizes) -> Tensor | None:
        """`[z, label]` side by side, `(B, Z + L)`, zeros for a missing one; None if all miss."""
        parts = self._parts()
        wanted = {name: size for name, size in sizes._asdict().items() if size}
        if not parts or not wanted:
            return None
        like = next(iter(parts.values()))
        found = [
            parts[name] if name in parts else like.new_zeros(len(like), size)
            for name, size in wanted.items()
        ]
        return torch.cat(found, dim=1)

    def _parts(self) -> dict[str, Tensor]:
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: part for name, part in parts.items() if part is not None}

    def _each(self, change: Callable[[Tensor], Tensor]) -> Condition:
        return replace(self, **{name: change(part) for name, part in self._parts().items()})


UNCONDITIONAL: Final = Condition()


def _expanded(part: Tensor, rows: int) -> Tensor:
    return part.expand(rows, -1) if len(part) == 1 else part


def label_rows(vectors: Tensor, numbers: Tensor) -> Tensor:
    """The label vector of each drawing, `(B, L)`; zero where the number is -1, for no label.

    Args:
        vectors: `(num_labels, L)` learned vectors.
        numbers: `(B,)` class numbers, or -1.
    """
    rows = functional.embedding(numbers.clamp_min(0), vectors)
    return rows * (numbers >= 0).unsqueeze(1)
