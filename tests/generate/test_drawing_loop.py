from __future__ import annotations

import numpy as np
import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.loop import (
    BLOCK_STEPS,
    checked_seed,
    latent_noise,
    stroke_noise_block,
)


def test_a_drawings_numbers_do_not_depend_on_the_others():
    many, few = latent_noise(7, range(6), 4), latent_noise(7, [4, 1], 4)
    assert torch.equal(many[[4, 1]], few)
    block, part = stroke_noise_block(7, range(6), 1), stroke_noise_block(7, [4, 1], 1)
    assert torch.equal(block.uniforms[:, :, [4, 1]], part.uniforms)
    assert torch.equal(block.normals[:, :, [4, 1]], part.normals)


def test_seeds_drawings_blocks_and_purposes_have_different_numbers():
    blocks = [
        stroke_noise_block(seed, [drawing], block).normals.flatten().tolist()
        for seed in (0, 1)
        for drawing in (0, 1)
        for block in (0, 1)
    ]
    latents = [latent_noise(seed, [drawing], 512).flatten().tolist() for seed, drawing in PAIRS]
    numbers = [number for series in blocks + latents for number in series]
    assert len(set(numbers)) > 0.999 * len(numbers)


PAIRS = ((0, 0), (0, 1), (1, 0), (1, 1))


def test_the_numbers_are_uniform_and_normal():
    noise = stroke_noise_block(0, range(100), 0)
    assert noise.uniforms.shape == noise.normals.shape == (BLOCK_STEPS, 1, 100, 2)
    assert noise.uniforms.dtype == noise.normals.dtype == torch.float32
    assert noise.uniforms.min() >= 0
    assert noise.uniforms.max() < 1
    assert noise.uniforms.mean().item() == pytest.approx(0.5, abs=0.01)
    assert noise.normals.mean().item() == pytest.approx(0, abs=0.02)
    assert noise.normals.std().item() == pytest.approx(1, abs=0.02)


def test_numbers_of_a_seed_stay_as_they_are():
    """Drawings are published with their seed: a new version must draw the same ones."""
    expected = np.random.default_rng([3, 2, 0]).standard_normal(2, np.float32)
    assert torch.equal(latent_noise(3, [2], 2)[0], torch.from_numpy(expected))
    stream = np.random.default_rng([3, 2, 5])
    uniforms = stream.random((256, 2), np.float32)
    noise = stroke_noise_block(3, [2], 4)
    assert torch.equal(noise.uniforms[:, 0, 0], torch.from_numpy(uniforms))


def test_the_first_candidate_has_the_numbers_of_a_single_one():
    single, several = stroke_noise_block(3, [2, 4], 1), stroke_noise_block(3, [2, 4], 1, 3)
    for one, many in zip(single, several, strict=True):
        assert many.shape == (BLOCK_STEPS, 3, 2, 2)
        assert torch.equal(one[:, 0], many[:, 0])
        assert len(many.unique()) > 0.99 * many.numel()


@pytest.mark.parametrize("seed", [-1, 1.5, "3", True, None])
def test_impossible_seeds(seed):
    with pytest.raises(SketchRNNError, match=r"seed=.* must be a whole number of at least 0"):
        checked_seed(seed)
