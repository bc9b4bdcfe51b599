"""Drawings to latent vectors and back: encode, reconstruct, interpolate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, Unpack

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.dataset.batches import make_batch
from sketch_rnn.errors import SketchRNNError, expect_each, expect_one_of, expect_whole
from sketch_rnn.generate.checks import expect_model
from sketch_rnn.generate.fitting import fit_drawing
from sketch_rnn.generate.labels import LabelLike, label_vectors
from sketch_rnn.generate.loop import checked_numbers, checked_seed, device_of, latent_noise
from sketch_rnn.generate.options import (
    DRAWING,
    INTERPOLATION_MODES,
    MODE,
    MOST_DRAWINGS,
    DrawingKeywords,
    DrawingOptions,
    InterpolationMode,
    drawing_options,
)
from sketch_rnn.generate.sampling import Samples, sample
from sketch_rnn.model.encoder import Encoder, Posterior
from sketch_rnn.sketch import Sketch
from sketch_rnn.sketches import Sketches
from sketch_rnn.trained import SketchRNN

_BATCH_SIZE: Final = 500
# Below this angle the spherical formula divides rounding errors by each other.
_MIN_SINE: Final = 1e-4


def encode(
    model: SketchRNN,
    sketches: Sequence[Sketch],
    *,
    seed: int | None = None,
    fit: bool = True,
) -> Tensor:
    """The latent vectors `(B, Z)` of drawings, on the CPU.

    Args:
        model: a model with an encoder.
        sketches: drawings in pixels.
        seed: draws z from the posterior; by default z is its mean.
        fit: bring drawings to the size and density of the model's data, see `fit_drawing`;
            False for drawings of the model's own data.

    Raises:
        SketchRNNError: if the model has no encoder, or a drawing is empty or cannot be fitted.
    """
    encoder = encoder_of(model)
    given = expect_each(sketches, Sketch, "sketches")
    if not given:
        raise SketchRNNError("no drawings to encode")
    fitted = [fit_drawing(sketch, model.profile, fit=fit).sketch for sketch in given]
    drawings = Sketches.from_arrays(fitted)
    with _evaluating(encoder), torch.no_grad():
        parts = [
            _posterior_draw(encoder, model, drawings, first, seed)
            for first in range(0, len(drawings), _BATCH_SIZE)
        ]
    return torch.cat(parts)


def interpolate(start: Tensor, end: Tensor, count: int, mode: InterpolationMode = MODE) -> Tensor:
    """`count` latent vectors `(count, Z)` from one to another, both included.

    Args:
        start: `(Z,)`.
        end: `(Z,)`.
        count: how many, at least 2.
        mode: along the straight line, or `"spherical"`: along the arc that keeps the length typical
            of N(0, 1) (White 2016, arXiv:1609.04468).

    Raises:
        SketchRNNError: if a vector is not of finite numbers, the shapes differ, there are fewer
            than 2, or the mode is unknown.
    """
    expect_one_of(mode, INTERPOLATION_MODES, "mode")
    start, end = checked_numbers(start, "start"), checked_numbers(end, "end")
    dtype = torch.promote_types(start.dtype, end.dtype)
    start, end = start.to(dtype), end.to(dtype)
    if start.shape != end.shape or start.ndim != 1:
        raise SketchRNNError(
            f"cannot interpolate between z of shapes {tuple(start.shape)} and {tuple(end.shape)}; "
            "give two vectors (Z,)"
        )
    if expect_whole(count, 1, "count", MOST_DRAWINGS) < 2:
        raise SketchRNNError("count=1 must be at least 2: an interpolation holds both ends")
    share = torch.linspace(0, 1, count, device=start.device).unsqueeze(1)  # (count, 1)
    start_share, end_share = 1 - share, share
    if mode == "spherical":
        start_share, end_share = _spherical_shares(start, end, share)
    return start_share * start + end_share * end


def interpolate_grid(
    corners: Tensor, rows: int, columns: int, mode: InterpolationMode = MODE
) -> Tensor:
    """The latent vectors `(rows * columns, Z)` of a grid, row after row.

    Args:
        corners: `(4, Z)`: top left, top right, bottom left, bottom right.
        rows: at least 2.
        columns: at least 2.
        mode: as for `interpolate`.

    Raises:
        SketchRNNError: if there are not four corners, or as for `interpolate`.
    """
    corners = checked_numbers(corners, "corners")
    if corners.ndim != 2 or len(corners) != 4:
        raise SketchRNNError(f"corners of shape {tuple(corners.shape)}, expected (4, Z)")
    left = interpolate(corners[0], corners[2], rows, mode)
    right = interpolate(corners[1], corners[3], rows, mode)
    across = [interpolate(a, b, columns, mode) for a, b in zip(left, right, strict=True)]
    return torch.cat(across)


def between(corners: Tensor, steps: int, mode: InterpolationMode = MODE) -> Tensor:
    """The vectors on the way between two corners, `(steps, Z)`, or in the grid of four.

    Args:
        corners: `(2, Z)` or `(4, Z)` latent vectors, or label vectors.
        steps: how many along each side.
        mode: as for `interpolate`.
    """
    if len(corners) == 2:
        return interpolate(corners[0], corners[1], steps, mode)
    return interpolate_grid(corners, steps, steps, mode)


def encoder_of(model: SketchRNN) -> Encoder:
    """The model's encoder.

    Raises:
        SketchRNNError: if it is decoder-only, or not a model.
    """
    expect_model(model)
    if model.network.encoder is None:
        raise SketchRNNError(
            "this model is decoder-only: it has no encoder; draw and complete work, encode, "
            "reconstruct and interpolate need a model trained with conditional on"
        )
    return model.network.encoder


def _spherical_shares(start: Tensor, end: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """The weights `(count, 1)` of both ends; linear if the vectors are parallel."""
    lengths = start.norm() * end.norm()
    angle = torch.arccos((start @ end / lengths.clamp_min(1e-30)).clamp(-1, 1))
    sine = torch.sin(angle)
    if lengths == 0 or sine < _MIN_SINE:
        return 1 - share, share
    return torch.sin((1 - share) * angle) / sine, torch.sin(share * angle) / sine


def _posterior_draw(
    encoder: Encoder, model: SketchRNN, drawings: Sketches, first: int, seed: int | None
) -> Tensor:
    """The z of a batch of drawings: the posterior's mean, or a sample fixed by `seed`."""
    numbers = range(first, min(first + _BATCH_SIZE, len(drawings)))
    batch = make_batch(drawings, np.array(numbers), scale=model.profile.scale)
    targets = batch.strokes[:, 1:].to(device_of(model))
    posterior: Posterior = encoder(targets, batch.lengths)
    if not (posterior.mean.isfinite().all() and posterior.log_var.isfinite().all()):
        raise SketchRNNError(
            "the model encodes to NaN: its weights are not finite, or a drawing is far too large"
        )
    if seed is None:
        return posterior.mean.cpu()
    noise = latent_noise(checked_seed(seed), numbers, model.config.z_size)
    return posterior.sample(noise.to(targets.device)).cpu()


@contextmanager
def _evaluating(network: torch.nn.Module) -> Iterator[None]:
    """Switches dropout off within the block."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def reconstruct(
    model: SketchRNN,
    sketches: Sequence[Sketch],
    *,
    options: DrawingOptions = DRAWING,
    fit: bool = True,
    label: LabelLike | None = None,
    **keywords: Unpack[DrawingKeywords],
) -> Samples:
    """Draws each drawing again from its latent vector, at its place and size.

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
