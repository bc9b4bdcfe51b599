from __future__ import annotations

import math

import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.loop import latent_noise
from sketch_rnn.generate.prediction import predict
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.mixture import stroke_noise
from sketch_rnn.sketch import START_TOKEN


@torch.no_grad()
def by_hand(model, sketch, z):
    """The mixture after a drawing, normalised: one step after the other."""
    decoder = model.network.decoder
    rows = torch.from_numpy(sketch.scaled(1 / model.profile.scale).stroke5())
    context, state = decoder.context(Condition(z), 1), decoder.start(Condition(z), 1)
    for row in torch.cat([torch.tensor([START_TOKEN]), rows]):
        mixture, state = decoder.step(row[None], context, state)
    return mixture


def same_distribution(found, expected):
    probe = torch.tensor([[3.0, -4, 1, 0, 0], [-20, 1, 0, 1, 0], [0, 0, 0, 0, 1]])
    return torch.allclose(found.log_prob(probe[:, None]), expected.log_prob(probe[:, None]), 1e-4)


def test_it_is_the_decoders_distribution_in_pixels(decoder_only, zigzag):
    found = predict(decoder_only, zigzag)
    assert found.mean.shape == (3, 2)
    assert found.pen_probs.shape == (3,)
    assert same_distribution(found, by_hand(decoder_only, zigzag, None).rescaled(10.0))


def test_z_is_the_encoded_start_or_given(model, zigzag):
    encoded = by_hand(model, zigzag, encode(model, [zigzag])).rescaled(10.0)
    assert same_distribution(predict(model, zigzag), encoded)
    z = latent_noise(0, [0], 5)
    given = predict(model, zigzag, z=z[0])
    assert same_distribution(given, by_hand(model, zigzag, z).rescaled(10.0))
    assert not same_distribution(given, encoded)


def test_before_the_first_movement(decoder_only, zigzag):
    empty = type(zigzag).from_polylines([])
    first = predict(decoder_only)
    assert same_distribution(first, predict(decoder_only, empty))
    assert same_distribution(first, by_hand(decoder_only, empty, None).rescaled(10.0))


def test_a_drawing_of_another_size_moves_on_in_its_own_size(decoder_only, zigzag):
    large, larger = (predict(decoder_only, zigzag.scaled(f)) for f in (6, 24))
    assert torch.allclose(large.mean * 4, larger.mean, rtol=1e-4)
    assert torch.allclose(large.sigma * 4, larger.sigma, rtol=1e-4)
    assert torch.allclose(large.pen_probs, larger.pen_probs, rtol=1e-4)


def test_the_pen_may_stay_down(decoder_only, zigzag):
    down = predict(decoder_only, zigzag, pen_down=True)
    assert not same_distribution(down, predict(decoder_only, zigzag))


def test_probabilities_sum_to_one_in_pixels(decoder_only, zigzag):
    mixture = predict(decoder_only, zigzag)
    width = 8 * float(mixture.sigma.max()) + float(mixture.mean.abs().max())
    axis = torch.linspace(-width, width, 801)
    offsets = torch.cartesian_prod(axis, axis)
    cell = float(axis[1] - axis[0]) ** 2
    masses = [
        mixture.log_prob(torch.cat([offsets, pen.expand(len(offsets), 3)], dim=1)).exp().sum()
        for pen in torch.eye(3)
    ]
    assert torch.allclose(torch.stack(masses) * cell, mixture.pen_probs, atol=2e-3)


def test_samples_are_as_frequent_as_their_probability(decoder_only, zigzag):
    mixture = predict(decoder_only, zigzag)
    count = 50_000
    strokes = mixture.sample(stroke_noise((count,), torch.Generator().manual_seed(0)))
    assert strokes.shape == (count, 5)
    assert torch.allclose(strokes[:, 2:].mean(0), mixture.pen_probs, atol=0.01)
    # The mean of 1 / density over samples inside a box is the box's area.
    box = mixture.sigma.min() * 0.5
    centre = mixture.mode()[:2]
    inside = ((strokes[:, :2] - centre).abs() < box).all(dim=1)
    assert inside.sum() > 100
    area = (-mixture.offset_log_prob(strokes[inside, :2])).exp().sum() / count
    assert area.item() == pytest.approx(float(4 * box**2), rel=5 / math.sqrt(inside.sum()))


def test_an_empty_start_needs_z(model):
    with pytest.raises(SketchRNNError, match="an empty start does not determine z; give z, or"):
        predict(model)
    assert predict(model, z=torch.zeros(5)).mean.shape == (3, 2)


def test_z_of_a_wrong_shape(model, zigzag):
    with pytest.raises(SketchRNNError, match=r"z of shape \(2, 5\), expected \(1, 5\)"):
        predict(model, zigzag, z=torch.zeros(2, 5))


def test_distributions_can_be_used_in_further_computing(decoder_only):
    mixture = predict(decoder_only)
    offset = torch.zeros(2, requires_grad=True)
    mixture.offset_log_prob(offset).backward()
    assert offset.grad is not None
