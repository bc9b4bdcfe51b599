"""Select drawings and assign them to splits, as functions of the drawings and a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.lines import Mask

Keys = npt.NDArray[np.uint64]
Labels = npt.NDArray[np.int32]
Splits = npt.NDArray[np.int8]

TRAIN: Final = 0
VALID: Final = 1
TEST: Final = 2

NO_KEYS: Final[Keys] = np.zeros(0, np.uint64)
NO_LABELS: Final[Labels] = np.zeros(0, np.int32)
MOST_COUNTED: Final = 4_000_000
# A label with fewer drawings cannot have one in each split.
FEWEST: Final = 3


def first_of_each(hashes: Sequence[Keys]) -> Mask:
    """Which drawings, of all pieces in order, do not repeat an earlier one.

    Of many drawings a share is looked at at a time, so that memory stays bounded: 1 byte a drawing,
    and what four million hashes need.
    """
    total = sum(map(len, hashes))
    kept = np.zeros(total, bool)
    num_shares = np.uint64(total // MOST_COUNTED + 1)
    for share in range(int(num_shares)):
        chosen, places = [], []
        start = 0
        for part in hashes:
            found = np.flatnonzero(np.asarray(part) % num_shares == share)
            chosen.append(np.asarray(part)[found])
            places.append(found + start)
            start += len(part)
        _, firsts = np.unique(np.concatenate([NO_KEYS, *chosen]), return_index=True)
        if len(firsts):
            kept[np.concatenate(places)[firsts]] = True
    return kept


def first_of_labels(labels: Sequence[Labels], kept: Mask, count: int) -> Mask:
    """Marks the first `count` kept drawings of each label.

    Args:
        labels: numbers of the labels of all drawings, part by part.
        kept: which drawings are kept so far.
        count: how many to keep of each label.
    """
    numbers = np.concatenate([NO_LABELS, *labels])
    places = np.flatnonzero(kept)
    order = places[np.argsort(numbers[places], kind="stable")]
    sorted_numbers = numbers[order]
    starts = np.searchsorted(sorted_numbers, sorted_numbers, side="left")
    first = np.zeros(len(numbers), bool)
    first[order[np.arange(len(order)) - starts < count]] = True
    return first


class SplitRule:
    """Assigns drawings to splits, from the key and label of each alone once the rule is made.

    Equal drawings, and parts of one, have the same key and so the same split. The counts of the
    splits are exact among up to `MOST_COUNTED` drawings; among more they are left to chance, which
    is as good.

    Args:
        keys: of all kept drawings, part by part; None if there are more than `MOST_COUNTED`.
        valid: share of the validation split.
        test: share of the test split.
        seed: another seed gives other splits.
        labels: numbers of the kept drawings' labels, part by part, to split each label on its own.
            Labels with fewer than `FEWEST` drawings are split together. None splits all together.
    """

    def __init__(
        self,
        keys: Sequence[Keys] | None,
        valid: float,
        test: float,
        seed: int,
        labels: Sequence[Labels] | None = None,
    ) -> None:
        self._seed = np.uint64(seed)
        self._limits = np.array([[test, test + valid]])
        self._shared_keys, self._shared_labels = NO_KEYS, NO_LABELS
        if keys is None:
            return
        unique, firsts = np.unique(np.concatenate([NO_KEYS, *keys]), return_index=True)
        groups = np.zeros(len(unique), np.int32)
        if labels is not None:
            numbers = np.concatenate([NO_LABELS, *labels])
            groups = numbers[firsts]
            self._note_shared(keys, numbers, unique, groups)
        counts = np.bincount(groups, minlength=1)
        pooled = counts < FEWEST
        pool = len(counts)
        order = np.argsort(np.where(pooled[groups], pool, groups), kind="stable")
        ends = np.cumsum(np.where(pooled, 0, counts))
        places = [np.sort(part) for part in np.split(self._places(unique)[order], ends)]
        limits = np.array([_limits(part, valid, test) for part in places])
        self._limits = np.where(pooled[:, None], limits[-1], limits[:-1])

    def _note_shared(
        self, keys: Sequence[Keys], numbers: Labels, unique: Keys, groups: Labels
    ) -> None:
        """Remembers the keys that have several labels: the first one decides for all."""
        all_keys = np.concatenate([NO_KEYS, *keys])
        places = np.searchsorted(unique, all_keys)
        shared = np.unique(places[groups[places] != numbers])
        self._shared_keys, self._shared_labels = unique[shared], groups[shared]

    def splits(self, keys: Keys, labels: Labels | None = None) -> Splits:
        """The split of each of these drawings `(n,)`.

        Args:
            keys: `(n,)` of the drawings.
            labels: `(n,)` numbers of their labels, where each label is split on its own.
        """
        places = self._places(np.asarray(keys))
        groups = np.zeros(len(places), np.int32)
        if labels is not None and len(self._limits) > 1:
            groups = np.array(labels)
            if len(self._shared_keys):
                last = len(self._shared_keys) - 1
                found = np.searchsorted(self._shared_keys, keys).clip(max=last)
                shared = self._shared_keys[found] == keys
                groups[shared] = self._shared_labels[found[shared]]
        limits = self._limits[groups]
        splits = np.full(len(places), TRAIN, np.int8)
        splits[places < limits[:, 1]] = VALID
        splits[places < limits[:, 0]] = TEST
        return splits

    def _places(self, keys: Keys) -> npt.NDArray[np.float64]:
        """A pseudorandom number in [0, 1) for each key and the seed."""
        with np.errstate(over="ignore"):
            mixed = keys ^ ((self._seed + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
                mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
            mixed ^= mixed >> np.uint64(31)
        # 53 bits, so that no number is rounded up to 1.
        places: npt.NDArray[np.float64] = (mixed >> np.uint64(11)) / np.float64(2**53)
        return places


def _limits(places: npt.NDArray[np.float64], valid: float, test: float) -> tuple[float, float]:
    """The limits of places for the test and validation splits, at least one drawing each."""
    count = len(places)
    if count < FEWEST:
        return 0.0, 0.0
    num_test = min(max(round(count * test), 1), count - 2)
    num_valid = min(max(round(count * valid), 1), count - 1 - num_test)
    return float(places[num_test]), float(places[num_test + num_valid])
