"""The figures of one set of drawings, measured against real ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.evaluation.bootstrap import Figure, distance_figure, mean_figure
from sketch_rnn.evaluation.distribution import (
    frechet_of_moments,
    mean_distances,
    moments,
    nearest_distances,
    overlap,
)
from sketch_rnn.evaluation.form import MEASURES, distribution_distance, measure_form
from sketch_rnn.evaluation.judge import Impressions, Judge
from sketch_rnn.sketch import Sketch

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

TOP: Final = 5


@dataclass(frozen=True, eq=False)
class DrawingSet:
    """Drawings as the judge sees them.

    Attributes:
        sketches: the drawings.
        impressions: features and probabilities of each.
        wanted: `(S, K)` which of the judge's labels are right for each drawing; none of them where
            the judge does not know its label.
        ended: `(S,)` whether the drawing ended by itself, None if that is not known.
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
    ) -> DrawingSet:
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

    def select(self, rows: npt.NDArray[np.int64]) -> DrawingSet:
        """Some of the drawings."""
        return DrawingSet(
            [self.sketches[row] for row in rows],
            self.impressions.select(rows),
            self.wanted[rows],
            None if self.ended is None else self.ended[rows],
        )

    def shuffled(self, seed: int) -> DrawingSet:
        """The drawings, with what each should show exchanged at random."""
        order = np.random.default_rng(seed).permutation(len(self))
        return replace(self, wanted=self.wanted[order])


class Reference:
    """What drawings are measured against: the test drawings, and the training drawings."""

    def __init__(self, test: DrawingSet, train: DrawingSet) -> None:
        self.test = test
        self._train = train.impressions
        self._known = set(train.impressions.digests)
        # What an unseen real drawing has: how far it is from the nearest training drawing, and
        # from the others.
        self._novelty = float(self._nearest_train(test).mean())
        self._diversity = float(mean_distances(test.impressions.features).mean())

    def measure(self, drawn: DrawingSet, seed: int) -> dict[str, Figure]:
        """Every figure of these drawings that can be measured, by name."""
        measured = recognition(drawn, seed)
        measured["frechet"] = frechet_figure(drawn, self.test, seed)
        shares = overlap(drawn.impressions.features, self.test.impressions.features)
        for name in ("precision", "recall", "density", "coverage"):
            measured[name] = mean_figure(getattr(shares, name), seed)
        measured["novelty"] = mean_figure(self._nearest_train(drawn) / self._novelty, seed)
        apart = mean_distances(drawn.impressions.features) / self._diversity
        measured["diversity"] = mean_figure(apart, seed, factor=2)
        measured["copies"], measured["repeats"] = self._repetition(drawn, seed)
        if drawn.ended is not None:
            measured["ended"] = mean_figure(drawn.ended, seed)
        for name in MEASURES:
            measured[f"form_{name}"] = self._form_distance(name, drawn, seed)
        return measured

    def _nearest_train(self, drawn: DrawingSet) -> Array:
        return nearest_distances(drawn.impressions.features, self._train.features)

    def _repetition(self, drawn: DrawingSet, seed: int) -> tuple[Figure, Figure]:
        digests = drawn.impressions.digests
        counts = Counter(digests)
        return (
            mean_figure([one in self._known for one in digests], seed),
            mean_figure([counts[one] > 1 for one in digests], seed),
        )

    def _form_distance(self, name: str, drawn: DrawingSet, seed: int) -> Figure:
        ours, theirs = np.sort(drawn.form[name]), self.test.form[name]

        def distance(counts: Array) -> float:
            return distribution_distance(np.repeat(ours, counts.astype(np.int64)), theirs)

        return distance_figure(len(ours), distance, seed)


def recognition(drawn: DrawingSet, seed: int) -> dict[str, Figure]:
    """Shares of the drawings that the judge names right at once, and within five answers."""
    ranks = drawn.ranks[drawn.ranks >= 0]
    if not len(ranks):
        return {}
    return {"top1": mean_figure(ranks < 1, seed), "top5": mean_figure(ranks < TOP, seed)}


def frechet_figure(drawn: DrawingSet, real: DrawingSet, seed: int) -> Figure:
    """The Fréchet distance of drawings to real ones."""
    features, others = drawn.impressions.features, moments(real.impressions.features)

    def distance(counts: Array) -> float:
        return frechet_of_moments(*others, *moments(features, counts))

    return distance_figure(len(drawn), distance, seed)
