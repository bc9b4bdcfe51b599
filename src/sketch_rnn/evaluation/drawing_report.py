"""The figures of drawings beside those of real and of random ones: values, table, picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.config import TemperatureRule
from sketch_rnn.evaluation.figures import TOP, JudgedSketches, frechet_figure
from sketch_rnn.evaluation.judge import FEATURE_SIZE
from sketch_rnn.evaluation.raster import RASTER_VERSION
from sketch_rnn.evaluation.statistics import Figure, mean_figure, nearest_distances
from sketch_rnn.render import Figure as Picture
from sketch_rnn.render import Style, pairs
from sketch_rnn.sketch import Sketch
from sketch_rnn.text import aligned, in_words

Rows = npt.NDArray[np.int64]

# Fewer drawings than twice the features give a covariance that says more about chance.
FEWEST_FOR_COVARIANCE: Final = 2 * FEATURE_SIZE
NUM_PAIRS: Final = 12
_NUM_CONFUSED: Final = 3

_MEANINGS: Final = {
    "top1": "share that the judge names right",
    "top5": "share with a right name among the judge's first five",
    "frechet": "Fréchet distance to the test drawings",
    "precision": "share that looks like a test drawing",
    "recall": "share of the test drawings that could have been drawn",
    "density": "how many test drawings a drawing is near to, of the usual number",
    "coverage": "share of the test drawings with a drawing near them",
    "novelty": "distance to the nearest training drawing, relative to test drawings",
    "diversity": "distance to each other, relative to test drawings",
    "copies": "share with the same picture as a training drawing",
    "repeats": "share with the same picture as another drawing",
    "ended": "share that ended before the length limit",
    "form_points": "rows of a drawing: distance of the distributions, 0 to 1",
    "form_strokes": "strokes: the same",
    "form_travel": "share of the pen's way that it is lifted: the same",
    "form_size": "size relative to the median: the same",
    "form_shape": "width beside height: the same",
}
_LEAST_SHARE: Final = 0.03


@dataclass(frozen=True, kw_only=True)
class LabelReport:
    """The drawings that should show one thing.

    Where any label of the data is right, these are the drawings that look most like this one.

    Attributes:
        name: the label.
        count: how many drawings.
        top1: share that the judge names right.
        top5: share with a right name among the judge's first five.
        real: as `top1`, of the test drawings of this label.
        frechet: distance to the test drawings of this label, None with fewer than 256 of either.
        taken_for: the judge's most frequent wrong answers, and their shares.
        best: numbers of the drawings that are most surely recognised, the best first.
        worst: numbers of the least recognised drawings, the worst first.
    """

    name: str
    count: int
    top1: Figure
    top5: Figure
    real: Figure | None
    frechet: Figure | None
    taken_for: Mapping[str, float]
    best: tuple[int, ...]
    worst: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class DrawingReport:
    """Figures of drawings, by the names that `docs/evaluation.md` defines.

    Attributes:
        figures: of the drawings.
        real: of validation drawings: the best that a model can reach.
        untrained: of the drawings of a network with random weights.
        shuffled: recognisability of the drawings when their labels are exchanged at random.
        labels: the drawings of each label that the judge knows.
        answers: what the judge takes the drawings for most often, and the shares.
        temperature: of the drawings, None if they were given.
        rule: how the temperature acted, None if they were given.
        label_strength: factor on the label vectors, None without labels.
        label_candidates: for each movement, None without labels.
        seed: fixed the drawings, the choice of real ones, and the intervals.
        judge: version of the judge.
        rasteriser: version of its pictures.
        data: names of the sources of the real drawings.
        num_real: how many validation drawings were measured.
        num_test: how many test drawings everything was measured against.
        sketches: the drawings.
        best: numbers of the drawings that are nearest to a test drawing, the nearest first.
        worst: numbers of the drawings farthest from any test drawing, the farthest first.
    """

    figures: Mapping[str, Figure]
    real: Mapping[str, Figure]
    untrained: Mapping[str, Figure]
    shuffled: Mapping[str, Figure]
    labels: Sequence[LabelReport]
    answers: Mapping[str, float]
    temperature: float | None
    rule: TemperatureRule | None
    label_strength: float | None
    label_candidates: int | None
    seed: int
    judge: int
    rasteriser: int = RASTER_VERSION
    data: Sequence[str]
    num_real: int
    num_test: int
    sketches: Sequence[Sketch] = field(repr=False)
    best: tuple[int, ...]
    worst: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything but the drawings, ready for JSON."""
        values = {name: value for name, value in vars(self).items() if name != "sketches"}
        values["labels"] = [asdict(label) for label in self.labels]
        for name in ("figures", "real", "untrained", "shuffled"):
            values[name] = {key: asdict(figure) for key, figure in values[name].items()}
        return {"count": len(self.sketches), **values}

    def drawn_how(self) -> str:
        """Temperature, its rule and how labels act in words; empty for given drawings."""
        if self.temperature is None:
            return ""
        words = f" at temperature {self.temperature:g}, {self.rule} rule"
        if self.label_strength is not None:
            words += f", label strength {self.label_strength:g}"
        if self.label_candidates is not None:
            words += f", {self.label_candidates} candidates" if self.label_candidates > 1 else ""
        return words

    def markdown(self) -> str:
        """The main figures as a Markdown table and a line on how they came about, for a card."""
        rows = [
            f"| {name} | {figure.value:.3f} | {figure.low:.3f} to {figure.high:.3f} "
            f"| {self.real[name].value:.3f} | {self.untrained[name].value:.3f} |"
            for name, figure in self.figures.items()
            if not name.startswith("form_")
        ]
        drawn = f"{len(self.sketches):,} drawings{self.drawn_how()}"
        head = f"| | {drawn} | 95% interval | real | untrained |\n|---|---|---|---|---|"
        foot = (
            f"Against {self.num_test:,} test drawings; real: {self.num_real:,} validation ones; "
            f"seed {self.seed}, judge {self.judge}, rasteriser {self.rasteriser}."
        )
        return "\n".join([head, *rows, "", foot])

    def picture(self, style: Style = Style(cell=80)) -> Picture:  # noqa: B008
        """The best and the worst recognised drawings of each label, side by side.

        Where the judge knows none of the labels, those nearest to and farthest from test drawings.
        """
        chosen = [(one.name, one.best, one.worst) for one in self.labels]
        chosen = chosen or [("", self.best, self.worst)]
        lefts = [self.sketches[row] for _, best, _ in chosen for row in best]
        rights = [self.sketches[row] for _, _, worst in chosen for row in worst]
        texts = [name for name, best, _ in chosen for _ in best]
        headings = ("best", "worst") if self.labels else ("nearest", "farthest")
        columns = min(4, len(lefts))
        return pairs(lefts, rights, headings=headings, columns=columns, labels=texts, style=style)


