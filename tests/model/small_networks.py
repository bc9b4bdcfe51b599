"""Small networks and batches for the tests of the model."""

from __future__ import annotations

import copy
import functools

import torch

from sketch_rnn.config import CELLS, ModelConfig
from sketch_rnn.model.vae import SketchVAE

END_OF_SKETCH = (0, 0, 0, 0, 1)
# Every cell in encoder and decoder, then decoder-only models.
COMBINATIONS = [
    *((encoder, decoder) for encoder in CELLS for decoder in CELLS),
    *((None, decoder) for decoder in CELLS),
]
# Each cell once in each place, where all combinations would take too long.
SAME_CELLS = [*((name, name) for name in CELLS), (None, "lstm")]
NO_DROPOUT = {"recurrent_keep_prob": 1.0, "input_keep_prob": 1.0, "output_keep_prob": 1.0}


def small_config(encoder: str | None = "lstm", decoder: str = "lstm", **changes) -> ModelConfig:
    """Returns sizes that all differ, so that mixing two up fails."""
    settings = {
        "dec_rnn_size": 7,
        "enc_rnn_size": 5,
        "z_size": 3,
        "num_mixture": 4,
        "dec_model": decoder,
        "enc_model": encoder or "lstm",
        "conditional": encoder is not None,
    }
    return ModelConfig(**(settings | NO_DROPOUT | changes))


def small_network(config: ModelConfig, seed: int = 0, dtype=torch.float64) -> SketchVAE:
    """A network in evaluation mode, no weight of which is zero or one as at the start."""
    return copy.deepcopy(_double_network(config, seed)).to(dtype)


@functools.cache
def _double_network(config: ModelConfig, seed: int) -> SketchVAE:
    generator = torch.Generator().manual_seed(seed)
    network = SketchVAE(config, generator).double().eval()
    with torch.no_grad():
        for value in network.parameters():
            noise = torch.randn(value.shape, generator=generator, dtype=torch.float64)
            value.add_(0.1 * noise)
    return network


def random_batch(lengths, num_steps: int, seed: int = 0, dtype=torch.float64):
    """Returns strokes `(B, num_steps + 1, 5)`, start token first, and their lengths.

    The first movements of a sketch do not depend on `num_steps`.
    """
    strokes = torch.tensor(END_OF_SKETCH, dtype=dtype).repeat(len(lengths), num_steps + 1, 1)
    strokes[:, 0] = torch.tensor([0, 0, 1, 0, 0])
    for number, length in enumerate(lengths):
        generator = torch.Generator().manual_seed(1000 * seed + number)
        rows = torch.randn(length, 2, generator=generator, dtype=torch.float64)
        lifted = torch.rand(length, generator=generator) < 0.3
        lifted[-1] = True
        strokes[number, 1 : 1 + length, :2] = rows.to(dtype)
        strokes[number, 1 : 1 + length, 2] = (~lifted).to(dtype)
        strokes[number, 1 : 1 + length, 3] = lifted.to(dtype)
        strokes[number, 1 : 1 + length, 4] = 0
    return strokes, torch.tensor(lengths)


def latent_noise(batch: int, config: ModelConfig, seed: int = 0, dtype=torch.float64):
    """The noise `(B, Z)` of z; None for a decoder-only model."""
    if not config.conditional:
        return None
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, config.z_size, generator=generator, dtype=torch.float64).to(dtype)


def padded_outputs(prediction, num_steps: int) -> dict[str, torch.Tensor]:
    """The mixture's parameters by name, `(B, T, ...)`, zero where nothing was predicted."""
    mixture = prediction.mixture
    parts = {
        "log_pi": mixture.log_pi,
        "mean": mixture.mean,
        "log_sigma": mixture.log_sigma,
        "atanh_rho": mixture.atanh_rho,
        "pen_logits": mixture.pen_logits,
    }
    return {name: prediction.packing.unpack(part, num_steps) for name, part in parts.items()}
