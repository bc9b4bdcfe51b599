"""One training step: loss, gradients, clipping and the optimiser."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sketch_rnn.config import TrainConfig
from sketch_rnn.model.loss import LossTerms
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.training.adam import AdamState, adam_step
from sketch_rnn.training.schedules import kl_weight, learning_rate


@dataclass
class TrainingState:
    """Everything that a step changes.

    Attributes:
        network: the network being trained.
        optimizer: the running means of Adam.
        step: number of steps taken.
    """

    network: SketchVAE
    optimizer: AdamState
    step: int = 0

    @classmethod
    def start(cls, network: SketchVAE) -> TrainingState:
        """Returns the state before the first step."""
        return cls(network, AdamState.zeros(network.named_parameters()))


def training_step(
    state: TrainingState,
    strokes: Tensor,
    lengths: Tensor,
    *,
    config: TrainConfig,
    max_seq_len: int,
    generator: torch.Generator | None = None,
    noise: Tensor | None = None,
) -> LossTerms:
    """Returns the loss of a batch before the step that lowers it, and advances `state`.

    Args:
        state: advanced in place.
        strokes: `(B, T + 1, 5)` normalised stroke-5 rows, start token first.
        lengths: `(B,)` true lengths on the CPU.
        config: loss form, schedules and clipping.
        max_seq_len: N_max, the length that losses are averaged over.
        generator: draws dropout and z's noise.
        noise: `(B, Z)` noise for z instead of the generator's.
    """
    network = state.network.train()
    prediction = network(strokes, lengths, form=config.loss_form, generator=generator, noise=noise)
    terms: LossTerms = prediction.loss(
        max_seq_len, kl_weight(config, state.step), config.kl_tolerance
    )
    network.zero_grad(set_to_none=True)
    terms.total.backward()
    nn.utils.clip_grad_value_(network.parameters(), config.grad_clip)
    adam_step(
        dict(network.named_parameters()),
        state.optimizer,
        state.step,
        learning_rate(config, state.step),
    )
    state.step += 1
    return LossTerms(*(term.detach() for term in terms))
