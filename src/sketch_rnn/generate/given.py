"""Encode and reconstruct given drawings, fitting those that are not from the model's own data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.drawings import Drawing
from sketch_rnn.generate.labels import LabelLike
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.options import DRAWING, DrawingOptions
from sketch_rnn.generate.reconstruction import reconstruct
from sketch_rnn.generate.sampling import Samples
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN


def own_and_foreign(
    drawings: Sequence[Drawing], profile: DataProfile
) -> Iterator[tuple[bool, list[Sketch]]]:
    """Yields runs of consecutive drawings that all need fitting, or all do not, in order."""
    for fit, group in groupby(drawings, lambda drawing: drawing.needs_fit(profile)):
        yield fit, [drawing.sketch for drawing in group]


def encode_given(model: SketchRNN, drawings: Sequence[Drawing]) -> Tensor:
    """Returns the latent vectors `(B, Z)` of given drawings."""
    groups = own_and_foreign(drawings, model.profile)
    return torch.cat([encode(model, sketches, fit=fit) for fit, sketches in groups])


def reconstruct_given(
    model: SketchRNN,
    drawings: Sequence[Drawing],
    options: DrawingOptions = DRAWING,
    label: LabelLike | None = None,
) -> Samples:
    """Returns what the model draws from the latent vector of each given drawing.

    Args:
        model: a model with an encoder.
        drawings: the drawings.
        options: how they are drawn.
        label: what all of them show, by name or as one vector.
    """
    groups = own_and_foreign(drawings, model.profile)
    return Samples.concatenate(
        [
            reconstruct(model, sketches, options=options, fit=fit, label=label)
            for fit, sketches in groups
        ]
    )


def beginning(drawing: Drawing, rows: int | None) -> Sketch:
    """Returns the first `rows` rows of a drawing; all of it for None.

    Raises:
        SketchRNNError: if the drawing has fewer rows.
    """
    sketch = drawing.sketch
    if rows is None:
        return sketch
    if not 1 <= rows <= len(sketch):
        raise SketchRNNError(f"rows={rows} must be 1 to {len(sketch)}, all of {drawing.name}")
    return Sketch(sketch.strokes[:rows], sketch.first_row)
