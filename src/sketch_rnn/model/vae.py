"""Sketch-RNN: the encoder and the decoder as one network (Ha & Eck 2017, arXiv:1704.03477)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from sketch_rnn.config import ModelConfig, PenLossForm
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.backends import candidates
from sketch_rnn.model.cells.cell import State
from sketch_rnn.model.condition import Condition, label_rows
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.encoder import Encoder, Posterior
from sketch_rnn.model.loss import LossTerms, counted_steps, loss_terms
from sketch_rnn.model.mixture import StrokeMixture
from sketch_rnn.model.packing import Packing
from sketch_rnn.model.transfer import moved


@dataclass(frozen=True, eq=False)
class Prediction:
    """The network's predictions for a batch, each step given the movements before it.

    Attributes:
        mixture: distributions of the P counted movements, packed.
        targets: `(P, 5)` the movements that followed.
        packing: the layout of both.
        posterior: of z, None for a decoder-only model.
        condition: the condition of the sketches.
        final_state: the decoder's state after the last counted step.
    """

    mixture: StrokeMixture
    targets: Tensor
    packing: Packing
    posterior: Posterior | None
    condition: Condition
    final_state: State

    @property
    def z(self) -> Tensor | None:
        """The latent vectors used, `(B, Z)`; None for a decoder-only model."""
        return self.condition.z

    def loss(self, max_seq_len: int, kl_weight: float, kl_tolerance: float) -> LossTerms:
        """The loss, averaged over batch * `max_seq_len` positions."""
        return loss_terms(
            self.mixture,
            self.targets,
            self.posterior,
            num_positions=len(self.packing.order) * max_seq_len,
            kl_weight=kl_weight,
            kl_tolerance=kl_tolerance,
        )


def weightless_network(config: ModelConfig) -> SketchVAE:
    """A network whose weights have shapes but no memory (device `meta`), to be filled later.

    Raises:
        SketchRNNError: if the sizes, which may come from a damaged file, are impossibly large.
    """
    try:
        with torch.device("meta"):
            return SketchVAE(config, draw_weights=False)
    except (OverflowError, RuntimeError, TypeError) as error:
        raise SketchRNNError(
            f"no network can have dec_rnn_size={config.dec_rnn_size}, "
            f"enc_rnn_size={config.enc_rnn_size}, z_size={config.z_size}, "
            f"num_mixture={config.num_mixture} and {config.num_labels} labels of "
            f"{config.label_size}"
        ) from error


class SketchVAE(nn.Module):
    """A variational autoencoder for sketches, or its decoder alone.

    Args:
        config: the architecture.
        generator: draws the starting weights.
        draw_weights: False leaves them uninitialised, to be replaced.
    """

    def __init__(
        self,
        config: ModelConfig,
        generator: torch.Generator | None = None,
        *,
        draw_weights: bool = True,
    ) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config) if config.conditional else None
        self.decoder = Decoder(config)
        shape = (config.num_labels, config.label_size)
        self.label_vectors = nn.Parameter(torch.empty(shape)) if config.num_labels else None
        if draw_weights:
            if self.encoder is not None:
                self.encoder.reset_parameters(generator)
            self.decoder.reset_parameters(generator)
            if self.label_vectors is not None:
                nn.init.normal_(self.label_vectors, generator=generator)

    def use_backend(self, name: str) -> None:
        """Makes a backend run the cells: a name of `model.backends`, `auto` or `plain`.

        Raises:
            SketchRNNError: if there is no such backend.
        """
        candidates(name)
        for part in (self.encoder, self.decoder):
            if part is not None:
                part.backend = name

    def forward(
        self,
        strokes: Tensor,
        lengths: Tensor,
        *,
        form: PenLossForm,
        generator: torch.Generator | None = None,
        noise: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> Prediction:
        """The predictions for a batch of sketches.

        Args:
            strokes: `(B, T + 1, 5)` normalised stroke-5 rows, start token first.
            lengths: `(B,)` true lengths on the CPU.
            form: which steps are predicted, see `counted_steps`.
            generator: draws z's noise and, in training mode, dropout.
            noise: `(B, Z)` standard normal numbers for z instead of the generator's.
            labels: `(B,)` class numbers, -1 for no label; a model without labels ignores them.
        """
        posterior = z = None
        if self.encoder is not None:
            posterior = self.encoder(strokes[:, 1:], lengths, generator)
            if noise is None:
                # Drawn on the CPU so that every device sees the same numbers.
                noise = torch.randn(posterior.mean.shape, generator=generator)
            z = posterior.sample(moved(noise, strokes.device))
        return self.predict(
            strokes,
            lengths,
            self.condition(z, labels),
            form=form,
            generator=generator,
            posterior=posterior,
        )

    @torch.no_grad()
    def sort_labels(self, names: Sequence[str]) -> Self:
        """Assigns new label vectors alphabetically: the order of `names` does not matter."""
        if self.label_vectors is not None:
            ranks = {name: rank for rank, name in enumerate(sorted(names))}
            self.label_vectors.copy_(self.label_vectors[[ranks[name] for name in names]])
        return self

    def label_rows(self, labels: Tensor | None) -> Tensor | None:
        """The label vector of each drawing `(B, L)`, zero where there is no label.

        Args:
            labels: `(B,)` class numbers on the network's device, -1 for none.

        Returns:
            None for a model without labels, or if none are given.
        """
        if self.label_vectors is None or labels is None:
            return None
        return label_rows(self.label_vectors, labels)

    def condition(self, z: Tensor | None, labels: Tensor | None = None) -> Condition:
        """The condition of drawings with these latent vectors and class numbers."""
        return Condition(z, self.label_rows(labels))

    def predict(
        self,
        strokes: Tensor,
        lengths: Tensor,
        condition: Condition,
        *,
        form: PenLossForm,
        generator: torch.Generator | None = None,
        posterior: Posterior | None = None,
    ) -> Prediction:
        """The predictions for a batch of sketches, given their condition.

        Args:
            strokes: `(B, T + 1, 5)` normalised stroke-5 rows, start token first.
            lengths: `(B,)` true lengths on the CPU.
            condition: of the B sketches.
            form: which steps are predicted, see `counted_steps`.
            generator: draws dropout in training mode.
            posterior: the posterior of z, for the KL term of the loss.
        """
        num_steps = strokes.shape[1] - 1
        steps = counted_steps(lengths, form, num_steps)
        packing = Packing.of(steps, num_steps, strokes.device)
        mixture, state = self.decoder(strokes[:, :-1], packing, condition, generator)
        targets = packing.pack(strokes[:, 1:])
        return Prediction(mixture, targets, packing, posterior, condition, state)
