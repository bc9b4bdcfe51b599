"""Laws of the plane through latent vectors."""

from __future__ import annotations

import torch

from sketch_rnn.generate.plane import principal_plane


def test_vectors_of_a_plane_are_restored_from_their_places():
    generator = torch.Generator().manual_seed(0)
    axes, _ = torch.linalg.qr(torch.randn(6, 2, generator=generator))
    places = torch.randn(50, 2, generator=generator) * torch.tensor([3.0, 1.0])
    latents = places @ axes.T + torch.randn(6, generator=generator)
    plane = principal_plane(latents)
    assert torch.allclose(plane.mean + plane.places @ plane.axes, latents, atol=1e-4)
    assert torch.allclose(plane.axes @ plane.axes.T, torch.eye(2), atol=1e-5)
    assert plane.places[:, 0].var() > plane.places[:, 1].var()
    assert plane.share > 0.9999


def test_the_signs_do_not_depend_on_those_of_the_decomposition():
    latents = torch.randn(30, 5, generator=torch.Generator().manual_seed(1))
    axes, turned = principal_plane(latents).axes, principal_plane(-latents).axes
    assert torch.allclose(axes, turned, atol=1e-4)
    assert all(axis[axis.abs().argmax()] > 0 for axis in axes)


def test_fewer_dimensions_than_the_plane_has():
    plane = principal_plane(torch.tensor([[1.0], [2.0], [4.0]]))
    assert plane.places[:, 1].tolist() == [0, 0, 0]
    assert plane.share == 1