def label_reports(
    drawn: JudgedSketches, test: JudgedSketches, names: Sequence[str], seed: int
) -> list[LabelReport]:
    """The drawings of each label, in the order of the judge's `names`."""
    owners, test_owners = drawn.owners, test.owners
    present = [number for number in np.unique(owners) if number >= 0]
    num_shown = max(NUM_PAIRS // max(len(present), 1), 1)
    reports = []
    for number in present:
        rows = np.flatnonzero(owners == number)
        ours, theirs = drawn.select(rows), test.select(np.flatnonzero(test_owners == number))
        sure = ours.impressions.probabilities[:, number]
        enough = min(len(ours), len(theirs)) >= FEWEST_FOR_COVARIANCE
        reports.append(
            LabelReport(
                name=names[number],
                count=len(ours),
                top1=mean_figure(ours.ranks < 1, seed),
                top5=mean_figure(ours.ranks < TOP, seed),
                real=mean_figure(theirs.ranks < 1, seed) if len(theirs) else None,
                frechet=frechet_figure(ours, theirs, seed) if enough else None,
                taken_for=answers(ours.select(np.flatnonzero(ours.ranks > 0)), names, len(ours)),
                best=_first(rows, -sure, num_shown),
                worst=_first(rows, sure, num_shown),
            )
        )
    return reports


def answers(
    drawn: JudgedSketches, names: Sequence[str], count: int, most: int = _NUM_CONFUSED
) -> dict[str, float]:
    """What the judge takes drawings for most often, and the share of each answer among `count`."""
    found = drawn.impressions.probabilities.argmax(axis=1)
    counts = np.bincount(found, minlength=len(names))
    order = np.argsort(-counts, kind="stable")[:most]
    return {names[number]: float(counts[number] / count) for number in order if counts[number]}


def nearest_and_farthest(
    drawn: JudgedSketches, test: JudgedSketches
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of the drawings nearest to a test drawing, and of those farthest from any."""
    apart = nearest_distances(drawn.impressions.features, test.impressions.features)
    rows = np.arange(len(drawn))
    return _first(rows, apart, NUM_PAIRS), _first(rows, -apart, NUM_PAIRS)


def _first(rows: Rows, values: npt.NDArray[Any], count: int) -> tuple[int, ...]:
    """The `count` rows of the least values, the least first."""
    return tuple(rows[np.argsort(values, kind="stable")[:count]].tolist())


def report_text(report: DrawingReport) -> str:
    """What was measured, a line for each figure, and a line for each label."""
    parts = [_head(report), _figures(report)]
    return "\n\n".join([*parts, *([_labels(report.labels)] if report.labels else [])])


def _figures(report: DrawingReport) -> str:
    """The figures of all drawings, one a line, beside those of real and of random ones."""
    rows: list[tuple[str, ...]] = [
        ("", "drawings", "95% interval", "real", "untrained", "shuffled", "")
    ]
    for name, meaning in _MEANINGS.items():
        if name in report.figures:
            figure = report.figures[name]
            others = (report.real, report.untrained, report.shuffled)
            values = [_value(each, name) for each in others]
            span = f"{figure.low:.3f} to {figure.high:.3f}"
            rows.append((name, f"{figure.value:.3f}", span, *values, meaning))
    return "\n".join(
        [aligned(rows, right=(1, 2, 3, 4, 5)), f"taken for: {_shares(report.answers)}"]
    )


def _head(report: DrawingReport) -> str:
    """What was measured, against what, and by which judge."""
    drawn = in_words(len(report.sketches), "drawing") + report.drawn_how()
    return (
        f"{drawn} against {report.num_test:,} test drawings of {', '.join(report.data)}; "
        f"real: {report.num_real:,} validation drawings\n"
        f"judge {report.judge}, rasteriser {report.rasteriser}, seed {report.seed}"
    )


def _labels(labels: Sequence[LabelReport]) -> str:
    """A line for each label."""
    rows = [("label", "drawings", "top1", "real", "top5", "frechet", "taken for")]
    for each in labels:
        real = f"{each.real.value:.3f}" if each.real else ""
        frechet = f"{each.frechet.value:.3f}" if each.frechet else ""
        values = (f"{each.top1.value:.3f}", real, f"{each.top5.value:.3f}", frechet)
        rows.append((each.name, f"{each.count:,}", *values, _shares(each.taken_for)))
    return aligned(rows, right=(1, 2, 3, 4, 5))


def _value(figures: Mapping[str, Figure], name: str) -> str:
    return f"{figures[name].value:.3f}" if name in figures else ""


def _shares(found: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in found.items() if share > _LEAST_SHARE)
