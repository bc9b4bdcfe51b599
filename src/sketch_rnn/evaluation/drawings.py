"""How good drawings are: recognisability, distances to real drawings, novelty, diversity, form."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, NamedTuple, Unpack

from sketch_rnn.config import ModelConfig
from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError, expect, expect_each, expect_path, expect_whole
from sketch_rnn.evaluation.drawing_report import (
    DrawingReport,
    answers,
    label_reports,
    nearest_and_farthest,
)
from sketch_rnn.evaluation.figures import (
    MOST_TEST,
    MOST_TRAIN,
    JudgedDataset,
    Reference,
    recognition,
)
from sketch_rnn.evaluation.judge import Judge, load_judge
from sketch_rnn.generate.options import (
    DRAWING,
    MOST_DRAWINGS,
    DrawingKeywords,
    DrawingOptions,
    drawing_options,
)
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.formats import pieces_of, read_piece
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.trained import SketchRNN

FEWEST: Final = 10
# The network without training that given drawings are compared with; they have none of their own.
_SMALL: Final = ModelConfig(dec_rnn_size=64, conditional=False)


class GivenSketches(NamedTuple):
    """Drawings of a file or folder.

    Attributes:
        sketches: the drawings, in pixels.
        labels: what each should show: a QuickDraw record's word, a stored label, or the name of the
            folder or file.
        faults: one line for each drawing that could not be read.
    """

    sketches: list[Sketch]
    labels: list[str]
    faults: list[str]


def read_given(path: str | os.PathLike[str]) -> GivenSketches:
    """The drawings in a file or folder of any format that `prepare` reads.

    Raises:
        SketchRNNError: if it cannot be read, or holds no drawing.
    """
    given = GivenSketches([], [], [])
    for piece in pieces_of([expect_path(path, "path")]):
        for chunk in read_piece(piece, ReadingOptions()):
            lines = chunk.lines
            given.sketches.extend(
                Sketch.from_polylines(lines.drawing(row)) for row in range(len(lines))
            )
            given.labels.extend(chunk.labels)
            given.faults.extend(chunk.faults)
    if not given.sketches:
        reason = f": {given.faults[0]}" if given.faults else ""
        raise SketchRNNError(f"{path}: no drawing could be read{reason}")
    return given


def evaluate_drawings(
    drawings: SketchRNN | Sequence[Sketch],
    dataset: Dataset,
    *,
    labels: Sequence[str] | None = None,
    count: int | None = None,
    judge: Judge | None = None,
    options: DrawingOptions = DRAWING,
    **keywords: Unpack[DrawingKeywords],
) -> DrawingReport:
    """Measures how good the drawings of a model, or given drawings, are.

    Everything is measured against the test drawings of `dataset`. The same figures are measured
    for as many validation drawings, the best that a model can reach, and for the drawings of a
    network with random weights. `docs/evaluation.md` defines every figure.

    Args:
        drawings: a model, which draws as often as asked; or the drawings themselves, in pixels.
        dataset: the real drawings.
        labels: for given drawings the name of what each should show. Where the judge knows none of
            the names, and for a model, every label of `dataset` counts as right.
        count: how many drawings a model makes; by default as many as there are validation and test
            drawings, at most 10,000.
        judge: another judge than that of the package.
        options: how a model draws. The seed also fixes the choice of real drawings, and the
            confidence intervals.
        **keywords: fields of `DrawingOptions` in place of those of `options`.

    Raises:
        SketchRNNError: if an argument cannot be used, or there are fewer than 10 drawings to
            measure or to measure against.
    """
    expect(dataset, Dataset, "dataset")
    chosen = drawing_options(options, keywords)
    seed = chosen.seed
    most = min(len(dataset.valid), len(dataset.test), MOST_TEST)
    require_enough(most, "validation or test drawings")
    judged = JudgedDataset(_judge(judge), dataset, seed)
    if isinstance(drawings, SketchRNN):
        number = most if count is None else expect_whole(count, FEWEST, "count", MOST_DRAWINGS)
        chosen = _settled(chosen, drawings)
        drawn = judged.sampled(drawings, number, chosen)
        untrained = SketchRNN.new(drawings.config, drawings.profile, seed, drawings.habits)
    else:
        drawn = judged.given(_checked(drawings), labels)
        untrained = SketchRNN.new(_SMALL, dataset.profile, seed)
    is_model = isinstance(drawings, SketchRNN)
    scribbles = judged.sampled(untrained, len(drawn), chosen)
    test, real = judged.real("test", MOST_TEST), judged.real("valid", len(drawn))
    reference = Reference(test, judged.real("train", MOST_TRAIN))
    known = judged.judge.labels
    nearest, farthest = nearest_and_farthest(drawn, test)
    return DrawingReport(
        figures=reference.measure(drawn, seed),
        real=reference.measure(real, seed),
        untrained=reference.measure(scribbles, seed),
        shuffled=recognition(drawn.shuffled(seed), seed),
        labels=label_reports(drawn, test, known, seed),
        answers=answers(drawn, known, len(drawn), 10),
        temperature=chosen.temperature if is_model else None,
        rule=chosen.rule if is_model else None,
        label_strength=chosen.label_strength if is_model else None,
        label_candidates=chosen.label_candidates if is_model else None,
        seed=seed,
        judge=judged.judge.version,
        data=dataset.profile.sources,
        num_real=len(real),
        num_test=len(test),
        sketches=drawn.sketches,
        best=nearest,
        worst=farthest,
    )


def _judge(given: Judge | None) -> Judge:
    if given is None:
        return load_judge()
    expect(given, Judge, "judge")
    return given


def _settled(options: DrawingOptions, model: SketchRNN) -> DrawingOptions:
    """The options, with what they leave to the model."""
    settled = options.changed({"rule": options.rule or model.habits.temperature_rule})
    if not model.config.num_labels:
        return settled
    for name in ("label_strength", "label_candidates"):
        if getattr(settled, name) is None:
            settled = settled.changed({name: getattr(model.habits, name)})
    return settled


def _checked(drawings: Sequence[Sketch]) -> list[Sketch]:
    sketches = expect_each(drawings, Sketch, "drawings")
    require_enough(len(sketches), "drawings to evaluate")
    return sketches


def require_enough(count: int, what: str) -> None:
    """Raises SketchRNNError if there are too few drawings for any figure."""
    if count < FEWEST:
        raise SketchRNNError(f"{count} {what}; at least {FEWEST} are needed")
