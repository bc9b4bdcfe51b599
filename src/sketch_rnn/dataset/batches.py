"""Batches of normalised stroke-5 tensors, each a function of the seed and the step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import torch

from sketch_rnn.config import PenLossForm, TrainConfig
from sketch_rnn.dataset.augment import augment
from sketch_rnn.dataset.store import Split
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import START_TOKEN, FloatArray
from sketch_rnn.sketches import Sketches

Indices = npt.NDArray[np.int64]

# Listing more drawings than this takes seconds and much memory.
_MOST_LISTED: Final = 4_000_000
_NUM_ROUNDS: Final = 6

_STROKE5: Final = np.dtype((np.void, 20))


class EpochOrder(Protocol):
    """A permutation of the drawings."""

    def __getitem__(self, places: slice) -> Indices:
        """The numbers of the drawings at these places."""


def epoch_order(count: int, seed: int, epoch: int) -> EpochOrder:
    """The order of `count` drawings in one epoch."""
    if count > _MOST_LISTED:
        return ComputedOrder(count, seed, epoch)
    order: Indices = np.random.default_rng([seed, epoch, 0]).permutation(count)
    return order


class ComputedOrder:
    """A random permutation whose elements are computed on demand.

    A Feistel network permutes the numbers of an even number of bits; results beyond the count are
    permuted again until they fall within it (Black & Rogaway 2002).
    """

    def __init__(self, count: int, seed: int, epoch: int) -> None:
        self._count = count
        self._bits = np.uint64(((count - 1).bit_length() + 1) // 2)
        self._mask = np.uint64((1 << int(self._bits)) - 1)
        rng = np.random.default_rng([seed, epoch, 0])
        self._keys = rng.integers(0, 2**63, _NUM_ROUNDS, np.uint64)

    def __getitem__(self, places: slice) -> Indices:
        """The numbers of the drawings at these places."""
        numbers = np.arange(*places.indices(self._count)).astype(np.uint64)
        numbers = self._permuted(numbers)
        while (beyond := numbers >= self._count).any():
            numbers[beyond] = self._permuted(numbers[beyond])
        return numbers.astype(np.int64)

    def _permuted(self, numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        left, right = numbers >> self._bits, numbers & self._mask
        for key in self._keys:
            left, right = right, left ^ (self._mixed(right ^ key) & self._mask)
        return (left << self._bits) | right

    @staticmethod
    def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        with np.errstate(over="ignore"):
            values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))


@dataclass(frozen=True, eq=False)
class StrokeBatch:
    """B drawings of up to T rows.

    Attributes:
        strokes: `(B, T + 1, 5)` float32 stroke-5 rows in normalised units, the start token first,
            padded with end-of-sketch rows (0, 0, 0, 0, 1).
        lengths: `(B,)` int64 on the CPU, the rows of each drawing without start and end.
        labels: `(B,)` int64 class numbers.
    """

    strokes: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def known(self) -> dict[str, torch.Tensor]:
        """What conditions the drawings besides z, by the names of the network's arguments."""
        return {"labels": self.labels}

    def to(self, device: torch.device | str) -> StrokeBatch:
        """The batch on `device`; the lengths stay on the CPU, where packing needs them."""
        return replace(self, strokes=self.strokes.to(device), labels=self.labels.to(device))

    def select(self, indices: Indices, *, trim: bool) -> StrokeBatch:
        """Some of the drawings as a batch.

        Args:
            indices: the drawings, at least one.
            trim: drop the steps that are padding in all of them, except the first such step.
        """
        chosen = torch.from_numpy(indices)
        strokes, lengths = self.strokes[chosen], self.lengths[chosen]
        if trim:
            strokes = strokes[:, : int(lengths.max()) + 2]
        return StrokeBatch(strokes, lengths, self.labels[chosen])


