"""Complete an unfinished drawing."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, Unpack

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError, expect, expect_one_of, expect_switch, expect_whole
from sketch_rnn.generate.checks import expect_model
from sketch_rnn.generate.fitting import fit_drawing
from sketch_rnn.generate.labels import LabelLike, label_condition
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.loop import (
    Drawn,
    Plan,
    Task,
    device_of,
    draw_batches,
    latent_noise,
    length_limit,
    start_token,
)
from sketch_rnn.generate.options import (
    COMPLETION_LATENTS,
    DRAWING,
    LATENT,
    MOST_DRAWINGS,
    CompletionLatent,
    DrawingKeywords,
    DrawingOptions,
    drawing_options,
)
from sketch_rnn.generate.sampling import Samples, checked_latents, numbered
from sketch_rnn.model.condition import UNCONDITIONAL, Condition
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN

_NUM_CANDIDATES: Final = 1000
_LIKELY_STREAM: Final = 10**6


def complete(
    model: SketchRNN,
    partial: Sketch,
    count: int,
    *,
    options: DrawingOptions = DRAWING,
    z: Tensor | None = None,
    label: LabelLike | None = None,
    latent: CompletionLatent = LATENT,
    pen_down: bool = False,
    fit: bool = True,
    **keywords: Unpack[DrawingKeywords],
) -> Samples:
    """Completes a drawing in several ways, each beginning with `partial` exactly as it is.

    The model sees the given part, fitted to its data, and continues it; the endings are added to
    the given part at its own place and size.

    Args:
        model: the model.
        partial: the given part, in pixels. If its last row has the pen down, the line continues.
        count: number of endings.
        options: how they are drawn. `max_len` counts the rows of the ending and of the part as the
            model sees it, which fitting or another meaning of row 0 can make shorter than it was
            given; at least 2.
        z: as for `sample`; decoder-only models take none.
        label: as for `sample`.
        latent: without `z`, how each ending's z is chosen: `likely`, under which the given part is
            likely, see `likely_latents`; `encode`, the encoder's z of the given part, although the
            encoder only knows finished drawings; or `prior`, drawn from N(0, 1).
        pen_down: let the last line continue, although the part ends with the pen lifted.
        fit: bring the part to the size and density of the model's data, see `fit_drawing`.
        **keywords: fields of `DrawingOptions`, as for `sample`.

    Returns:
        Drawings whose first `prefix_rows` rows are the given part.

    Raises:
        SketchRNNError: if the part is empty or fills `max_len`, or another argument cannot be used.
    """
    expect_model(model)
    chosen = drawing_options(options, keywords)
    task = completion_task(
        model, partial, count, chosen, z=z, label=label, latent=latent, pen_down=pen_down, fit=fit
    )
    return Samples.concatenate([_continued(task, drawn) for drawn in draw_batches(model, task)])


def completion_task(
    model: SketchRNN,
    partial: Sketch,
    count: int,
    options: DrawingOptions,
    *,
    z: Tensor | None = None,
    label: LabelLike | None = None,
    latent: CompletionLatent = LATENT,
    pen_down: bool = False,
    fit: bool = True,
) -> Task:
    """The drawings that `complete` makes, see there."""
    expect(partial, Sketch, "partial")
    expect_whole(count, 1, "count", MOST_DRAWINGS)
    expect_switch(pen_down, "pen_down")
    check_latent(latent)
    limit = length_limit(options, model)
    if limit < 2:
        raise SketchRNNError(f"max_len={limit} leaves no ending: the part counts; give at least 2")
    given = with_pen_down(partial) if pen_down else partial
    fitted = fit_drawing(given, model.profile, fit=fit, part=True, max_rows=limit - 1)
    if z is not None:
        z = checked_latents(z, count, model)
    condition = label_condition(model, label, count, options)
    repeats = max(condition.rows // count, 1)
    prefix = prefix_rows(fitted.sketch, model, options)
    if z is None and model.config.conditional and latent == "encode":
        z = encode(model, [fitted.sketch], fit=False)
    elif z is None and model.config.conditional and latent == "likely":
        each = [condition.select(slice(i, i + 1)) for i in range(0, condition.rows, count)]
        z = torch.cat([likely_latents(model, prefix, count, options.seed, one) for one in each])
    elif z is not None and len(z) > 1:
        z = z.repeat(repeats, 1)
    return Task(
        numbers=numbered(count, repeats),
        prefix=prefix,
        condition=condition.with_z(z),
        plan=Plan.of(options, model, condition, num_given=len(fitted.sketch)),
        scale=model.profile.scale / fitted.fit.factor,
        given=given,
    )


def check_latent(latent: str) -> None:
    """Raises SketchRNNError if there is no such way to choose z."""
    expect_one_of(latent, COMPLETION_LATENTS, "latent")


@torch.no_grad()
def likely_latents(
    model: SketchRNN, prefix: Tensor, count: int, seed: int, known: Condition = UNCONDITIONAL
) -> Tensor:
    """Latent vectors `(count, Z)` under which a drawing is likely to begin like this.

    They sample the distribution of z given the beginning, by importance resampling: of a thousand
    vectors from N(0, 1), each is chosen with a probability in proportion to the density of the
    beginning under it. The last pen state is ignored.

    Args:
        model: a conditional model.
        prefix: `(P, 5)` normalised movements, start token first.
        count: how many.
        seed: fixes them; vector i is a function of the seed and i.
        known: the rest of the condition, of one drawing.
    """
    decoder, device = model.network.decoder, device_of(model)
    candidates = latent_noise(seed, range(_NUM_CANDIDATES), model.config.z_size)
    z, prefix = candidates.to(device), prefix.to(device)
    condition = known.with_z(candidates).to(device)
    context, state = decoder.context(condition, len(z)), decoder.start(condition, len(z))
    log_density = z.new_zeros(len(z))
    for step, (row, target) in enumerate(pairwise(prefix), start=2):
        mixture, state = decoder.step(row.expand(len(z), -1), context, state)
        log_density += mixture.offset_log_prob(target[:2].expand(len(z), -1))
        if step < len(prefix):
            log_density += mixture.pen_log_prob(target[2:].expand(len(z), -1))
    shares = log_density.double().softmax(dim=0).cumsum(dim=0).cpu().numpy()
    picks = [np.random.default_rng([seed, i, _LIKELY_STREAM]).random() for i in range(count)]
    chosen = np.minimum(np.searchsorted(shares, picks), _NUM_CANDIDATES - 1)
    return candidates[torch.from_numpy(chosen)]


def with_pen_down(sketch: Sketch) -> Sketch:
    """The drawing with the pen still down after its last row."""
    strokes = sketch.strokes.copy()
    strokes[-1:, 2] = 0
    return Sketch(strokes, sketch.first_row)


def prefix_rows(sketch: Sketch, model: SketchRNN, options: DrawingOptions = DRAWING) -> Tensor:
    """The normalised `(N + 1, 5)` rows of a drawing in the model's pixels, start first."""
    scale = model.profile.scale
    rows = sketch.stroke5() / np.array([scale, scale, 1, 1, 1], np.float32)
    return torch.cat([start_token(options, model), torch.from_numpy(rows.astype(np.float32))])


def _continued(task: Task, drawn: Drawn) -> Samples:
    """The drawings of the given part and of what was drawn after it, in its pixels."""
    given = task.given
    assert given is not None  # noqa: S101
    sketches = []
    for rows in drawn.rows * np.array([task.scale, task.scale, 1, 1, 1], np.float32):
        ending = Sketch.from_stroke5(rows).strokes
        sketches.append(Sketch(np.vstack([given.strokes, ending]), given.first_row))
    return Samples(sketches, drawn.ended, drawn.condition, len(given))
