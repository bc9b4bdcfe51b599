"""Draws the published nets of single kinds beside the model `quickdraw`, and measures both.

    python docs/results/side_by_side.py FOLDER OUT.png

FOLDER holds `bear.gen.json`, `bicycle.gen.json`, `bird.gen.json` and `antyoga.gen.json`, published
for the JavaScript libraries. Rows alternate: a published net, then `quickdraw` with its label; the
first drawings of seed 0, each by the temperature rule of its own model. The table counts 1,000
drawings a row.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from sketch_rnn import SketchRNN, sample
from sketch_rnn.evaluation.figures import TOP, JudgedSketches
from sketch_rnn.evaluation.judge import load_judge
from sketch_rnn.render import Style, grid, save

KINDS = {"bear": ("bear",), "bicycle": ("bicycle",), "bird": ("bird",), "antyoga": ("ant", "yoga")}
TEMPERATURE = 0.4
NUM_SHOWN, NUM_COUNTED = 12, 1000


def main() -> None:
    folder, out = map(Path, sys.argv[1:])
    ours, judge = SketchRNN.from_pretrained("quickdraw"), load_judge()
    shown, names = [], []
    print("| kind | model | named right | within five | ended |\n|---|---|---|---|---|")
    for file, labels in KINDS.items():
        published = SketchRNN.from_pretrained(folder / f"{file}.gen.json")
        each = NUM_COUNTED // len(labels)
        for name, samples in (
            ("published", sample(published, NUM_COUNTED, temperature=TEMPERATURE)),
            ("quickdraw", sample(ours, each, label=labels, temperature=TEMPERATURE)),
        ):
            top1, top5 = recognised(judge, samples.sketches, labels)
            kind = " and ".join(labels)
            print(f"| {kind} | {name} | {top1:.1%} | {top5:.1%} | {samples.share_ended:.1%} |")
            # A model with labels gives all drawings of one label, then those of the next.
            groups = len(labels) if name == "quickdraw" else 1
            for start in range(0, NUM_COUNTED, NUM_COUNTED // groups):
                shown += samples.sketches[start : start + NUM_SHOWN // groups]
            names.append(f"{kind}, {name}")
    picture = grid(shown, columns=NUM_SHOWN, style=Style(cell=70), row_labels=names)
    save(picture, out)


def recognised(judge, sketches, labels):
    """The shares of drawings named with one of the labels: first, and among the first five."""
    wanted = np.tile(np.isin(judge.labels, labels), (len(sketches), 1))
    ranks = JudgedSketches.seen(judge, sketches, wanted).ranks
    return np.mean(ranks == 0), np.mean(ranks < TOP)


if __name__ == "__main__":
    main()