class TrainingBatches:
    """The batches of a training run: `batches[step]` depends on the seed and the step alone.

    The training drawings come in one endless sequence of epochs, each in an order of its own; step
    s takes the next `batch_size` of it, so a batch may span two epochs, or more.
    """

    def __init__(self, drawings: Split, profile: DataProfile, config: TrainConfig) -> None:
        if not len(drawings):
            raise SketchRNNError("no drawings to train on")
        self._drawings = drawings
        self._profile = profile
        self._config = config
        self._epoch = -1
        self._order: EpochOrder = np.zeros(0, np.int64)

    def __getitem__(self, step: int) -> StrokeBatch:
        """The batch of training step `step`, counted from 0, augmented."""
        config = self._config
        chosen = _normalised(self._drawings.select(self.indices(step)), self._profile.scale)
        rows, offsets = augment(
            chosen.rows,
            chosen.offsets,
            np.random.default_rng([config.seed, step, 1]),
            config,
        )
        steps = _padded_steps(self._profile, config.loss_form)
        return _padded(rows, offsets, chosen.labels, steps)

    def indices(self, step: int) -> Indices:
        """The numbers of the drawings of step `step`, `(batch_size,)`."""
        if step < 0:
            raise IndexError(f"training step {step} is below 0")
        size = len(self._drawings)
        start = step * self._config.batch_size
        stop = start + self._config.batch_size
        parts = []
        while start < stop:
            epoch, place = divmod(start, size)
            parts.append(self._epoch_order(epoch)[place : place + stop - start])
            start += len(parts[-1])
        return np.concatenate(parts)

    def _epoch_order(self, epoch: int) -> EpochOrder:
        if epoch != self._epoch:
            self._order = epoch_order(len(self._drawings), self._config.seed, epoch)
            self._epoch = epoch
        return self._order


def make_batch(
    drawings: Split, indices: npt.ArrayLike, *, scale: float, steps: int | None = None
) -> StrokeBatch:
    """A batch of the drawings at `indices`, without augmentation.

    Args:
        drawings: the drawings, in pixels.
        indices: `(B,)` numbers of the drawings.
        scale: pixels per normalised unit.
        steps: T, the rows to pad to; by default one more than the longest drawing has, room for
            its end-of-sketch row.

    Raises:
        SketchRNNError: if a drawing has more than `steps` rows.
    """
    chosen = _normalised(drawings.select(indices), scale)
    return _padded(chosen.rows, chosen.offsets, chosen.labels, steps)


def evaluation_batches(
    drawings: Split, profile: DataProfile, *, batch_size: int, loss_form: PenLossForm
) -> Iterator[StrokeBatch]:
    """Every drawing once, in order, not augmented; the last batch may be smaller."""
    steps = _padded_steps(profile, loss_form)
    for start in range(0, len(drawings), batch_size):
        indices = np.arange(start, min(start + batch_size, len(drawings)))
        yield make_batch(drawings, indices, scale=profile.scale, steps=steps)


def _padded_steps(profile: DataProfile, form: PenLossForm) -> int | None:
    """N_max if the loss counts all padding, else None."""
    return profile.max_seq_len if form == "padded" else None


def _normalised(drawings: Sketches, scale: float) -> Sketches:
    units: FloatArray = np.array([scale, scale, 1], np.float32)
    return replace(drawings, rows=drawings.rows / units)


def _padded(
    rows: FloatArray, offsets: Indices, labels: npt.NDArray[np.int32], steps: int | None
) -> StrokeBatch:
    """The batch of normalised stroke-3 rows."""
    lengths = np.diff(offsets)
    longest = int(lengths.max(initial=0))
    if steps is None:
        steps = longest + 1
    if longest > steps:
        raise SketchRNNError(
            f"a drawing has {longest} rows, more than max_seq_len={steps}; drop or shorten it"
        )
    strokes = np.zeros((len(lengths), steps + 1, 5), np.float32)
    strokes[:, 0] = START_TOKEN
    strokes[:, 1:, 4] = 1
    first = np.arange(len(lengths)) * (steps + 1) + 1
    places = np.repeat(first - offsets[:-1], lengths) + np.arange(len(rows))
    # A row as one value of 20 bytes: twice as fast as five numbers.
    strokes.reshape(-1).view(_STROKE5)[places] = _stroke5(rows).reshape(-1).view(_STROKE5)
    return StrokeBatch(
        torch.from_numpy(strokes),
        torch.from_numpy(lengths),
        torch.from_numpy(labels.astype(np.int64)),
    )


def _stroke5(rows: FloatArray) -> FloatArray:
    stroke5 = np.zeros((len(rows), 5), np.float32)
    stroke5[:, :2] = rows[:, :2]
    stroke5[:, 2] = 1 - rows[:, 2]
    stroke5[:, 3] = rows[:, 2]
    return stroke5
