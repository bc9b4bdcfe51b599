"""Sample new drawings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, Unpack

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError, expect_whole
from sketch_rnn.generate.checks import expect_model
from sketch_rnn.generate.labels import LabelLike, label_condition
from sketch_rnn.generate.loop import (
    Drawn,
    Plan,
    Task,
    checked_numbers,
    draw_batches,
    start_token,
)
from sketch_rnn.generate.options import (
    DRAWING,
    MOST_DRAWINGS,
    DrawingKeywords,
    DrawingOptions,
    drawing_options,
)
from sketch_rnn.model.condition import UNCONDITIONAL, Condition
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN


@dataclass(frozen=True, eq=False)
class Samples:
    """Drawings made by a model.

    Attributes:
        sketches: the drawings, in pixels; possibly empty ones.
        ended: `(n,)` whether the drawing finished, before the length limit.
        condition: of the n drawings, on the CPU.
        prefix_rows: number of given rows at the start of each drawing.
    """

    sketches: list[Sketch]
    ended: npt.NDArray[np.bool_]
    condition: Condition = UNCONDITIONAL
    prefix_rows: int = 0

    @property
    def z(self) -> Tensor | None:
        """The latent vectors `(n, Z)`, None for a decoder-only model."""
        return self.condition.z

    @property
    def label(self) -> Tensor | None:
        """The label vectors `(n, L)`, None for drawings without a label."""
        return self.condition.label

    def __len__(self) -> int:
        return len(self.sketches)

    def __repr__(self) -> str:
        return f"<Samples: {len(self)} drawings, {int(self.ended.sum())} finished>"

    @property
    def share_ended(self) -> float:
        """The share of drawings that finished, from 0 to 1."""
        return float(self.ended.mean())

    @property
    def num_empty(self) -> int:
        """The number of drawings that ended before their first movement."""
        return sum(len(sketch) == self.prefix_rows for sketch in self.sketches)

    @classmethod
    def concatenate(cls, parts: Sequence[Samples]) -> Self:
        """The drawings of all parts, one part after the other."""
        return cls(
            [sketch for part in parts for sketch in part.sketches],
            np.concatenate([part.ended for part in parts]),
            Condition.concatenate([part.condition for part in parts]),
            parts[0].prefix_rows,
        )


@dataclass
class Tally:
    """Counts of finished and empty drawings.

    Attributes:
        count: number of drawings.
        ended: number of drawings that finished.
        empty: number of drawings that ended before their first movement.
        cut_at: rows of the longest drawing that was cut off; 0 if all finished.
    """

    count: int = 0
    ended: int = 0
    empty: int = 0
    cut_at: int = 0

    def add(self, samples: Samples) -> None:
        """Adds these drawings."""
        self.count += len(samples)
        self.ended += int(samples.ended.sum())
        self.empty += samples.num_empty
        cut = (
            len(s) for s, ended in zip(samples.sketches, samples.ended, strict=True) if not ended
        )
        self.cut_at = max(self.cut_at, *cut, 0)

    def counting(self, parts: Iterable[Samples]) -> Iterator[tuple[Sketch, bool]]:
        """Yields each drawing and whether it finished, and counts them."""
        for part in parts:
            self.add(part)
            yield from zip(part.sketches, part.ended.tolist(), strict=True)


def sample(
    model: SketchRNN,
    count: int,
    *,
    options: DrawingOptions = DRAWING,
    z: Tensor | None = None,
    label: LabelLike | None = None,
    **keywords: Unpack[DrawingKeywords],
) -> Samples:
    """New drawings; drawing i is a function of the seed and i, not of `count`.

    Args:
        model: the model.
        count: number of drawings.
        options: how they are drawn.
        z: `(count, Z)` latent vectors, or one `(Z,)` for all; by default drawn from N(0, 1).
        label: what a class-conditional model draws: a name; several, for `count` drawings of each,
            one label after the other; or vectors `(L,)` or `(count, L)`, see `label_vectors`. By
            default no particular label.
        **keywords: fields of `DrawingOptions` in place of those of `options`: temperature, rule,
            seed, max_len, start_token, label_strength, label_candidates,
            batch_size.

    Raises:
        SketchRNNError: if an argument cannot be used.
    """
    parts = iter_samples(model, count, options=options, z=z, label=label, **keywords)
    return Samples.concatenate(list(parts))


def iter_samples(
    model: SketchRNN,
    count: int,
    *,
    options: DrawingOptions = DRAWING,
    z: Tensor | None = None,
    label: LabelLike | None = None,
    **keywords: Unpack[DrawingKeywords],
) -> Iterator[Samples]:
    """The drawings of `sample`, batch by batch, so that memory does not grow with `count`."""
    expect_model(model)
    task = sampling_task(model, count, z, label, drawing_options(options, keywords))
    return (_samples(drawn, model.profile) for drawn in draw_batches(model, task))


def sampling_task(
    model: SketchRNN,
    count: int,
    z: Tensor | None,
    label: LabelLike | None,
    options: DrawingOptions,
) -> Task:
    """The drawings that `sample` makes, see there."""
    expect_whole(count, 1, "count", MOST_DRAWINGS)
    latents = None if z is None else checked_latents(z, count, model)
    condition = label_condition(model, label, count, options)
    # With several labels, drawing i of each has the same random numbers.
    repeats = max(condition.rows // count, 1)
    if latents is not None and len(latents) > 1:
        latents = latents.repeat(repeats, 1)
    return Task(
        numbers=numbered(count, repeats),
        prefix=start_token(options, model),
        condition=condition.with_z(latents),
        plan=Plan.of(options, model, condition),
        scale=model.profile.scale,
    )


def numbered(count: int, repeats: int) -> Sequence[int]:
    """The numbers of `count` drawings, several times; a million drawings take no memory."""
    return range(count) if repeats == 1 else list(range(count)) * repeats


def checked_latents(z: Tensor, count: int, model: SketchRNN) -> Tensor:
    """The latent vectors as `(count, Z)`, or `(1, Z)` for all, on the CPU.

    Raises:
        SketchRNNError: if the model has no z, or z is of another shape or not finite.
    """
    size = model.config.z_size
    if not model.config.conditional:
        raise SketchRNNError("this model is decoder-only: it takes no z; leave z out")
    given = checked_numbers(z, "z")
    latents = given.detach().to("cpu", torch.float32)
    if latents.ndim == 1:
        latents = latents.unsqueeze(0)
    if latents.shape not in ((count, size), (1, size)):
        raise SketchRNNError(
            f"z of shape {tuple(given.shape)}, expected ({count}, {size}), or "
            f"({size},) for all drawings"
        )
    return latents


def _samples(drawn: Drawn, profile: DataProfile) -> Samples:
    rows = drawn.rows * np.array([profile.scale, profile.scale, 1, 1, 1], np.float32)
    sketches = [Sketch.from_stroke5(row, profile.first_row) for row in rows]
    return Samples(sketches, drawn.ended, drawn.condition)
