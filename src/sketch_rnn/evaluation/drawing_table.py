"""The figures of drawings as a table that says what each of them means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sketch_rnn.evaluation.bootstrap import Figure
from sketch_rnn.evaluation.drawing_report import DrawingReport, LabelReport
from sketch_rnn.text import aligned, in_words

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
    drawn = in_words(len(report.sketches), "drawing")
    if report.temperature is not None:
        drawn += f" at temperature {report.temperature:g} ({report.rule} rule)"
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
