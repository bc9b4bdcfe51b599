"""The labels of a dataset: renumber them for a model, check them for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import label_numbers
from sketch_rnn.text import listed

LEAST_DRAWINGS: Final = 2


def relabelled(dataset: Dataset, names: Sequence[str]) -> Dataset:
    """The same drawings with class numbers that index `names`.

    Raises:
        SketchRNNError: if the dataset has a label that is not among the names.
    """
    numbers = np.array(label_numbers(dataset.profile.labels, names), np.int32)
    return replace(
        dataset,
        train=dataset.train.relabelled(numbers),
        valid=dataset.valid.relabelled(numbers),
        test=dataset.test.relabelled(numbers),
        profile=replace(dataset.profile, labels=tuple(names)),
    )


def check_labels(dataset: Dataset, num_labels: int, *, least: int = 2) -> None:
    """Raises SketchRNNError if a model of `num_labels` classes cannot be trained on the dataset.

    It needs at least `least` labels, `num_labels` of them, and enough training drawings of each.
    """
    if not num_labels:
        return
    names = dataset.profile.labels
    sources = listed(dataset.profile.sources)
    if len(names) < least:
        raise SketchRNNError(
            f"{sources}: class conditions need drawings of at least {least} labels, and these have "
            f"{len(names)} ({listed(names) or 'none'}); name several sources, or leave "
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
