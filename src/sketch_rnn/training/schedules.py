"""Learning rate and KL weight as pure functions of the step, counted from 0."""

from __future__ import annotations

from sketch_rnn.config import TrainConfig


def learning_rate(config: TrainConfig, step: int) -> float:
    """The learning rate of a step; it decays from its start to its minimum."""
    span = config.learning_rate - config.min_learning_rate
    return span * config.decay_rate**step + config.min_learning_rate


def kl_weight(config: TrainConfig, step: int) -> float:
    """The weight of the KL term at a step (Ha & Eck 2017, eq. 12)."""
    span = config.kl_weight - config.kl_weight_start
    return config.kl_weight - span * config.kl_decay_rate**step


def total_steps(config: TrainConfig, num_sketches: int) -> int:
    """The number of steps of a run: `num_steps`, or enough for `epochs` passes if given.

    Args:
        config: the settings.
        num_sketches: drawings in the training split.
    """
    if config.epochs is None:
        return config.num_steps
    return -(-config.epochs * num_sketches // config.batch_size)
