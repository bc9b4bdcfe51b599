"""The figures of one set of drawings, measured against real ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import cycle, islice
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError, expect_list
from sketch_rnn.evaluation.form import MEASURES, distribution_distance, measure_form
from sketch_rnn.evaluation.judge import Impressions, Judge
from sketch_rnn.evaluation.statistics import (
    Figure,
    distance_figure,
    frechet_distance,
    mean_distances,
    mean_figure,
    moments,
    nearest_distances,
    overlap,
    radii,
)
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.generate.sampling import sample
from sketch_rnn.sketch import Sketch
from sketch_rnn.sketches import Sketches
from sketch_rnn.trained import SketchRNN

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

TOP: Final = 5

MOST_TEST: Final = 10_000
MOST_TRAIN: Final = 20_000


@dataclass(frozen=True, eq=False)
class JudgedSketches:
    """Drawings as the judge sees them.

    Attributes:
        sketches: the drawings.
        impressions: features and probabilities of each.
        wanted: `(S, K)` which of the judge's labels are right for each drawing; none of them where
            the judge does not know its label.
        ended: `(S,)` whether the drawing finished, None if unknown.
    """

    sketches: Sequence[Sketch]
    impressions: Impressions
    wanted: Mask
    ended: Mask | None = None

    @classmethod
    def seen(
        cls,
        judge: Judge,
        sketches: Sequence[Sketch],
        wanted: Mask,
        ended: Mask | None = None,
    ) -> JudgedSketches:
        """The drawings as `judge` sees them."""
        return cls(sketches, judge.look(sketches), wanted, ended)

    def __len__(self) -> int:
        return len(self.sketches)

    @cached_property
    def owners(self) -> npt.NDArray[np.int64]:
        """The likeliest right label `(S,)` of each drawing, -1 where none is known."""
        chances = np.where(self.wanted, self.impressions.probabilities, -1)
        return np.where(self.wanted.any(axis=1), chances.argmax(axis=1), -1)

    @cached_property
    def ranks(self) -> npt.NDArray[np.int64]:
        """Place `(S,)`, from 0, of that label among the judge's answers; -1 where none is known."""
        chances = self.impressions.probabilities
        own = np.take_along_axis(chances, np.maximum(self.owners, 0)[:, None], axis=1)
        return np.where(self.owners >= 0, (chances > own).sum(axis=1), -1)

    @cached_property
    def form(self) -> dict[str, Array]:
        """Measures of form `(S,)` by name."""
        return measure_form(self.sketches)

    def select(self, rows: npt.NDArray[np.int64]) -> JudgedSketches:
        """Some of the drawings."""
        return JudgedSketches(
            [self.sketches[row] for row in rows],
            self.impressions.select(rows),
            self.wanted[rows],
            None if self.ended is None else self.ended[rows],
        )

    def shuffled(self, seed: int) -> JudgedSketches:
        """The drawings, with what each should show exchanged at random."""
        order = np.random.default_rng(seed).permutation(len(self))
        return replace(self, wanted=self.wanted[order])


