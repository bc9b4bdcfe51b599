"""What a model costs on a split: the figure that chooses the best checkpoint."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sketch_rnn.checkpoint import SketchRNN
from sketch_rnn.config import TrainConfig
from sketch_rnn.dataset.store import Split
from sketch_rnn.evaluation.losses import evaluate

ValidationForm = Literal["full", "original"]

VALIDATION_FORMS: Final = ("full", "original")


@dataclass(frozen=True)
class SplitCosts:
    """The losses of a split as they enter its cost.

    Attributes:
        cost: reconstruction + a KL weight * kl.
        reconstruction: L_R.
        kl: L_KL, at least the tolerance; 0 for a decoder-only model.
        seconds: how long it took.
    """

    cost: float
    reconstruction: float
    kl: float
    seconds: float


def split_costs(
    model: SketchRNN, store: Split, config: TrainConfig, form: ValidationForm
) -> SplitCosts:
    """Returns the costs of a model on a split, without dropout, z drawn with the seed's noise.

    In both forms the KL counts as at least `kl_tolerance`, as in the training loss: a cost cannot
    be lowered there.

    Args:
        model: the model.
        store: the split.
        config: seed, batch size, loss form and KL settings.
        form: `full` takes every drawing, in the loss form of the training, with the final
            `kl_weight`: an annealed weight would rise from one validation to the next and make
            an early one look best forever. `original` does what the original program does: loss
            on padding, the weight `kl_weight_start`, and the longest drawings that do not fill a
            batch left out.
    """
    begun = time.perf_counter()
    if form == "original":
        losses = evaluate(
            model,
            _full_batches(store, config.batch_size),
            form="padded",
            seed=config.seed,
            batch_size=config.batch_size,
            kl_tolerance=config.kl_tolerance,
        )
        kl, weight = losses.kl, config.kl_weight_start
    else:
        losses = evaluate(
            model, store, form=config.loss_form, seed=config.seed, batch_size=config.batch_size
        )
        kl = max(losses.kl, config.kl_tolerance) if model.config.conditional else 0.0
        weight = config.kl_weight
    seconds = time.perf_counter() - begun
    return SplitCosts(losses.reconstruction + weight * kl, losses.reconstruction, kl, seconds)


def _full_batches(store: Split, batch_size: int) -> Split:
    """Returns the drawings, shortest first, that fill whole batches; all if they fill none."""
    by_length = np.argsort(store.lengths, kind="stable")
    return store.select(by_length[: len(store) // batch_size * batch_size or len(store)])
