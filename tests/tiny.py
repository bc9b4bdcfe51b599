"""A handful of small drawings, and settings that train on them in a moment."""

from __future__ import annotations

import numpy as np

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.dataset.dataset import Dataset, build_dataset

TINY_MODEL = ModelConfig(
    dec_rnn_size=16,
    enc_rnn_size=16,
    z_size=4,
    num_mixture=3,
    recurrent_keep_prob=0.8,
    input_keep_prob=0.9,
    output_keep_prob=0.9,
)
TINY_TRAINING = TrainConfig(
    num_steps=6,
    save_every=2,
    log_every=2,
    batch_size=4,
    seed=3,
    # The same on every processor, not the fastest.
    precision="float32",
    products="pytorch",
)


def zigzag(rng: np.random.Generator, num_teeth: int):
    """A line of teeth and, after a lifted pen, a stroke below them."""
    width, height = rng.uniform(10, 30), rng.uniform(20, 40)
    teeth = [(width, height * (-1) ** tooth, tooth == num_teeth - 1) for tooth in range(num_teeth)]
    return np.array([*teeth, (-width * num_teeth, 2 * height, 0), (width * num_teeth, 0, 1)])


def zigzags(count: int, seed: int):
    rng = np.random.default_rng(seed)
    return [zigzag(rng, int(rng.integers(2, 7))) for _ in range(count)]


def tiny_dataset(num_train: int = 11, num_valid: int = 7, num_test: int = 5) -> Dataset:
    splits = (zigzags(count, seed) for seed, count in enumerate((num_train, num_valid, num_test)))
    return build_dataset(*splits, first_row="move", name="zigzags")