class Reference:
    """What drawings are measured against: the test drawings, and the training drawings."""

    def __init__(self, test: JudgedSketches, train: JudgedSketches) -> None:
        self.test = test
        self._train = train.impressions
        self._known = set(train.impressions.digests)
        # What an unseen real drawing has: how far it is from the nearest training drawing, and
        # from the others.
        self._novelty = float(self._nearest_train(test).mean())
        self._diversity = float(mean_distances(test.impressions.features).mean())
        self._radii = radii(test.impressions.features)

    def measure(self, drawn: JudgedSketches, seed: int) -> dict[str, Figure]:
        """Every figure of these drawings that can be measured, by name."""
        measured = recognition(drawn, seed)
        measured["frechet"] = frechet_figure(drawn, self.test, seed)
        features = drawn.impressions.features
        shares = overlap(features, self.test.impressions.features, real_radii=self._radii)
        for name in ("precision", "recall", "density", "coverage"):
            measured[name] = mean_figure(getattr(shares, name), seed)
        measured["novelty"] = mean_figure(self._nearest_train(drawn) / self._novelty, seed)
        apart = mean_distances(features) / self._diversity
        measured["diversity"] = mean_figure(apart, seed, factor=2)
        measured["copies"], measured["repeats"] = self._repetition(drawn, seed)
        if drawn.ended is not None:
            measured["ended"] = mean_figure(drawn.ended, seed)
        for name in MEASURES:
            measured[f"form_{name}"] = self._form_distance(name, drawn, seed)
        return measured

    def _nearest_train(self, drawn: JudgedSketches) -> Array:
        return nearest_distances(drawn.impressions.features, self._train.features)

    def _repetition(self, drawn: JudgedSketches, seed: int) -> tuple[Figure, Figure]:
        digests = drawn.impressions.digests
        counts = Counter(digests)
        return (
            mean_figure([one in self._known for one in digests], seed),
            mean_figure([counts[one] > 1 for one in digests], seed),
        )

    def _form_distance(self, name: str, drawn: JudgedSketches, seed: int) -> Figure:
        distance = distribution_distance(drawn.form[name], self.test.form[name])
        return distance_figure(len(drawn), distance, seed)


def recognition(drawn: JudgedSketches, seed: int) -> dict[str, Figure]:
    """Shares of the drawings that the judge names right at once, and within five answers."""
    ranks = drawn.ranks[drawn.ranks >= 0]
    if not len(ranks):
        return {}
    return {"top1": mean_figure(ranks < 1, seed), "top5": mean_figure(ranks < TOP, seed)}


def frechet_figure(drawn: JudgedSketches, real: JudgedSketches, seed: int) -> Figure:
    """The Fréchet distance of drawings to real ones."""
    features, others = drawn.impressions.features, moments(real.impressions.features)

    def distance(counts: Array) -> float:
        return frechet_distance(*others, *moments(features, counts))

    return distance_figure(len(drawn), distance, seed)


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

    def real(self, split: str, most: int) -> JudgedSketches:
        """At most `most` drawings of a split, chosen by the seed."""
        chosen = self._chosen(split, most)
        first_row = self._dataset.profile.first_row
        sketches = [Sketch(chosen[row], first_row) for row in range(len(chosen))]
        wanted = self._wanted(self._names(chosen))
        return JudgedSketches.seen(self.judge, sketches, wanted, np.ones(len(chosen), bool))

    def sampled(self, model: SketchRNN, count: int, options: DrawingOptions) -> JudgedSketches:
        """Drawings of a model; one that draws by label draws the labels of the test drawings."""
        vectors, wanted = None, self._any(count)
        if model.config.num_labels:
            names = self._names(self._chosen("test", count))
            names = list(islice(cycle(names), count))
            vectors, wanted = label_vectors(model, names), self._wanted(names)
        samples = sample(model, count, options=options, label=vectors)
        return JudgedSketches.seen(self.judge, samples.sketches, wanted, samples.ended)

    def given(self, sketches: Sequence[Sketch], names: Sequence[str] | None) -> JudgedSketches:
        """Drawings from elsewhere; what each should show, if it is known."""
        labels = [""] * len(sketches) if names is None else expect_list(names, "labels", "names")
        if len(labels) != len(sketches):
            raise SketchRNNError(f"labels: {len(labels)} for {len(sketches)} drawings")
        wanted = self._wanted(labels)
        if not wanted.any():
            wanted = self._any(len(sketches))
        return JudgedSketches.seen(self.judge, sketches, wanted)

    def _chosen(self, split: str, most: int) -> Sketches:
        drawings = self._dataset.split(split)
        rows = np.arange(len(drawings))
        if len(rows) > most:
            rows = np.sort(np.random.default_rng(self._seed).choice(rows, most, replace=False))
        return drawings.select(rows)

    def _names(self, drawings: Sketches) -> list[str]:
        return [self._labels[number] for number in drawings.labels]

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
