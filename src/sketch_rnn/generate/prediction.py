"""The distribution of the next movement."""

from __future__ import annotations

from dataclasses import fields

import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError, expect, expect_switch
from sketch_rnn.generate.checks import expect_model
from sketch_rnn.generate.completion import prefix_rows, with_pen_down
from sketch_rnn.generate.fitting import fit_drawing
from sketch_rnn.generate.labels import LabelLike, label_condition
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.loop import device_of, open_drawings
from sketch_rnn.generate.sampling import checked_latents
from sketch_rnn.model.mixture import StrokeMixture
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN


def predict(
    model: SketchRNN,
    start: Sketch | None = None,
    *,
    z: Tensor | None = None,
    label: LabelLike | None = None,
    pen_down: bool = False,
    fit: bool = True,
) -> StrokeMixture:
    """The distribution of the pen movement after `start`, in pixels.

    Its arrays have no batch dimension and lie on the CPU: `mean` is `(M, 2)`, `pen_probs` `(3,)`.

    Args:
        model: the model.
        start: the drawing so far; empty or None for the first movement.
        z: `(Z,)` latent vector; without one the start is encoded. Decoder-only models take none.
        label: what is being drawn, as for `sample`.
        pen_down: let the last line continue, although `start` ends with the pen lifted.
        fit: bring the start to the size and density of the model's data, see `fit_drawing`; the
            distribution is of movements at the start's own size.

    Raises:
        SketchRNNError: if a conditional model has neither z nor a start, or an argument cannot be
            used.
    """
    expect_model(model)
    expect_switch(pen_down, "pen_down")
    drawing, factor = Sketch.from_polylines([], model.profile.first_row), 1.0
    if start is not None:
        expect(start, Sketch, "start")
    if start is not None and len(start):
        given = with_pen_down(start) if pen_down else start
        fitted = fit_drawing(given, model.profile, fit=fit, part=True)
        drawing, factor = fitted.sketch, fitted.fit.factor
    if z is not None:
        z = checked_latents(z, 1, model)
    elif model.config.conditional:
        if not len(drawing):
            raise SketchRNNError("an empty start does not determine z; give z, or a start")
        z = encode(model, [drawing], fit=False)
    condition = label_condition(model, label, 1).with_z(z)
    device = device_of(model)
    prefix = prefix_rows(drawing, model).to(device)
    decoder = model.network.decoder
    with torch.no_grad():
        opening = open_drawings(decoder, prefix, condition.to(device))
        mixture, _ = decoder.step(*opening)
    parts = {f.name: getattr(mixture, f.name)[0].cpu() for f in fields(mixture)}
    return StrokeMixture(**parts).rescaled(model.profile.scale / factor)
