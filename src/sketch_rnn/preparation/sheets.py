"""Contact sheets: drawings before and after the preparation, and those of a dataset."""

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
    """The picture of some drawings before and after their preparation.

    Random ones come first, then those that changed most. Lines of the file that the reader left
    out, such as backgrounds, are in the ink for what was given. The file's own picture is not
    shown: to embed an SVG that was given would carry its links and scripts into the sheet.

    Raises:
        SketchRNNError: if there are none.
    """
    examples = [*report.examples, *report.most_changed]
    if not examples:
        raise SketchRNNError("no drawings to show")
    changed = len(report.most_changed)
    return pairs(
        [_before(example, report.options.box) for example in examples],
        [Sketch.from_polylines(example.after) for example in examples],
        headings=("before", "after"),
        columns=min(_PAIR_COLUMNS, len(examples)),
        labels=[_label(example) for example in examples],
        title=f"{report.num_written:,} of {report.num_read:,} drawings kept"
        + f"; the last {changed} changed most (grey: left out)" * bool(changed),
        prefix=[_num_left_out(example) for example in examples],
    )


def _label(example: Example) -> str:
    if example.change:
        return f"{example.label}: {example.change:.0%} of the lines gone"
    return f"{example.label}: {_count(example.before)} to {_count(example.after)} points"


def _num_left_out(example: Example) -> int:
    return len(Sketch.from_polylines(example.left_out).strokes) if example.left_out else 0


def contact_sheet(
    dataset: Dataset, *, split: str = "train", count: int = 50, seed: int = 0, label: str = ""
) -> Figure:
    """The picture of drawings chosen at random.

    Args:
        dataset: the drawings.
        split: which of them.
        count: how many, at most, and at least 1.
        seed: fixes the choice.
        label: only those of this class; of all where empty.

    Raises:
        SketchRNNError: if there are none, or the count is below 1.
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
    before = Lines.from_polylines([example.before])
    after = fitted(before, box)
    size, scaled = (np.ptp(lines.points, axis=0).max() for lines in (before, after))
    corner, factor = before.boxes()[0][0], scaled / size if box and size else 1.0
    left_out = [(line - corner * bool(box)) * factor for line in example.left_out]
    return Sketch.from_polylines([*left_out, *after.drawing(0)])


def _count(drawing: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]) -> int:
    return sum(map(len, drawing))
