"""Draw the pictures of the demo, from the first drawings of the seed; none is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.demo.curve import loss_curve, read_losses
from sketch_rnn.evaluation.distance import nearest_drawings
from sketch_rnn.generate.completion import complete
from sketch_rnn.generate.latent import encode, interpolate, reconstruct
from sketch_rnn.generate.sampling import sample
from sketch_rnn.render import Figure, Style, grid, pairs, save, single, strip
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.callbacks import TrainResult

TEMPERATURES: Final = (0.1, 0.3, 0.5, 0.8)
NUM_COLUMNS: Final = 10
_STYLE: Final = Style(ink="points")
_NUM_STEPS_BETWEEN: Final = 10
_NUM_ENDINGS: Final = 5
# The first test sun begins with its rays, as 9% of suns do: too few to learn in minutes.
_COMPLETED: Final = ("cat", "bus", "house", "fish")
_NUM_MEASURED: Final = 50


@dataclass(frozen=True)
class Originality:
    """Distances of new drawings to the training drawings, see `nearest_drawings`.

    Attributes:
        new: distance of each new drawing to its nearest training drawing.
        test: the same for drawings of the test split, made like the training drawings.
    """

    new: tuple[float, ...]
    test: tuple[float, ...]


@dataclass(frozen=True)
class Pictures:
    """File names of the pictures within the demo's folder, and the figures beside them.

    `curve` is empty if the run has no `metrics.csv`, which demos of earlier versions lack.
    """

    curve: str
    training: str
    temperatures: str
    reconstructions: str
    interpolation: str
    completions: str
    nearest: str
    drawn: str
    share_ended: float
    originality: Originality


@dataclass(frozen=True, eq=False)
class Facts:
    """The content of the page; `seconds` of the training are unknown after a resume."""

    result: TrainResult
    seconds: float | None
    model: SketchRNN
    pictures: Pictures


def draw_pictures(
    model: SketchRNN, dataset: Dataset, out: Path, *, seed: int, metrics: Path
) -> Pictures:
    """Writes the pictures into `out`, as SVG and PNG, and returns their names.

    Args:
        model: the trained model.
        dataset: the doodles.
        out: the folder.
        seed: fixes the drawings.
        metrics: the `metrics.csv` of the run.
    """
    test = [dataset.sketch("test", index) for index in range(2 * NUM_COLUMNS)]
    training = [dataset.sketch("train", index) for index in range(3 * NUM_COLUMNS)]
    nearest, originality = _nearest(model, dataset, seed)
    temperatures, share_ended = _temperatures(model, seed)
    losses = read_losses(metrics) if metrics.is_file() else {}
    return Pictures(
        curve=_save(loss_curve(losses), out, "curve") if any(losses.values()) else "",
        training=_save(grid(training, columns=NUM_COLUMNS, style=_STYLE), out, "training"),
        temperatures=_save(temperatures, out, "temperatures"),
        reconstructions=_save(_reconstructions(model, test, seed), out, "reconstructions"),
        interpolation=_save(_interpolation(model, dataset, seed), out, "interpolation"),
        completions=_save(_completions(model, dataset, seed), out, "completions"),
        nearest=_save(nearest, out, "nearest"),
        drawn=_draw_one(model, out, seed),
        share_ended=share_ended,
        originality=originality,
    )


def first_of_kind(dataset: Dataset, kind: str) -> Sketch:
    """The first test drawing with this label."""
    label = dataset.profile.labels.index(kind)
    index = int(np.flatnonzero(dataset.test.labels == label)[0])
    return dataset.sketch("test", index)


def _temperatures(model: SketchRNN, seed: int) -> tuple[Figure, float]:
    """The same latent vectors drawn at rising temperatures, and the share that finished."""
    rows = [sample(model, NUM_COLUMNS, temperature=t, seed=seed) for t in TEMPERATURES]
    sketches = [sketch for row in rows for sketch in row.sketches]
    labels = [f"{temperature:g}" for temperature in TEMPERATURES]
    ended = float(np.concatenate([row.ended for row in rows]).mean())
    return grid(sketches, columns=NUM_COLUMNS, row_labels=labels, style=_STYLE), ended


def _reconstructions(model: SketchRNN, originals: list[Sketch], seed: int) -> Figure:
    drawn = reconstruct(model, originals, temperature=0.1, seed=seed, fit=False)
    return pairs(originals, drawn.sketches, columns=NUM_COLUMNS // 2, style=_STYLE)


def _interpolation(model: SketchRNN, dataset: Dataset, seed: int) -> Figure:
    """The paths between three pairs of given drawings, one a row."""
    rows: list[Sketch] = []
    prefixes: list[int] = []
    for ends in (("cat", "bus"), ("sun", "flower"), ("house", "fish")):
        first, last = (first_of_kind(dataset, kind) for kind in ends)
        start, end = encode(model, [first, last], fit=False)
        between = interpolate(start, end, _NUM_STEPS_BETWEEN, "spherical")
        drawn = sample(model, len(between), z=between, temperature=0.1, seed=seed)
        rows += [first, *drawn.sketches, last]
        prefixes += [len(first), *[0] * len(drawn), len(last)]
    shares = [f"{share:.0%}" for share in np.linspace(0, 1, _NUM_STEPS_BETWEEN)]
    return grid(rows, column_labels=["given", *shares, "given"], prefix=prefixes, style=_STYLE)


def _completions(model: SketchRNN, dataset: Dataset, seed: int) -> Figure:
    """Half-finished drawings, each with several endings."""
    sketches, prefixes = [], []
    for kind in _COMPLETED:
        whole = first_of_kind(dataset, kind)
        half = Sketch(whole.strokes[: len(whole) // 2], whole.first_row)
        endings = complete(model, half, _NUM_ENDINGS, temperature=0.1, seed=seed, fit=False)
        sketches += [half, *endings.sketches]
        prefixes += [len(half)] * (_NUM_ENDINGS + 1)
    headings = ["given", *(f"ending {number + 1}" for number in range(_NUM_ENDINGS))]
    return grid(
        sketches,
        columns=_NUM_ENDINGS + 1,
        column_labels=headings,
        prefix=prefixes,
        style=_STYLE,
    )


def _nearest(model: SketchRNN, dataset: Dataset, seed: int) -> tuple[Figure, Originality]:
    """New drawings beside the training drawings nearest to them, and the distances."""
    training = [dataset.sketch("train", index) for index in range(len(dataset.train))]
    test = [dataset.sketch("test", i) for i in range(min(_NUM_MEASURED, len(dataset.test)))]
    new = sample(model, _NUM_MEASURED, temperature=0.3, seed=seed).sketches
    nearest = nearest_drawings(new, training)
    shown = range(NUM_COLUMNS)
    figure = pairs(
        [new[i] for i in shown],
        [training[nearest[i].number] for i in shown],
        headings=("new", "nearest in training"),
        columns=NUM_COLUMNS // 2,
        style=_STYLE,
    )
    originality = Originality(
        new=tuple(found.distance for found in nearest),
        test=tuple(found.distance for found in nearest_drawings(test, training)),
    )
    return figure, originality


def _draw_one(model: SketchRNN, out: Path, seed: int) -> str:
    """The name of the SVG that shows drawings being drawn; a GIF of it is beside it."""
    sketches = sample(model, 4, temperature=0.3, seed=seed).sketches
    save(strip(sketches), out / "drawn.gif")
    save(strip(sketches), out / "drawn.svg", animated=True)
    save(single(sketches[0], style=_STYLE), out / "drawn.png")
    return "drawn.svg"


def _save(figure: Figure, out: Path, name: str) -> str:
    save(figure, out / f"{name}.png")
    return save(figure, out / f"{name}.svg").name
