"""Random generators seeded with whole numbers."""

from __future__ import annotations

import numpy as np
import torch


def seeded_generator(*key: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator on `device` that is a function of `key` alone.

    Args:
        key: whole numbers of at least 0, such as a seed, a step and the number of a purpose.
        device: the generator's device.
    """
    state = np.random.SeedSequence(key).generate_state(1, np.uint64)
    return torch.Generator(device=device).manual_seed(int(state[0]))
