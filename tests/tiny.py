"""A handful of small drawings, and settings that train on them in a moment."""

from __future__ import annotations

import numpy as np
import torch

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
    # Most tests look at the weights, not at their average.
    ema_decay=0,
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


@torch.no_grad()
def make_lively(network, end_logit=-1.0):
    """Gives a new network weights so large that its drawings depend on all that it sees."""
    generator = torch.Generator().manual_seed(2)
    for name, weight in network.named_parameters():
        if weight.std() < 0.01 and weight.ndim == 2:
            weight.normal_(std=0.5, generator=generator)
        if name == "decoder.output.weight":
            weight.normal_(std=0.7, generator=generator)
    network.decoder.output.bias.zero_()
    network.decoder.output.bias[2] = end_logit
