"""Losses of a model on a split: the cost that chooses the best checkpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np

from sketch_rnn.config import TrainConfig
from sketch_rnn.dataset.store import Split
from sketch_rnn.evaluation.losses import evaluate
from sketch_rnn.trained import SketchRNN

ValidationForm = Literal["full", "original"]

VALIDATION_FORMS: Final = ("full", "original")


@dataclass(frozen=True)
class SplitCosts:
    """The losses of a split, as they enter its cost.

    Attributes:
        cost: reconstruction + KL weight * kl.
        reconstruction: L_R, the reconstruction loss.
        kl: L_KL, the KL divergence, at least the tolerance; 0 for a decoder-only model.
        seconds: time the measurement took; None in costs read from a checkpoint.
    """

    cost: float
    reconstruction: float
    kl: float
    seconds: float | None = None


@dataclass(frozen=True)
class Validation:
    """The costs measured at a validation.

    Attributes:
        step: number of steps taken.
        valid: costs of the validation split.
        test: costs of the test split, measured only if the model was the best so far.
    """

    step: int
    valid: SplitCosts
    test: SplitCosts | None

    def to_dict(self) -> dict[str, Any]:
        """The values ready for JSON, without times: equal runs write equal checkpoints."""
        values = asdict(self)
        for name in ("valid", "test"):
            if values[name] is not None:
                del values[name]["seconds"]
        return values

    @classmethod
    def from_dict(cls, values: object) -> Validation | None:
        """The validation that `to_dict` returned, or None if these are not such values."""
        if not isinstance(values, Mapping) or not isinstance(values.get("step"), int):
            return None
        valid, test = (_read_costs(values.get(name)) for name in ("valid", "test"))
        return None if valid is None else cls(values["step"], valid, test)


def _read_costs(values: object) -> SplitCosts | None:
    if not isinstance(values, Mapping):
        return None
    cost, reconstruction, kl = (values.get(name) for name in ("cost", "reconstruction", "kl"))
    if not (
        isinstance(cost, float) and isinstance(reconstruction, float) and isinstance(kl, float)
    ):
        return None
    seconds = values.get("seconds")
    return SplitCosts(cost, reconstruction, kl, seconds if isinstance(seconds, float) else None)


def split_costs(
    model: SketchRNN, drawings: Split, config: TrainConfig, form: ValidationForm
) -> SplitCosts:
    """The costs of a model on a split, without dropout, with z sampled from the seed's noise.

    Both forms apply the floor `kl_tolerance` to the KL divergence, as the training loss does.

    Args:
        model: the model.
        drawings: the split.
        config: seed, batch size, loss form and KL settings.
        form: `full` uses every drawing, the training's loss form and the final `kl_weight`: an
            annealed weight rises between validations, so an early one would stay the best for
            ever. `original` validates as the original program does: the loss counts padding, the
            weight is `kl_weight_start`, and the longest drawings that do not fill a batch are
            left out.
    """
    begun = time.perf_counter()
    if form == "original":
        losses = evaluate(
            model,
            _full_batches(drawings, config.batch_size),
            form="padded",
            seed=config.seed,
            batch_size=config.batch_size,
            kl_tolerance=config.kl_tolerance,
        )
        kl, weight = losses.kl, config.kl_weight_start
    else:
        losses = evaluate(
            model, drawings, form=config.loss_form, seed=config.seed, batch_size=config.batch_size
        )
        kl = max(losses.kl, config.kl_tolerance) if model.config.conditional else 0.0
        weight = config.kl_weight
    seconds = time.perf_counter() - begun
    return SplitCosts(losses.reconstruction + weight * kl, losses.reconstruction, kl, seconds)


def _full_batches(drawings: Split, batch_size: int) -> Split:
    """The drawings, shortest first, that fill whole batches, or all if they fill none."""
    by_length = np.argsort(drawings.lengths, kind="stable")
    return drawings.select(by_length[: len(drawings) // batch_size * batch_size or len(drawings)])
