"""Contact sheets: drawings before and after the preparation, and those of a dataset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError, expect_whole
from sketch_rnn.lines import Lines
from sketch_rnn.preparation.pieces import LEAST_CHANGE, Example
from sketch_rnn.preparation.report import Report
from sketch_rnn.preparation.steps import fitted
from sketch_rnn.profile import label_number
from sketch_rnn.render.figure import Figure
from sketch_rnn.render.tables import grid, pairs, stacked
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.svg import document_of
from sketch_rnn.text import listed

_PAIR_COLUMNS = 4
_TRIPLE_COLUMNS = 3
# Of a file that the sheet shows; eight of them are at most.
_MOST_BYTES = 256 * 1024


def before_and_after(report: Report, *, files: bool = True) -> Figure:
    """The picture of some drawings before and after their preparation.

    Random ones come first, then those that changed most, or whose file holds more than lines. Lines
    that the reader left out, such as backgrounds, are in the ink for what was given. Files that are
    SVG documents are shown as well, embedded as images, in which browsers run no script and load
    nothing.

    Args:
        report: on the preparation.
        files: whether to show the files; only a picture that is saved as SVG can.

    Raises:
        SketchRNNError: if there are none.
    """
    if not report.examples:
        raise SketchRNNError("no drawings to show")
    changed = report.most_changed
    title = f"{report.num_written:,} of {report.num_read:,} drawings kept"
    if changed:
        title += f"; the last {len(changed)} changed most (grey: left out)"
    documents = [_document(example) for example in changed] if files else []
    if not any(documents):
        return _table([*report.examples, *changed], report, title)
    return stacked(_table(report.examples, report, title), _table(changed, report, "", documents))


def _table(
    examples: Sequence[Example],
    report: Report,
    title: str,
    documents: Sequence[bytes | None] = (),
) -> Figure:
    columns = _TRIPLE_COLUMNS if documents else _PAIR_COLUMNS
    return pairs(
        [_before(example, report.options.box) for example in examples],
        [Sketch.from_polylines(example.after) for example in examples],
        headings=("in a browser", "before", "after") if documents else ("before", "after"),
        columns=min(columns, len(examples)),
        labels=[_label(example) for example in examples],
        title=title,
        prefix=[_num_left_out(example) for example in examples],
        documents=documents,
    )


def _document(example: Example) -> bytes | None:
    """The example's file as an SVG document; None if it is another kind, too large, or gone."""
    return document_of(example.document, _MOST_BYTES) if example.document else None


def _label(example: Example) -> str:
    name = example.document.name if example.document else example.label
    if example.change >= LEAST_CHANGE:
        return f"{name}: {example.change:.0%} of the lines gone"
    if example.note:
        return f"{name}: {example.note}"
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
        places = np.flatnonzero(store.labels == label_number(label, profile.labels))
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(places, min(count, len(places)), replace=False))
    drawings = store.select(chosen)
    names = [profile.labels[n] if profile.labels else "" for n in drawings.labels]
    several = len(profile.labels) > 1
    return grid(
        [Sketch(drawings[i], profile.first_row) for i in range(len(drawings))],
        labels=names if several else (),
        title=f"{listed(profile.sources)}: {len(chosen)} of {len(places):,} {split} drawings",
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
