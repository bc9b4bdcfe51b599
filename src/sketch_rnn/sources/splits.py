"""Splits: the sketches of one source in train, valid and test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FirstRow, Sketch, number_array
from sketch_rnn.sketches import Sketches

SPLITS: Final = ("train", "valid", "test")
TAKEN_FROM_TRAIN: Final = "taken from train at random"

MAX_UNNAMED: Final = 100_000

_HELD_OUT: Final = 0.05
_NO_NUMBERS: Final = "{}: labels are not whole numbers; names go into label_names"
_MAX_LABEL: Final = 2**31

Labels = npt.NDArray[np.int32]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Splits:
    """The sketches of one source, split by split.

    Attributes:
        train: sketches in pixels, with their labels.
        valid: as `train`.
        test: as `train`.
        label_names: names of the classes, in the order of their numbers.
        first_row: what row 0 of a sketch means, see `Sketch.first_row`; None where unknown.
        name: what the source is called in messages and in the data profile.
    """

    train: Sketches
    valid: Sketches
    test: Sketches
    label_names: tuple[str, ...]
    first_row: FirstRow | None
    name: str

    @classmethod
    def from_arrays(
        cls,
        train: Sequence[npt.NDArray[Any] | Sketch],
        valid: Sequence[npt.NDArray[Any] | Sketch],
        test: Sequence[npt.NDArray[Any] | Sketch],
        *,
        labels: Mapping[str, npt.ArrayLike] | None = None,
        label_names: Sequence[str] = (),
        first_row: FirstRow | None = None,
        name: str = "",
    ) -> Self:
        """These sketches, checked.

        Args:
            train: stroke-3 arrays `(n, 3)` in pixels, or sketches.
            valid: as `train`.
            test: as `train`.
            labels: for each split's name the class number of every sketch; without them all are of
                one class, called by the first of the `label_names` or else as the source.
            label_names: names of the classes, in the order of their numbers.
            first_row: what row 0 means; None where unknown.
            name: what the source is called.

        Raises:
            SketchRNNError: if a sketch is malformed, see `Sketches.from_arrays`, or a label is not
                the number of a class.
        """
        numbers = None if labels is None else class_numbers(labels, name)
        sketches = {
            split: Sketches.from_arrays(
                arrays, None if numbers is None else numbers[split], where=f"{name}: {split}"
            )
            for split, arrays in zip(SPLITS, (train, valid, test), strict=True)
        }
        names = tuple(label_names) if labels is not None else (*label_names, name)[:1]
        return cls(**sketches, label_names=names, first_row=first_row, name=name)._named()

    def by_name(self) -> dict[str, Sketches]:
        """The three splits by their names."""
        return {"train": self.train, "valid": self.valid, "test": self.test}

    def map(self, function: Callable[[Sketches], Sketches]) -> Self:
        """The source with each split replaced by the function's result for it."""
        train, valid, test = map(function, (self.train, self.valid, self.test))
        return replace(self, train=train, valid=valid, test=test)

    def _named(self) -> Self:
        """The source with a name for each class.

        Raises:
            SketchRNNError: if there are fewer names than classes, or far too many without.
        """
        labels = np.concatenate([part.labels for part in self.by_name().values()])
        high = int(labels.max(initial=0))
        if not self.label_names:
            return replace(self, label_names=default_names(self.name, high + 1))
        if high >= len(self.label_names):
            raise SketchRNNError(
                f"{self.name}: label number {high} with {len(self.label_names)} label names"
            )
        return self


def class_numbers(labels: Mapping[str, npt.ArrayLike], name: str) -> dict[str, Labels]:
    """The `(S,)` class number of every sketch, by the name of the split.

    Raises:
        SketchRNNError: naming the source, if a split is missing, or labels are not integers from 0.
    """
    given = labels if isinstance(labels, Mapping) else {}
    numbers = {split: _numbers(given[split], name) for split in SPLITS if split in given}
    for found in numbers.values():
        _check_numbers(found, name)
    if len(numbers) < len(SPLITS):
        raise SketchRNNError(
            f"{name}: labels need the class numbers of each of {', '.join(SPLITS)}, by its name"
        )
    return {split: found.astype(np.int32) for split, found in numbers.items()}


def _numbers(labels: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    try:
        return number_array(labels, name)
    except SketchRNNError as error:
        raise SketchRNNError(_NO_NUMBERS.format(name)) from error


def _check_numbers(labels: npt.NDArray[Any], name: str) -> None:
    if not labels.size:
        return
    if labels.dtype.kind not in "iu":
        raise SketchRNNError(_NO_NUMBERS.format(name))
    # Before they become int32, where 2**32 would be 0.
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= _MAX_LABEL:
        number = low if low < 0 else high
        raise SketchRNNError(f"{name}: label number {number}; labels count the classes from 0")


def default_names(name: str, count: int) -> tuple[str, ...]:
    """Names of classes that have none, such as `sheep/0`.

    Raises:
        SketchRNNError: if there are too many.
    """
    if count > MAX_UNNAMED:
        raise SketchRNNError(
            f"{name}: label number {count - 1:,} without label_names; give the names, or number "
            "the classes from 0"
        )
    return tuple(f"{name}/{number}" for number in range(count))


def held_out(num_train: int, missing: Sequence[str]) -> dict[str, Indices]:
    """The sketches of the train split that become each missing split.

    They are the same whenever a file is read, and not the last ones, which may be special.
    """
    order = np.random.default_rng(0).permutation(num_train)
    count = max(1, round(num_train * _HELD_OUT))
    return {
        split: np.sort(order[number * count : (number + 1) * count])
        for number, split in enumerate(missing)
    }
