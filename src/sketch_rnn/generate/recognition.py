"""Recognise a drawing: the labels that a class-conditional model finds likely."""

from __future__ import annotations

from typing import NamedTuple

import torch

from sketch_rnn.errors import SketchRNNError, expect
from sketch_rnn.generate.checks import expect_model
from sketch_rnn.generate.completion import prefix_rows
from sketch_rnn.generate.fitting import fit_drawing
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.loop import device_of
from sketch_rnn.model.condition import Condition
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN


class Guess(NamedTuple):
    """A label and its probability, from 0 to 1."""

    label: str
    probability: float


def recognize(
    model: SketchRNN, sketch: Sketch, *, part: bool = False, fit: bool = True
) -> list[Guess]:
    """The labels of the model, the likeliest first, with their probabilities.

    By Bayes' rule with a uniform prior: in proportion to the density of the drawing's movements
    under each label. A model with an encoder also uses the drawing's z.

    Args:
        model: a class-conditional model.
        sketch: the drawing, in pixels.
        part: the drawing is unfinished, so its last pen state is ignored.
        fit: bring it to the size and density of the model's data, see `fit_drawing`.

    Raises:
        SketchRNNError: if the model has no labels, or the drawing is empty or cannot be fitted.
    """
    expect_model(model)
    expect(sketch, Sketch, "sketch")
    vectors = label_vectors(model, model.profile.labels)
    if not len(sketch):
        raise SketchRNNError("an empty drawing cannot be recognized")
    fitted = fit_drawing(sketch, model.profile, fit=fit, part=part).sketch
    z = encode(model, [fitted], fit=False) if model.config.conditional else None
    condition = Condition(label=vectors).with_z(z).to(device_of(model))
    shares = _log_density(model, fitted, condition, part=part).double().softmax(dim=0)
    order = torch.argsort(shares, descending=True, stable=True).tolist()
    return [Guess(model.profile.labels[n], float(shares[n])) for n in order]


@torch.no_grad()
def _log_density(
    model: SketchRNN, sketch: Sketch, condition: Condition, *, part: bool
) -> torch.Tensor:
    """The log density `(R,)` of a drawing's movements under each of R conditions."""
    network, device = model.network.eval(), device_of(model)
    end = torch.tensor([[0.0, 0.0, 0.0, 0.0, 1.0]])
    rows = torch.cat([prefix_rows(sketch, model), end]).to(device)
    lengths = torch.full((condition.rows,), len(sketch))
    strokes = rows.expand(condition.rows, -1, -1)
    prediction = network.predict(strokes, lengths, condition, form="true_length")
    targets = prediction.targets
    offset = prediction.mixture.offset_log_prob(targets[:, :2]) * (1 - targets[:, 4])
    pen = prediction.mixture.pen_log_prob(targets[:, 2:])
    steps = len(sketch) + 1
    offsets, pens = (prediction.packing.unpack(value, steps) for value in (offset, pen))
    return offsets.sum(dim=1) + pens[:, : len(sketch) - 1 if part else steps].sum(dim=1)
