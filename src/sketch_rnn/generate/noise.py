"""The random numbers of each drawing, the same however many are drawn together.

Drawing i of a seed has its own streams of numbers, `default_rng([seed, i, stream])`: stream 0 for
z, the others for one block of movements each. A block is made when the drawing gets there, so the
numbers depend neither on the length cap nor on the drawings beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.errors import expect_whole
from sketch_rnn.model.mixture import StrokeNoise

# Movements whose numbers are drawn at once. Part of what a seed means: never change it.
BLOCK_STEPS: Final = 256
_Z_STREAM: Final = 0
_FIRST_MOVEMENT_STREAM: Final = 1


def checked_seed(seed: int) -> int:
    """Returns `seed`.

    Raises:
        SketchRNNError: if it is not a whole number of at least 0.
    """
    return expect_whole(seed, 0, "seed")


def latent_noise(seed: int, drawings: Iterable[int], z_size: int) -> Tensor:
    """Returns the `(B, Z)` standard normal numbers for z of the drawings with these numbers."""
    rows = [_stream(seed, i, _Z_STREAM).standard_normal(z_size, np.float32) for i in drawings]
    return torch.from_numpy(np.stack(rows))


def stroke_noise_block(seed: int, drawings: Iterable[int], block: int) -> StrokeNoise:
    """Returns the noise of `BLOCK_STEPS` movements, `(BLOCK_STEPS, B, 2)` each, on the CPU.

    Args:
        seed: the seed.
        drawings: B drawing numbers.
        block: which movements: those from `block * BLOCK_STEPS`.
    """
    streams = [_stream(seed, i, _FIRST_MOVEMENT_STREAM + block) for i in drawings]
    shape = (BLOCK_STEPS, 2)
    # float32 from the start: a float64 just below 1 would be rounded up to 1.
    uniforms = [stream.random(shape, np.float32) for stream in streams]
    normals = [stream.standard_normal(shape, np.float32) for stream in streams]
    return StrokeNoise(
        torch.from_numpy(np.stack(uniforms, axis=1)), torch.from_numpy(np.stack(normals, axis=1))
    )


def _stream(seed: int, drawing: int, stream: int) -> np.random.Generator:
    return np.random.default_rng([seed, drawing, stream])
