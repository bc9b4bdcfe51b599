"""One training step: loss, gradients, clipping and the optimiser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sketch_rnn.config import TrainConfig
from sketch_rnn.model.loss import LossTerms
from sketch_rnn.model.vae import Prediction, SketchVAE
from sketch_rnn.training.distributed import ALONE, Workers
from sketch_rnn.training.optimiser import AdamState, adam_step
from sketch_rnn.training.schedules import kl_weight, learning_rate


@dataclass
class TrainingState:
    """The state that a step changes.

    Attributes:
        network: the network being trained.
        optimizer: the running means of Adam.
        step: number of steps taken.
        average: a network with the averaged weights, None if they are not averaged.
    """

    network: SketchVAE
    optimizer: AdamState
    step: int = 0
    average: SketchVAE | None = None

    @classmethod
    def start(cls, network: SketchVAE, *, averaged: bool = False) -> TrainingState:
        """The state before the first step; `averaged` keeps an average of the weights, too."""
        optimizer = AdamState.zeros(network.named_parameters())
        return cls(network, optimizer, average=network_copy(network) if averaged else None)

    @property
    def trained(self) -> SketchVAE:
        """The network to validate and save: the averaged one where there is one."""
        return self.network if self.average is None else self.average

    @torch.no_grad()
    def copy_from(self, other: TrainingState) -> None:
        """Becomes equal to `other`, in the same arrays as before."""
        self.network.load_state_dict(other.network.state_dict())
        self.optimizer.copy_from(other.optimizer)
        if self.average is not None and other.average is not None:
            self.average.load_state_dict(other.average.state_dict())
        self.step = other.step


def network_copy(network: SketchVAE) -> SketchVAE:
    """A network of equal weights, in evaluation mode."""
    copy = SketchVAE(network.config, draw_weights=False).to(next(network.parameters()).device)
    copy.load_state_dict(network.state_dict())
    return copy.requires_grad_(False).eval()


def average_decay(decay: float, step: int) -> float:
    """The decay of averaged weights at a step, counted from 0: lower at first.

    Early weights are poor, so they get less than their share:
    min(decay, (1 + step) / (10 + step)), as in TensorFlow's ExponentialMovingAverage.
    """
    return min(decay, (1 + step) / (10 + step))


class MicroBatch(NamedTuple):
    """A part of a batch, with its random numbers.

    Attributes:
        strokes: `(B, T + 1, 5)` normalised stroke-5 rows, start token first.
        lengths: `(B,)` true lengths on the CPU.
        share: its share of the whole batch.
        generator: draws dropout and z's noise.
        noise: `(B, Z)` noise for z instead of the generator's.
        known: what conditions the drawings besides z, see `StrokeBatch.known`.
    """

    strokes: Tensor
    lengths: Tensor
    share: float = 1.0
    generator: torch.Generator | None = None
    noise: Tensor | None = None
    known: Mapping[str, Tensor] = MappingProxyType({})


class StepResult(NamedTuple):
    """The result of a step.

    Attributes:
        losses: of the whole batch, before the step.
        is_finite: one boolean: whether losses and gradients were finite. If not, the step was
            skipped: only the number of steps has changed.
    """

    losses: LossTerms
    is_finite: Tensor


def training_step(
    state: TrainingState,
    parts: Sequence[MicroBatch],
    *,
    config: TrainConfig,
    max_seq_len: int,
    learning_rate_factor: float = 1.0,
    replica: nn.Module | None = None,
    workers: Workers = ALONE,
) -> StepResult:
    """Takes a step, advancing `state`, and returns the loss before it.

    The micro-batches are processed one after the other, in the memory of one (gradient
    accumulation). However a batch is divided, the step is the same up to rounding, and up to
    dropout where the generators differ.

    Args:
        state: advanced in place.
        parts: this worker's micro-batches.
        config: loss form, schedules and clipping.
        max_seq_len: N_max, the length that losses are averaged over.
        learning_rate_factor: multiplies the schedule's learning rate.
        replica: the network as `workers` hold it together, see `Workers.replica`.
        workers: who computes the other parts.
    """
    network = state.network.train()
    network.zero_grad(set_to_none=True)
    losses = _backward(parts, replica or network, config, state.step, max_seq_len, workers)
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    # A sum is finite only if all of its terms are.
    sums = [gradient.sum() for gradient in gradients]
    is_finite = torch.stack([losses.total, *sums]).isfinite().all()
    nn.utils.clip_grad_value_(network.parameters(), config.grad_clip)
    rate = learning_rate_factor * learning_rate(config, state.step)
    adam_step(dict(network.named_parameters()), state.optimizer, state.step, rate, is_finite)
    if state.average is not None:
        _average(state.average, network, average_decay(config.ema_decay, state.step), is_finite)
    state.step += 1
    return StepResult(losses, is_finite)


@torch.no_grad()
def _average(average: SketchVAE, network: SketchVAE, decay: float, is_finite: Tensor) -> None:
    """Moves the averaged weights towards the network's, in place, except after a skipped step."""
    share = torch.where(is_finite, 1 - decay, 0.0)
    for ours, theirs in zip(average.parameters(), network.parameters(), strict=True):
        ours.lerp_(theirs, share)


