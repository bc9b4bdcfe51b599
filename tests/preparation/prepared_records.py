"""Records of scribbles for the tests of the preparation."""

from __future__ import annotations

import json

import numpy as np

from sketch_rnn.sources.splits import SPLITS


def scribble(rng):
    """Returns a drawing of a few wandering strokes."""
    return [
        np.cumsum(rng.normal(0, 9, (int(rng.integers(4, 30)), 2)), axis=0) + rng.uniform(0, 90, 2)
        for _ in range(int(rng.integers(1, 5)))
    ]


def scribbles(count, seed=0):
    rng = np.random.default_rng(seed)
    return [scribble(rng) for _ in range(count)]


def write_records(path, drawings, words=("cat", "bus")):
    lines = (
        json.dumps(
            {"word": words[i % len(words)], "drawing": [line.T.tolist() for line in drawing]}
        )
        for i, drawing in enumerate(drawings)
    )
    path.write_text("\n".join(lines) + "\n")


def rows_of(dataset):
    stores = {split: dataset.split(split) for split in SPLITS}
    return {split: [store[i] for i in range(len(store))] for split, store in stores.items()}


def same(ones, others):
    return len(ones) == len(others) and all(map(np.array_equal, ones, others))
