"""Prints tables of how good the drawings of models are, as Markdown.

    python docs/results/judge.py models NAME=DATA [NAME=DATA ...]
    python docs/results/judge.py labels MODEL=RECORDS [MODEL=RECORDS ...]
    python docs/results/judge.py temperatures NAME DATA [COUNT]
    python docs/results/judge.py order DATA MODEL [MODEL ...]

`labels` is for models of single categories, of which there are QuickDraw records of 200 drawings:
the judge has not seen the last 20.
"""

from __future__ import annotations

import sys

import numpy as np

from sketch_rnn import SketchRNN, evaluate_drawings, load_dataset
from sketch_rnn.dataset.dataset import build_dataset
from sketch_rnn.evaluation.drawings import read_given

COLUMNS = ("top1", "top5", "frechet", "precision", "recall", "density", "coverage", "novelty")
TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
NUM_OF_LABEL, NUM_SEEN, NUM_VALID = 1000, 180, 10


def main() -> None:
    what, *arguments = sys.argv[1:]
    {"models": models, "labels": labels, "temperatures": temperatures, "order": order}[what](
        *arguments
    )


def models(*pairs):
    head("model", COLUMNS)
    for name, data in (pair.split("=", 1) for pair in pairs):
        report = evaluate_drawings(SketchRNN.from_pretrained(name), load_dataset(data))
        row(f"`{name}`, {len(report.sketches):,}", report.figures)
        row(f"real {', '.join(report.data)}, {report.num_real:,}", report.real)
        row("untrained", report.untrained)


def labels(*pairs):
    head("model", ("top1", "top5"), "taken for")
    for path, records in (pair.split("=", 1) for pair in pairs):
        dataset = records_of(records)
        model = SketchRNN.from_pretrained(path)
        for temperature in (0.25, 0.5, 1.0):
            report = evaluate_drawings(model, dataset, count=NUM_OF_LABEL, temperature=temperature)
            answers = ", ".join(f"{k} {v:.0%}" for k, v in [*report.answers.items()][:4])
            name = f"{', '.join(dataset.profile.labels)} at {temperature}, {NUM_OF_LABEL:,}"
            row(name, report.figures, ("top1", "top5"), answers)
        unseen = [dataset.sketch(s, i) for s in ("valid", "test") for i in range(NUM_VALID)]
        row("real, 20", evaluate_drawings(unseen, dataset).figures, ("top1", "top5"), "")
        row("untrained", report.untrained, ("top1", "top5"), "")


def temperatures(name, data, count=None):
    model, dataset = SketchRNN.from_pretrained(name), load_dataset(data)
    head("temperature", COLUMNS)
    for temperature in TEMPERATURES:
        number = None if count is None else int(count)
        report = evaluate_drawings(model, dataset, count=number, temperature=temperature)
        row(f"{temperature}", report.figures)
    row("real", report.real)


def order(data, *names):
    dataset = load_dataset(data)
    head("drawings", COLUMNS)
    for number, name in enumerate(names):
        report = evaluate_drawings(SketchRNN.from_pretrained(name), dataset, temperature=1.0)
        if not number:
            row("real", report.real)
        row(name, report.figures)
    row("untrained", report.untrained)


def records_of(paths):
    """Returns the drawings of QuickDraw records, split as the judge's were; `+` joins files."""
    parts = [read_given(path) for path in paths.split("+")]
    ends = (0, NUM_SEEN, NUM_SEEN + NUM_VALID, None)
    splits, numbers = [], {}
    for split, start, stop in zip(("train", "valid", "test"), ends, ends[1:], strict=False):
        splits.append([sketch for part in parts for sketch in part.sketches[start:stop]])
        sizes = [len(part.sketches[start:stop]) for part in parts]
        numbers[split] = np.repeat(np.arange(len(parts)), sizes)
    names = [part.labels[0] for part in parts]
    return build_dataset(*splits, labels=numbers, label_names=names)


def head(first, columns, *more):
    names = [first, *columns, *more]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")


def row(name, figures, columns=COLUMNS, *more):
    values = [f"{figures[c].value:.3f}" if c in figures else "" for c in columns]
    print(f"| {' | '.join([name, *values, *more])} |", flush=True)


if __name__ == "__main__":
    main()