def _backward(
    parts: Sequence[MicroBatch],
    replica: nn.Module,
    config: TrainConfig,
    step: int,
    max_seq_len: int,
    workers: Workers,
) -> LossTerms:
    """The losses of the whole batch, whose gradients are left in the parameters."""
    # The KL loss counts as at least its tolerance, which is decided on the whole batch: with
    # several micro-batches, before the backward pass of any of them.
    kl = None if len(parts) == 1 else workers.summed(_kl_divergence(parts, replica))
    offset = pen = torch.zeros((), device=parts[0].strokes.device)
    for part in parts:
        # Workers add up their gradients once, with the last part.
        with nullcontext() if part is parts[-1] else _without_exchange(replica):
            prediction: Prediction = replica(
                part.strokes,
                part.lengths,
                form=config.loss_form,
                generator=part.generator,
                noise=part.noise,
                **part.known,
            )
            terms = prediction.loss(max_seq_len, kl_weight=0, kl_tolerance=0)
            if kl is None:
                kl = workers.summed(terms.kl.detach() * part.share)
            weight = kl_weight(config, step) * (kl >= config.kl_tolerance)
            # Workers take the mean of their gradients, not the sum.
            share = part.share * workers.size
            ((terms.offset + terms.pen + weight * terms.kl) * share).backward()
        offset = offset + terms.offset.detach() * part.share
        pen = pen + terms.pen.detach() * part.share
    offset, pen = workers.summed(torch.stack([offset, pen])).unbind()
    assert kl is not None  # noqa: S101
    if prediction.posterior is not None:
        kl = kl.clamp_min(config.kl_tolerance)
    return LossTerms(offset + pen + kl_weight(config, step) * kl, offset, pen, kl)


def _without_exchange(replica: nn.Module) -> AbstractContextManager[None]:
    if isinstance(replica, DistributedDataParallel):
        return replica.no_sync()
    return nullcontext()


@torch.no_grad()
def _kl_divergence(parts: Sequence[MicroBatch], replica: nn.Module) -> Tensor:
    """This worker's share of the batch's KL divergence, with the random numbers of its parts."""
    network = replica.module if isinstance(replica, DistributedDataParallel) else replica
    encoder = cast(SketchVAE, network).encoder
    kl = torch.zeros((), device=parts[0].strokes.device)
    if encoder is None:
        return kl
    for part in parts:
        drawn = None if part.generator is None else part.generator.get_state()
        posterior = encoder(part.strokes[:, 1:], part.lengths, part.generator)
        kl += posterior.kl_divergence() * part.share
        if part.generator is not None and drawn is not None:
            part.generator.set_state(drawn)
    return kl
