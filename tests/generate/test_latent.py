"""Latent vectors: encoding, interpolation, reconstruction."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch_rnn.config import CELLS
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.latent import encode, interpolate, interpolate_grid, reconstruct
from sketch_rnn.generate.loop import latent_noise
from sketch_rnn.generate.sampling import sample
from sketch_rnn.sketch import Sketch


@torch.no_grad()
def posterior_of(model, sketch):
    rows = torch.from_numpy(sketch.scaled(1 / model.profile.scale).stroke5())
    return model.network.encoder(rows[None], torch.tensor([len(sketch)]))


@pytest.mark.parametrize("cell", CELLS)
def test_z_is_the_posterior_of_each_drawing(make_model, cell):
    model = make_model(cell=cell)
    sketches = [s for s in sample(model, 6, temperature=1.0).sketches if len(s)]
    means, draws = encode(model, sketches, fit=False), encode(model, sketches, seed=3, fit=False)
    assert means.shape == (len(sketches), 5)
    noise = latent_noise(3, range(len(sketches)), 5)
    for number, sketch in enumerate(sketches):
        posterior = posterior_of(model, sketch)
        assert torch.allclose(means[number], posterior.mean[0], atol=1e-5)
        expected = posterior.sample(noise[number : number + 1])[0]
        assert torch.allclose(draws[number], expected, atol=1e-5)


def test_z_does_not_depend_on_the_drawings_beside_it(model, zigzag, monkeypatch):
    sketches = [zigzag, zigzag.scaled(1.2), zigzag.scaled(0.9)]
    whole = encode(model, sketches, seed=1)
    monkeypatch.setattr("sketch_rnn.generate.latent._BATCH_SIZE", 2)
    assert torch.allclose(whole, encode(model, sketches, seed=1), atol=1e-6)
    assert torch.allclose(encode(model, [zigzag]), encode(model, sketches)[:1], atol=1e-6)


def test_dropout_is_off_and_the_training_mode_is_restored(model, zigzag):
    expected = encode(model, [zigzag])
    model.network.train()
    assert torch.equal(encode(model, [zigzag]), expected)
    assert model.network.encoder.training


def test_a_drawing_of_another_size_has_the_same_z(model, zigzag):
    assert torch.allclose(encode(model, [zigzag.scaled(10)]), encode(model, [zigzag.scaled(7)]))
    kept = encode(model, [zigzag.scaled(10)], fit=False)
    assert not torch.allclose(kept, encode(model, [zigzag.scaled(10)]), atol=1e-3)


def test_interpolation_goes_straight_from_end_to_end():
    start, end = torch.tensor([1.0, 2.0]), torch.tensor([3.0, -2.0])
    path = interpolate(start, end, 5)
    expected = [[1.0, 2.0], [1.5, 1.0], [2.0, 0.0], [2.5, -1.0], [3.0, -2.0]]
    assert torch.allclose(path, torch.tensor(expected))


def test_spherical_interpolation_keeps_length_and_turns_evenly():
    start, end = torch.tensor([3.0, 0.0, 0.0]), torch.tensor([0.0, 3.0, 0.0])
    path = interpolate(start, end, 4, "spherical")
    angles = torch.tensor([0, 1 / 3, 2 / 3, 1]) * math.pi / 2
    expected = 3 * torch.stack([angles.cos(), angles.sin(), angles * 0], dim=1)
    assert torch.allclose(path, expected, atol=1e-6)


def test_interpolation_takes_lists_and_arrays():
    expected = interpolate(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0]), 3, "spherical")
    for form in (list, np.array):
        assert interpolate(form([0, 1]), form([1, 0]), 3, "spherical").equal(expected)


@pytest.mark.parametrize("factor", [2.0, 1.0, 0.0, -1.0])
def test_spherical_interpolation_on_one_line_is_straight(factor):
    start = torch.tensor([1.0, 2.0])
    path = interpolate(start, factor * start, 5, "spherical")
    assert torch.allclose(path, interpolate(start, factor * start, 5))


@pytest.mark.parametrize("mode", ["linear", "spherical"])
def test_a_grid_has_its_corners_in_its_corners(mode):
    corners = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    grid = interpolate_grid(corners, 3, 4, mode).unflatten(0, (3, 4))
    found = torch.stack([grid[0, 0], grid[0, -1], grid[-1, 0], grid[-1, -1]])
    assert torch.allclose(found, corners, atol=1e-5)
    left = interpolate(corners[0], corners[2], 3, mode)
    right = interpolate(corners[1], corners[3], 3, mode)
    assert torch.allclose(grid[1], interpolate(left[1], right[1], 4, mode), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.zeros(3), torch.zeros(4), 3), r"shapes \(3,\) and \(4,\); give two vectors"),
        ((torch.zeros(1, 3), torch.zeros(1, 3), 3), r"shapes \(1, 3\) and \(1, 3\)"),
        ((torch.zeros(3), torch.zeros(3), 1), r"count=1 must be at least 2"),
        ((torch.zeros(3), torch.zeros(3), 2, "cubic"), r"'cubic' must be one of linear, spherical"),
    ],
)
def test_impossible_interpolations(arguments, message):
    with pytest.raises(SketchRNNError, match=message):
        interpolate(*arguments)


def test_a_grid_of_other_than_four_corners():
    with pytest.raises(SketchRNNError, match=r"corners of shape \(3, 6\), expected \(4, Z\)"):
        interpolate_grid(torch.zeros(3, 6), 2, 2)


def test_nothing_to_encode(model, zigzag):
    with pytest.raises(SketchRNNError, match="no drawings to encode"):
        encode(model, [])
    with pytest.raises(SketchRNNError, match="the drawing is empty: nothing was drawn"):
        encode(model, [zigzag, Sketch.from_polylines([])])


def test_a_decoder_only_model_has_no_encoder(decoder_only, zigzag):
    with pytest.raises(SketchRNNError, match="this model is decoder-only: it has no encoder; "):
        encode(decoder_only, [zigzag])


def moved(sketch, factor, x, y):
    return Sketch.from_polylines([line * factor + (x, y) for line in sketch.polylines()])


def test_it_draws_the_z_of_each_drawing(model, zigzag):
    sketches = [zigzag, zigzag.scaled(1.1)]
    z = encode(model, sketches, fit=False)
    expected = sample(model, 2, z=z, seed=4, temperature=0.7, rule="js", max_len=9)
    options = {"seed": 4, "temperature": 0.7, "rule": "js", "max_len": 9, "fit": False}
    found = reconstruct(model, sketches, **options)
    assert found.sketches == expected.sketches
    assert found.ended.tolist() == expected.ended.tolist()
    assert np.array_equal(found.z, z)


def test_drawings_of_the_models_own_size_are_not_fitted(model, zigzag):
    with_fit = reconstruct(model, [zigzag]).sketches
    assert with_fit == reconstruct(model, [zigzag], fit=False).sketches


def test_results_have_the_place_and_size_of_the_drawing(model, zigzag):
    near = reconstruct(model, [moved(zigzag, 4, 0, 0)]).sketches[0]
    for factor, x, y in ((1, 430, 830), (3, -2000, 50), (0.1, 3, 7)):
        far = reconstruct(model, [moved(moved(zigzag, 4, 0, 0), factor, x, y)]).sketches[0]
        for found, line in zip(far.polylines(), near.polylines(), strict=True):
            assert np.allclose(found, line * factor + (x, y), atol=2e-3)


def test_a_line_first_model_begins_where_the_drawing_begins(make_model, profile, zigzag):
    model = make_model(profile=replace(profile, first_row="line"), end_logit=-9.0)
    found = reconstruct(model, [moved(zigzag, 5, 60, 80)]).sketches[0]
    assert found.first_row == "move"
    assert np.allclose(found.polylines()[0][0], (5 * 10 + 60, 5 * 15 + 80), atol=1e-3)


def test_a_decoder_only_model_cannot(decoder_only, zigzag):
    with pytest.raises(SketchRNNError, match="this model is decoder-only: it has no encoder"):
        reconstruct(decoder_only, [zigzag])
