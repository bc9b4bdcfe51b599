"""Divide a batch into micro-batches that take equally long."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.dataset.batches import Indices, StrokeBatch
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.seeding import seeded_generator
from sketch_rnn.model.transfer import moved
from sketch_rnn.training.distributed import Workers
from sketch_rnn.training.step import MicroBatch

# Numbers of purposes in the keys of random generators; batches use 0 and 1, evaluation 4.
_DROPOUT: Final = 2
_LATENT_NOISE: Final = 3
_LABELS: Final = 5


def dealt(lengths: Indices, num_parts: int) -> list[Indices]:
    """The drawings of each part, so that all have about as many rows and steps.

    Longest first, they are dealt from the first part to the last, then back.

    Args:
        lengths: `(B,)` rows of each drawing.
        num_parts: number of parts.
    """
    if num_parts == 1:
        return [np.arange(len(lengths))]
    order = np.argsort(-lengths, kind="stable")
    there = np.arange(num_parts)
    turns = np.concatenate([there, there[::-1]])
    owner = np.resize(turns, len(lengths))
    return [np.sort(order[owner == part]) for part in there]


def micro_batches(
    batch: StrokeBatch,
    step: int,
    *,
    model: ModelConfig,
    config: TrainConfig,
    workers: Workers,
    device: torch.device,
) -> list[MicroBatch]:
    """This worker's parts of a batch, with their random numbers.

    There are `accumulate` parts for each worker. Their dropout is a function of the seed, the step
    and the parts' number; z's noise and the labels that are dropped also stay the same whatever the
    parts are.

    Args:
        batch: the whole batch, the same for every worker.
        step: number of the step that takes it.
        model: the architecture.
        config: seed, loss form and number of parts.
        workers: who shares the batch.
        device: where to compute.
    """
    num_parts = workers.size * config.accumulate
    noise = _latent_noise(config.seed, step, len(batch), model)
    if model.num_labels:
        batch = replace(batch, labels=_told_labels(batch.labels, config, step))
    parts = []
    for number, chosen in enumerate(dealt(batch.lengths.numpy(), num_parts)):
        if number % workers.size != workers.rank:
            continue
        key = (number,) if num_parts > 1 else ()
        part = batch if num_parts == 1 else batch.select(chosen, trim=config.loss_form != "padded")
        parts.append(
            MicroBatch(
                moved(part.strokes, device),
                part.lengths,
                share=len(chosen) / len(batch),
                generator=seeded_generator(config.seed, step, _DROPOUT, *key, device=device),
                noise=None if noise is None else noise[chosen],
                known={name: moved(values, device) for name, values in part.known.items()},
            )
        )
    return parts


def check_micro_batches(config: TrainConfig, workers: Workers) -> None:
    """Raises SketchRNNError if there are more parts than drawings in a batch."""
    if config.batch_size < workers.size * config.accumulate:
        raise SketchRNNError(
            f"batch_size={config.batch_size}, the drawings of a step over all workers, cannot be "
            f"divided among {workers.size} workers with accumulate={config.accumulate}"
        )


def _told_labels(labels: Tensor, config: TrainConfig, step: int) -> Tensor:
    """The class numbers `(B,)`, -1 for labels that the decoder does not see."""
    told = torch.rand(len(labels), generator=seeded_generator(config.seed, step, _LABELS))
    return torch.where(told < config.label_keep_prob, labels, -1)


def _latent_noise(seed: int, step: int, batch_size: int, model: ModelConfig) -> Tensor | None:
    """The noise of z `(B, Z)`, drawn on the CPU so that every device sees the same."""
    if not model.conditional:
        return None
    generator = seeded_generator(seed, step, _LATENT_NOISE)
    return torch.randn(batch_size, model.z_size, generator=generator)
