"""Contract: the names that users import."""

from __future__ import annotations

import pytest

import sketch_rnn

NAMES = [
    "DrawingOptions",
    "ModelConfig",
    "Sketch",
    "SketchRNN",
    "SketchRNNError",
    "StrokeMixture",
    "TrainConfig",
    "Trainer",
    "complete",
    "encode",
    "evaluate",
    "evaluate_drawings",
    "interpolate",
    "label_vectors",
    "load_dataset",
    "predict",
    "prepare_dataset",
    "recognize",
    "reconstruct",
    "sample",
    "save_dataset",
]


def test_names_are_these_and_all_load():
    assert sorted(set(sketch_rnn.__all__) - {"__version__"}) == NAMES
    for name in NAMES:
        assert getattr(sketch_rnn, name).__doc__
    assert set(NAMES) <= set(dir(sketch_rnn))


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'sketch_rnn' has no attribute 'Sketches'"):
        sketch_rnn.Sketches  # noqa: B018
