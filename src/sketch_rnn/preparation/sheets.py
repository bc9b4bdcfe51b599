"""Contact sheets: drawings before and after the preparation, and those of a data set."""

from __future__ import annotations

import numpy as np

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError, expect_whole
from sketch_rnn.lines import Lines
from sketch_rnn.preparation.pieces import Example
from sketch_rnn.preparation.report import Report
from sketch_rnn.preparation.steps import fitted
from sketch_rnn.render.figure import Figure
from sketch_rnn.render.tables import grid, pairs
from sketch_rnn.sketch import Sketch

_PAIR_COLUMNS = 4


def before_and_after(report: Report) -> Figure:
    """Returns the picture of some drawings before and after their preparation.

    Raises:
        SketchRNNError: if there are none.
    """
    examples = report.examples
    if not examples:
        raise SketchRNNError("no drawings to show")
    points = [(_count(e.before), _count(e.after)) for e in examples]
    return pairs(
        [_before(example, report.options.box) for example in examples],
        [Sketch.from_polylines(example.after) for example in examples],
        headings=("before", "after"),
        columns=min(_PAIR_COLUMNS, len(examples)),
        labels=[
            f"{example.label}: {before} to {after} points"
            for example, (before, after) in zip(examples, points, strict=True)
        ],
        title=f"{report.num_written:,} of {report.num_read:,} drawings kept",
    )


def contact_sheet(
    dataset: Dataset, *, split: str = "train", count: int = 50, seed: int = 0, label: str = ""
) -> Figure:
    """Returns the picture of drawings chosen at random.

    Args:
        dataset: the drawings.
        split: which of them.
        count: how many, at most, and at least 1.
        seed: fixes the choice.
        label: only those of this class; of all where empty.

    Raises:
        SketchRNNError: if there are none, or the count cannot be.
    """
    expect_whole(count, 1, "count")
    store, profile = dataset.split(split), dataset.profile
    places = np.arange(len(store))
    if label:
        if label not in profile.labels:
            raise SketchRNNError(f"no label {label}; there are {', '.join(profile.labels)}")
        places = np.flatnonzero(store.labels == profile.labels.index(label))
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(places, min(count, len(places)), replace=False))
    drawings = store.select(chosen)
    names = [profile.labels[n] if profile.labels else "" for n in drawings.labels]
    several = len(profile.labels) > 1
    return grid(
        [Sketch(drawings[i], profile.first_row) for i in range(len(drawings))],
        labels=names if several else (),
        title=f"{', '.join(profile.sources)}: {len(chosen)} of {len(places):,} {split} drawings",
    )


def _before(example: Example, box: float) -> Sketch:
    lines = Lines.from_polylines([example.before])
    return Sketch.from_polylines(fitted(lines, box).drawing(0))


def _count(drawing: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]) -> int:
    return sum(map(len, drawing))
