"""The plane through latent vectors along which they differ most."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Plane(NamedTuple):
    """The first two principal components of latent vectors.

    The place (x, y) stands for z = `mean` + x `axes[0]` + y `axes[1]`.

    Attributes:
        mean: `(Z,)` mean of the vectors.
        axes: `(2, Z)` orthonormal directions, the one of larger variance first.
        places: `(B, 2)` the vectors projected onto the plane.
        share: of the variance that lies in the plane.
    """

    mean: Tensor
    axes: Tensor
    places: Tensor
    share: float


def principal_plane(latents: Tensor) -> Plane:
    """The plane of B latent vectors `(B, Z)`, by a singular value decomposition.

    The signs of the axes are fixed: the largest component of each is positive. With fewer vectors
    or dimensions than the plane has, the axes that are missing are 0.
    """
    mean = latents.mean(dim=0)
    centred = latents - mean
    _, sizes, directions = torch.linalg.svd(centred.double(), full_matrices=False)
    axes = torch.zeros(2, latents.shape[1])
    found = directions[:2].float()
    largest = found.gather(1, found.abs().argmax(dim=1, keepdim=True))
    axes[: len(found)] = found * largest.sign()
    variances = sizes.square()
    share = float(variances[:2].sum() / variances.sum().clamp_min(1e-30))
    return Plane(mean, axes, centred @ axes.T, share)
