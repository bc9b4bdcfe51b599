"""The training and evaluation losses (Ha & Eck 2017, section 3.3)."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor

from sketch_rnn.config import PenLossForm
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.encoder import Posterior
from sketch_rnn.model.mixture import StrokeMixture

# The original adds this to the density before taking its logarithm.
DENSITY_FLOOR: Final = 1e-6


class LossTerms(NamedTuple):
    """The terms of the loss, each a scalar tensor.

    Attributes:
        total: reconstruction + KL weight * KL.
        offset: negative log density of the offsets (eq. 9, L_s).
        pen: cross-entropy of the pen states (eq. 9, L_p).
        kl: KL divergence, floored at the tolerance; 0 for a decoder-only model.
    """

    total: Tensor
    offset: Tensor
    pen: Tensor
    kl: Tensor

    @property
    def reconstruction(self) -> Tensor:
        """L_R: offset + pen."""
        return self.offset + self.pen


def counted_steps(lengths: Tensor, form: PenLossForm, num_steps: int) -> Tensor:
    """The number of steps of each sketch that enter the loss, `(B,)`.

    Offsets count only where the target is a real movement. The forms differ in which pen
    states count: `padded` all padding, as the original trains; `true_length` up to the first
    end of sketch; `masked` real movements only, as the original evaluates. Training with
    `masked` would never show the model an end of sketch.

    Args:
        lengths: `(B,)` number of movements of each sketch.
        form: which pen states count.
        num_steps: T, the padded length.

    Raises:
        SketchRNNError: if there is no such form.
    """
    if form == "padded":
        return torch.full_like(lengths, num_steps)
    if form == "true_length":
        return (lengths + 1).clamp_max(num_steps)
    if form == "masked":
        return lengths
    raise SketchRNNError(f"loss form {form!r} must be one of padded, true_length, masked")


def loss_terms(
    mixture: StrokeMixture,
    targets: Tensor,
    posterior: Posterior | None,
    *,
    num_positions: int,
    kl_weight: float,
    kl_tolerance: float,
) -> LossTerms:
    """The loss of packed predictions.

    Args:
        mixture: the distributions of P movements.
        targets: `(P, 5)` stroke-5 movements that followed.
        posterior: of z; None for a decoder-only model.
        num_positions: the divisor of sums: batch * N_max, in every form.
        kl_weight: weight of the KL term in the total.
        kl_tolerance: below it the KL term has no gradient.
    """
    log_density = mixture.offset_log_prob(targets[:, :2])
    floor = log_density.new_full((), math.log(DENSITY_FLOOR))
    is_movement = 1 - targets[:, 4]
    offset = -(torch.logaddexp(log_density, floor) * is_movement).sum() / num_positions
    pen = -mixture.pen_log_prob(targets[:, 2:]).sum() / num_positions
    if posterior is None:
        kl = torch.zeros_like(offset)
    else:
        kl = posterior.kl_divergence().clamp_min(kl_tolerance)
    return LossTerms(offset + pen + kl_weight * kl, offset, pen, kl)
