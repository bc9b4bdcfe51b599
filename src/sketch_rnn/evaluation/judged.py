"""A dataset, and the drawings measured against it, as a judge sees them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Final

import numpy as np

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError, expect_list
from sketch_rnn.evaluation.figures import DrawingSet, Mask
from sketch_rnn.evaluation.judge import Judge
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.generate.sampling import sample
from sketch_rnn.sketch import Sketch
from sketch_rnn.sketches import Sketches
from sketch_rnn.trained import SketchRNN

MOST_TEST: Final = 10_000
MOST_TRAIN: Final = 20_000


class JudgedDataset:
    """A dataset and the drawings measured against it, as a judge sees them.

    Args:
        judge: the judge.
        dataset: the real drawings.
        seed: fixes the choice of real drawings.
    """

    def __init__(self, judge: Judge, dataset: Dataset, seed: int) -> None:
        self.judge = judge
        self._dataset = dataset
        self._seed = seed
        self._labels = dataset.profile.labels

    def real(self, split: str, most: int) -> DrawingSet:
        """At most so many drawings of a split, chosen by the seed."""
        chosen = self._chosen(split, most)
        first_row = self._dataset.profile.first_row
        sketches = [Sketch(chosen[row], first_row) for row in range(len(chosen))]
        wanted = self._wanted(self._names(chosen))
        return DrawingSet.seen(self.judge, sketches, wanted, np.ones(len(chosen), bool))

    def sampled(self, model: SketchRNN, count: int, options: DrawingOptions) -> DrawingSet:
        """Drawings of a model; one that draws by label draws the labels of the test drawings."""
        vectors, wanted = None, self._any(count)
        if model.config.num_labels:
            names = self._names(self._chosen("test", count))
            names = list(islice(cycle(names), count))
            vectors, wanted = label_vectors(model, names), self._wanted(names)
        samples = sample(model, count, options=options, label=vectors)
        return DrawingSet.seen(self.judge, samples.sketches, wanted, samples.ended)

    def given(self, sketches: Sequence[Sketch], names: Sequence[str] | None) -> DrawingSet:
        """Drawings from elsewhere; what each should show, if it is known."""
        labels = [""] * len(sketches) if names is None else expect_list(names, "labels", "names")
        if len(labels) != len(sketches):
            raise SketchRNNError(f"labels: {len(labels)} for {len(sketches)} drawings")
        wanted = self._wanted(labels)
        if not wanted.any():
            wanted = self._any(len(sketches))
        return DrawingSet.seen(self.judge, sketches, wanted)

    def _chosen(self, split: str, most: int) -> Sketches:
        store = self._dataset.split(split)
        rows = np.arange(len(store))
        if len(rows) > most:
            rows = np.sort(np.random.default_rng(self._seed).choice(rows, most, replace=False))
        return store.select(rows)

    def _names(self, store: Sketches) -> list[str]:
        return [self._labels[number] for number in store.labels]

    def _wanted(self, names: Sequence[str]) -> Mask:
        """Which of the judge's labels `(S, K)` is right for each; none if it does not know it."""
        columns = {name: number for number, name in enumerate(self.judge.labels)}
        wanted = np.zeros((len(names), len(columns)), bool)
        for row, name in enumerate(names):
            if name in columns:
                wanted[row, columns[name]] = True
        return wanted

    def _any(self, count: int) -> Mask:
        """The same right labels for every drawing: all of the data's, if the judge knows them."""
        right = np.isin(self.judge.labels, self._labels)
        right &= right.sum() == len(self._labels)
        return np.tile(right, (count, 1))
