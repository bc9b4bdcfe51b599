"""Recognition is Bayes' rule over the labels of a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.prediction import predict
from sketch_rnn.generate.recognition import recognize
from sketch_rnn.generate.sampling import sample
from sketch_rnn.sketch import Sketch

NAMES = ("bus", "cat", "sun")


@pytest.fixture
def model(make_model, profile):
    labels = {"num_labels": 3, "label_size": 6}
    return make_model(conditional=False, profile=replace(profile, labels=NAMES), **labels)


def log_density(model, sketch, *, part):
    """The log density of a drawing by single predictions of a model without labels."""
    total = 0.0
    rows = torch.from_numpy(sketch.stroke5())
    for step in range(len(sketch) + 1):
        start = Sketch(sketch.strokes[:step], sketch.first_row)
        mixture = predict(model, start, fit=False)
        if step == len(sketch):
            return total if part else total + float(mixture.pen_log_prob(torch.eye(3)[2]))
        total += float(mixture.offset_log_prob(rows[step, :2]))
        if not (part and step == len(sketch) - 1):
            total += float(mixture.pen_log_prob(rows[step, 2:]))
    raise AssertionError


@pytest.mark.parametrize("part", [True, False])
def test_shares_are_those_of_the_densities_under_each_label(model, zigzag, part):
    given = Sketch(zigzag.strokes[:6], zigzag.first_row)
    guesses = recognize(model, given, part=part, fit=False)
    assert sorted(guess.label for guess in guesses) == sorted(NAMES)
    probabilities = [guess.probability for guess in guesses]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1)
    logs = [log_density(model.with_label(g.label), given, part=part) for g in guesses]
    shares = np.exp(np.array(logs) - max(logs))
    np.testing.assert_allclose(probabilities, shares / shares.sum(), rtol=1e-3, atol=1e-6)


def test_drawings_of_a_label_are_taken_for_it(model):
    right = 0
    for name in NAMES:
        for sketch in sample(model, 20, label=name, temperature=1.0, seed=5).sketches:
            right += len(sketch) > 0 and recognize(model, sketch, fit=False)[0].label == name
    assert right > 25  # of 60, where chance is 20


def test_drawings_that_cannot_be_recognized(model, decoder_only):
    with pytest.raises(SketchRNNError, match="an empty drawing cannot be recognized"):
        recognize(model, Sketch.from_polylines([]))
    with pytest.raises(SketchRNNError, match="this model was trained without labels"):
        recognize(decoder_only, Sketch.from_polylines([np.eye(2)]))
