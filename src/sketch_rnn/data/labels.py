"""Class numbers of a dataset under the numbering of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.data.dataset import Dataset
from sketch_rnn.data.store import Drawings, Store
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import label_number
from sketch_rnn.sketch import FloatArray

LEAST_DRAWINGS: Final = 2


@dataclass(frozen=True, eq=False)
class _Relabelled:
    """Drawings, in memory or not, under other class numbers.

    Attributes:
        drawings: the drawings.
        numbers: the new number for each old one.
    """

    drawings: Drawings
    numbers: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.drawings)

    def __getitem__(self, index: int) -> FloatArray:
        return self.drawings[index]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        return self.drawings.lengths

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        return self.numbers[self.drawings.labels]

    def select(self, indices: npt.ArrayLike) -> Store:
        chosen = self.drawings.select(indices)
        return replace(chosen, labels=self.numbers[chosen.labels])


def relabelled(dataset: Dataset, names: Sequence[str]) -> Dataset:
    """The same drawings with class numbers that index `names`.

    Raises:
        SketchRNNError: if the dataset has a label that is not among the names.
    """
    numbers = np.array([label_number(name, names) for name in dataset.profile.labels], np.int32)
    train, valid, test = (
        _Relabelled(part, numbers) for part in (dataset.train, dataset.valid, dataset.test)
    )
    profile = replace(dataset.profile, labels=tuple(names))
    return replace(dataset, train=train, valid=valid, test=test, profile=profile)


def check_labels(dataset: Dataset, num_labels: int, *, least: int = 2) -> None:
    """Raises SketchRNNError if a model of `num_labels` classes cannot be trained on the dataset.

    That is if it has fewer than `least` labels, another number of them, or a label with hardly any
    training drawings.
    """
    if not num_labels:
        return
    names = dataset.profile.labels
    sources = ", ".join(dataset.profile.sources)
    if len(names) < least:
        raise SketchRNNError(
            f"{sources}: class conditions need drawings of at least {least} labels, and these have "
            f"{len(names)} ({', '.join(names) or 'none'}); name several sources, or leave "
            "--class-conditional out"
        )
    if len(names) != num_labels:
        raise SketchRNNError(
            f"{sources}: the data has {len(names)} labels, but num_labels={num_labels}"
        )
    counts = np.bincount(dataset.train.labels, minlength=len(names))
    number = int(counts.argmin())
    if counts[number] < LEAST_DRAWINGS:
        raise SketchRNNError(
            f"{sources}: label '{names[number]}' has {counts[number]} training drawings, and class "
            f"conditions need at least {LEAST_DRAWINGS} of each label; add drawings, or leave that "
            "label out"
        )
