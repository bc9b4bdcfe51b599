"""Drawings seen and drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

from torch import Tensor

from sketch_rnn.errors import expect_each
from sketch_rnn.generate.fitting import fit_drawing
from sketch_rnn.generate.labels import LabelLike, label_vectors
from sketch_rnn.generate.latent import encode, encoder_of
from sketch_rnn.generate.options import (
    DRAWING,
    DrawingKeywords,
    DrawingOptions,
    drawing_options,
)
from sketch_rnn.generate.sampling import Samples, sample
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN


def reconstruct(
    model: SketchRNN,
    sketches: Sequence[Sketch],
    *,
    options: DrawingOptions = DRAWING,
    fit: bool = True,
    label: LabelLike | None = None,
    **keywords: Unpack[DrawingKeywords],
) -> Samples:
    """Returns what the model draws from the latent vector of each drawing, at its place and size.

    Args:
        model: a model with an encoder.
        sketches: drawings in pixels.
        options: how they are drawn.
        fit: as for `encode`.
        label: what they show: one name for all, one for each drawing, or vectors.
        **keywords: fields of `DrawingOptions`, as for `sample`.

    Raises:
        SketchRNNError: if the model has no encoder, a drawing is empty or cannot be fitted, or
            another argument cannot be used.
    """
    encoder_of(model)
    chosen = drawing_options(options, keywords)
    given = expect_each(sketches, Sketch, "sketches")
    fitted = [fit_drawing(sketch, model.profile, fit=fit) for sketch in given]
    z = encode(model, [drawing.sketch for drawing in fitted], fit=False)
    labels = label
    if label is not None and not isinstance(label, Tensor):
        labels = label_vectors(model, label)
    samples = sample(model, len(fitted), options=chosen, z=z, label=labels)
    pairs = zip(fitted, samples.sketches, strict=True)
    return replace(samples, sketches=[drawing.fit.invert(made) for drawing, made in pairs])
