"""The losses of a model on a set of drawings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.config import EVALUATION_FORM, PenLossForm
from sketch_rnn.dataset.batches import StrokeBatch, evaluation_batches
from sketch_rnn.dataset.store import Split
from sketch_rnn.errors import (
    SketchRNNError,
    expect_one_of,
    expect_switch,
    expect_whole,
    renamed_argument,
    wrong_type,
)
from sketch_rnn.generate.checks import expect_model
from sketch_rnn.model.seeding import seeded_generator
from sketch_rnn.options import expect_rule, number
from sketch_rnn.trained import SketchRNN


@dataclass(frozen=True)
class Losses:
    """Average losses over drawings. Negative values are normal: L_s is a density's logarithm.

    Attributes:
        offset: L_s, negative log density of the offsets, over N_max steps a drawing.
        pen: L_p, cross-entropy of the pen states, over N_max steps a drawing.
        kl: L_KL, KL divergence of z from N(0, 1), averaged over z; 0 for a decoder-only model.
        num_sketches: how many drawings were averaged over.
    """

    offset: float
    pen: float
    kl: float
    num_sketches: int

    @property
    def reconstruction(self) -> float:
        """L_R: offset + pen (Ha & Eck 2017, eq. 9)."""
        return self.offset + self.pen

    def total(self, kl_weight: float) -> float:
        """L_R + `kl_weight` * L_KL (Ha & Eck 2017, eq. 11)."""
        return self.reconstruction + kl_weight * self.kl


@renamed_argument("store", "drawings")
@torch.no_grad()
def evaluate(
    model: SketchRNN,
    drawings: Split,
    *,
    form: PenLossForm = EVALUATION_FORM,
    seed: int = 0,
    batch_size: int = 100,
    kl_tolerance: float = 0.0,
    shuffle_z: bool = False,
    use_labels: bool = True,
) -> Losses:
    """The losses of `model`, without dropout, averaged over all drawings.

    Each drawing has its own z, drawn from its posterior with noise that depends only on the seed
    and the drawing's place. The network is left in evaluation mode.

    Args:
        model: the model, on any device.
        drawings: the drawings, in pixels.
        form: which pen states count, see `sketch_rnn.model.loss.counted_steps`.
        seed: fixes the noise of z, and the shuffling.
        batch_size: drawings at a time; it changes the result only by rounding.
        kl_tolerance: the least that a batch's KL counts as, as in the training loss. Above 0 the
            batch size matters.
        shuffle_z: give each drawing the z of another one. If that hardly raises L_R, the decoder
            does not use z: the latent space has collapsed.
        use_labels: tell a class-conditional model the label of each drawing, whose numbers must
            be the model's, see `Dataset.relabelled`; False measures it without labels.

    Raises:
        SketchRNNError: if an argument cannot be used, there are no drawings, z is to be shuffled
            but the model has none, or a drawing is longer than the padded form allows.
    """
    expect_model(model)
    if not isinstance(drawings, Split):
        raise wrong_type(drawings, "drawings", "a split of a dataset, such as dataset.valid")
    _check_options(form, seed, batch_size, kl_tolerance)
    expect_switch(use_labels, "use_labels")
    if not len(drawings):
        raise SketchRNNError("no drawings to evaluate")
    model.network.eval()
    kl, z = _encode(model, drawings, seed, batch_size, kl_tolerance)
    if expect_switch(shuffle_z, "shuffle_z"):
        if z is None:
            raise SketchRNNError("a decoder-only model has no z to shuffle")
        z = z[_other_drawings(len(drawings), seed)]
    offset = pen = 0.0
    for rows, batch in _batches(model, drawings, batch_size, form):
        known = batch.known if use_labels else {}
        condition = model.network.condition(None if z is None else z[rows], **known)
        prediction = model.network.predict(batch.strokes, batch.lengths, condition, form=form)
        terms = prediction.loss(model.profile.max_seq_len, kl_weight=0, kl_tolerance=0)
        offset += terms.offset.item() * len(batch)
        pen += terms.pen.item() * len(batch)
    return Losses(offset / len(drawings), pen / len(drawings), kl, len(drawings))


def _check_options(form: PenLossForm, seed: int, batch_size: int, kl_tolerance: float) -> None:
    expect_whole(batch_size, 1, "batch_size")
    expect_whole(seed, 0, "seed")
    expect_rule(kl_tolerance, number(at_least=0), "kl_tolerance")
    expect_one_of(form, get_args(PenLossForm), "form")


def evaluate_labels(
    model: SketchRNN,
    drawings: Split,
    names: Sequence[str],
    *,
    form: PenLossForm = EVALUATION_FORM,
    seed: int = 0,
    batch_size: int = 100,
) -> dict[str, Losses]:
    """The losses of the drawings of each label, for the labels that have any.

    Args:
        model: the model, on any device.
        drawings: the drawings, in pixels.
        names: of the classes, in the order of the drawings' label numbers.
        form: as for `evaluate`.
        seed: as for `evaluate`; the noise of z depends on a drawing's place among those of its
            label.
        batch_size: as for `evaluate`.
    """
    labels = drawings.labels
    found = {}
    for label, name in enumerate(names):
        chosen = np.flatnonzero(labels == label)
        if len(chosen):
            of_label = drawings.select(chosen)
            found[name] = evaluate(model, of_label, form=form, seed=seed, batch_size=batch_size)
    return found


def _encode(
    model: SketchRNN, drawings: Split, seed: int, batch_size: int, kl_tolerance: float
) -> tuple[float, Tensor | None]:
    """The KL divergence and a z `(S, Z)` of every drawing; 0 and None without encoder."""
    encoder = model.network.encoder
    if encoder is None:
        return 0.0, None
    noise = torch.randn(len(drawings), model.config.z_size, generator=seeded_generator(seed, 0, 4))
    kl = 0.0
    latents = []
    for rows, batch in _batches(model, drawings, batch_size, "masked"):
        posterior = encoder(batch.strokes[:, 1:], batch.lengths)
        kl += max(posterior.kl_divergence().item(), kl_tolerance) * len(batch)
        latents.append(posterior.sample(noise[rows].to(batch.strokes.device)))
    return kl / len(drawings), torch.cat(latents)


def _batches(
    model: SketchRNN, drawings: Split, batch_size: int, form: PenLossForm
) -> Iterator[tuple[slice, StrokeBatch]]:
    """Yields all drawings in order, in batches on the model's device, and their places."""
    device = next(model.network.parameters()).device
    start = 0
    batches = evaluation_batches(drawings, model.profile, batch_size=batch_size, loss_form=form)
    for batch in batches:
        yield slice(start, start + len(batch)), batch.to(device)
        start += len(batch)


def _other_drawings(count: int, seed: int) -> Tensor:
    """For each of `count` drawings the place of another one, all in one random cycle."""
    order = np.random.default_rng(seed).permutation(count)
    others = np.empty(count, np.int64)
    others[order] = np.roll(order, 1)
    return torch.from_numpy(others)
