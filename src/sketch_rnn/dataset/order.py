"""The order in which an epoch takes the training drawings: a function of the seed and the epoch."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

# Beyond this, a list of all drawings takes seconds and a good part of the memory.
_MOST_LISTED: Final = 4_000_000
_NUM_ROUNDS: Final = 6


class EpochOrder(Protocol):
    """A permutation of the drawings."""

    def __getitem__(self, places: slice) -> Indices:
        """Returns which drawings come at these places."""


def epoch_order(count: int, seed: int, epoch: int) -> EpochOrder:
    """Returns the order of `count` drawings in one epoch."""
    if count > _MOST_LISTED:
        return ComputedOrder(count, seed, epoch)
    order: Indices = np.random.default_rng([seed, epoch, 0]).permutation(count)
    return order


class ComputedOrder:
    """A random permutation of which every place is computed when it is asked for.

    A Feistel network permutes the numbers of twice as many bits as half of what is needed; numbers
    beyond the count are sent through it again until they are within (Black & Rogaway 2002).
    """

    def __init__(self, count: int, seed: int, epoch: int) -> None:
        self._count = count
        self._bits = np.uint64(((count - 1).bit_length() + 1) // 2)
        self._mask = np.uint64((1 << int(self._bits)) - 1)
        rng = np.random.default_rng([seed, epoch, 0])
        self._keys = rng.integers(0, 2**63, _NUM_ROUNDS, np.uint64)

    def __getitem__(self, places: slice) -> Indices:
        """Returns which drawings come at these places."""
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
