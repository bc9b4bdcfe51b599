from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.mixture import (
    TEMPERATURE_RULES,
    StrokeMixture,
    StrokeNoise,
    stroke_noise,
    temperature_scales,
)

NUM_MIXTURE = 4
PEN_STATES = torch.eye(3)


def random_mixture(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32):
    generator = torch.Generator().manual_seed(seed)
    outputs = torch.randn(*shape, 3 + 6 * NUM_MIXTURE, generator=generator, dtype=dtype)
    return StrokeMixture.from_outputs(outputs)


@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (4,), (2, 11), (14,)])
def test_outputs_of_no_mixture(shape):
    message = re.escape(f"outputs of shape {shape}, expected (..., 3 + 6M): three pen states, and")
    with pytest.raises(SketchRNNError, match=message):
        StrokeMixture.from_outputs(torch.zeros(shape))


def single_gaussian(rho: float, dtype: torch.dtype = torch.float32):
    return StrokeMixture(
        log_pi=torch.zeros(1, dtype=dtype),
        mean=torch.tensor([[0.5, -1.0]], dtype=dtype),
        log_sigma=torch.tensor([[0.3, -0.4]], dtype=dtype),
        atanh_rho=torch.tensor([rho], dtype=dtype),
        pen_logits=torch.zeros(3, dtype=dtype),
    )


def covariance(mixture: StrokeMixture, component: int):
    sigma, rho = mixture.sigma[component], mixture.rho[component]
    cross = rho * sigma.prod()
    return torch.stack([torch.stack([sigma[0] ** 2, cross]), torch.stack([cross, sigma[1] ** 2])])


def total_moments(mixture: StrokeMixture):
    """Returns mean and covariance of the offset under the whole mixture."""
    mean = (mixture.pi[:, None] * mixture.mean).sum(0)
    parts = [
        p * (covariance(mixture, m) + torch.outer(mu - mean, mu - mean))
        for m, (p, mu) in enumerate(zip(mixture.pi, mixture.mean, strict=True))
    ]
    return mean, torch.stack(parts).sum(0)


def strokes_on_grid(half_width: float, steps: int, dtype: torch.dtype):
    axis = torch.linspace(-half_width, half_width, steps, dtype=dtype)
    offsets = torch.cartesian_prod(axis, axis)
    cell = float(axis[1] - axis[0]) ** 2
    pens = PEN_STATES.to(dtype)
    rows = [torch.cat([offsets, pen.expand(len(offsets), -1)], dim=1) for pen in pens]
    return torch.stack(rows), cell


def test_output_layout():
    outputs = torch.arange(15.0)
    mixture = StrokeMixture.from_outputs(outputs)
    assert mixture.pen_logits.tolist() == [0, 1, 2]
    assert torch.allclose(mixture.pi, torch.tensor([3.0, 4.0]).softmax(0))
    assert mixture.mean.tolist() == [[5, 7], [6, 8]]
    assert mixture.log_sigma.tolist() == [[9, 11], [10, 12]]
    assert mixture.atanh_rho.tolist() == [7, 7]  # 13 and 14, limited


def test_density_integrates_to_one_over_offsets_and_pen_states():
    mixture = random_mixture(dtype=torch.float64)
    grid, cell = strokes_on_grid(40, 501, torch.float64)
    mass = mixture.log_prob(grid).exp().sum(dim=1) * cell
    assert torch.allclose(mass, mixture.pen_probs, rtol=1e-3)
    assert mass.sum().item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("atanh_rho", [0.0, 0.7, -2.0, 6.9])
def test_density_is_that_of_the_covariance_matrix(atanh_rho):
    mixture = single_gaussian(atanh_rho, torch.float64)
    reference = torch.distributions.MultivariateNormal(mixture.mean[0], covariance(mixture, 0))
    offsets = reference.sample((50,))
    found = mixture.offset_log_prob(offsets)
    assert torch.allclose(found, reference.log_prob(offsets), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("atanh_rho", [0.1, 3.0, 6.9, -6.9])
def test_density_in_float32_keeps_its_digits_at_any_correlation(atanh_rho):
    noise = stroke_noise((2000,), torch.Generator().manual_seed(1))
    narrow = replace(single_gaussian(atanh_rho), mean=torch.zeros(1, 2))
    exact = replace(single_gaussian(atanh_rho, torch.float64), mean=torch.zeros(1, 2).double())
    offsets = narrow.sample(noise)[:, :2]
    error = narrow.offset_log_prob(offsets).double() - exact.offset_log_prob(offsets.double())
    assert error.abs().max() < 2e-3  # eq. 25 as printed is off by 0.2 at 6.9


def test_density_has_a_gradient_even_where_it_vanishes():
    outputs = torch.randn(3 + 6 * NUM_MIXTURE, generator=torch.Generator().manual_seed(0))
    outputs.requires_grad_()
    far = torch.tensor([1e4, -1e4])
    StrokeMixture.from_outputs(outputs).offset_log_prob(far).backward()
    assert outputs.grad.isfinite().all()


def test_samples_have_the_mean_and_covariance_of_the_mixture():
    mixture = random_mixture(seed=2)
    count = 100_000
    strokes = mixture.sample(stroke_noise((count,), torch.Generator().manual_seed(0)))
    mean, cov = total_moments(mixture)
    error = (cov.diagonal() / count).sqrt()
    assert ((strokes[:, :2].mean(0) - mean).abs() < 5 * error).all()
    assert torch.allclose(torch.cov(strokes[:, :2].T), cov, rtol=0.03, atol=0.03)


@pytest.mark.parametrize("rule", TEMPERATURE_RULES)
@pytest.mark.parametrize("temperature", [0.25, 1.0])
def test_each_rule_changes_weights_and_widths_exactly_as_stated(rule, temperature):
    mixture = random_mixture(seed=3, dtype=torch.float64)
    half = 0.5 + 0.5 * temperature
    sigma_factor, component_divisor, pen_divisor = {
        "paper": (math.sqrt(temperature), temperature, temperature),
        "original": (temperature, temperature, temperature),
        "js": (math.sqrt(temperature), half, half),
        "offsets": (math.sqrt(temperature), temperature, 1),
    }[rule]
    count = 20_000
    uniform = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    noise = StrokeNoise(torch.stack([uniform, uniform], 1), torch.zeros(count, 2).double())
    strokes = mixture.sample(noise, temperature, rule)

    expected_pen = (mixture.pen_logits / pen_divisor).softmax(0)
    assert torch.allclose(strokes[:, 2:].mean(0), expected_pen, atol=1e-4)
    component = (strokes[:, None, :2] == mixture.mean).all(-1).double().argmax(1)
    shares = torch.bincount(component, minlength=NUM_MIXTURE) / count
    assert torch.allclose(
        shares.double(), (mixture.log_pi / component_divisor).softmax(0), atol=1e-4
    )

    ones = StrokeNoise(noise.uniforms, torch.ones(count, 2).double())
    moved = mixture.sample(ones, temperature, rule)[:, :2] - strokes[:, :2]
    width_x, width_y = (sigma_factor * mixture.sigma[component]).unbind(1)
    rho = mixture.rho[component]
    assert torch.allclose(moved[:, 0], width_x)
    assert torch.allclose(moved[:, 1], width_y * (rho + (1 - rho**2).sqrt()))


@pytest.mark.parametrize("rule", TEMPERATURE_RULES)
def test_at_zero_and_hardly_above_the_greedy_movement(rule):
    mixture = random_mixture(7, seed=4)
    noise = stroke_noise((7,), torch.Generator().manual_seed(0))
    greedy = mixture.mode()
    best = mixture.log_pi.argmax(-1)
    assert torch.equal(greedy[:, :2], mixture.mean[torch.arange(7), best])
    assert torch.equal(greedy[:, 2:].argmax(-1), mixture.pen_logits.argmax(-1))
    assert torch.equal(mixture.sample(noise, 0.0, rule), greedy)
    several = StrokeNoise(torch.zeros(3, 7, 2), torch.zeros(3, 7, 2))
    assert torch.equal(mixture.sample(several, 0.0, rule), greedy.expand(3, 7, 5))
    if rule in ("paper", "original"):  # by the others the pen's choice is never that sharp
        for tiny in (1e-300, 1e-40, 1e-8):
            assert torch.allclose(mixture.sample(noise, tiny, rule), greedy, atol=2e-3)


def test_pen_states_are_one_hot():
    strokes = random_mixture(500).sample(stroke_noise((500,), torch.Generator().manual_seed(0)))
    assert strokes.shape == (500, 5)
    assert torch.equal(strokes[:, 2:].sum(1), torch.ones(500))
    assert set(strokes[:, 2:].unique().tolist()) == {0.0, 1.0}


def test_a_class_of_no_probability_is_never_taken():
    logits = torch.tensor([[-1e9, 0.0, -1e9]])
    mixture = replace(random_mixture(1), pen_logits=logits)
    for uniform in (0.0, 0.5, float(np.nextafter(np.float32(1), np.float32(0)))):
        noise = StrokeNoise(torch.full((1, 2), uniform), torch.zeros(1, 2))
        assert mixture.sample(noise)[0, 2:].tolist() == [0, 1, 0]


def test_rescaling_rescales_density_mode_and_samples():
    mixture, factor = random_mixture(6, seed=5), 18.5
    larger = mixture.rescaled(factor)
    noise = stroke_noise((6,), torch.Generator().manual_seed(0))
    stretch = torch.tensor([factor, factor, 1, 1, 1])
    strokes = mixture.sample(noise, 0.5)
    assert torch.allclose(larger.sample(noise, 0.5), strokes * stretch, rtol=1e-4, atol=1e-4)
    assert torch.allclose(larger.mode(), mixture.mode() * stretch, rtol=1e-5)
    expected = mixture.log_prob(strokes) - 2 * math.log(factor)
    assert torch.allclose(larger.log_prob(strokes * stretch), expected, atol=1e-4)


def test_no_batch_dimension_is_needed():
    mixture = random_mixture()
    stroke = mixture.sample(stroke_noise((), torch.Generator().manual_seed(0)))
    assert stroke.shape == mixture.mode().shape == (5,)
    assert mixture.log_prob(stroke).shape == ()


def test_extreme_outputs_stay_finite():
    for size in (1e3, -1e3):
        mixture = StrokeMixture.from_outputs(torch.full((3 + 6 * NUM_MIXTURE,), size))
        stroke = mixture.sample(stroke_noise((), torch.Generator().manual_seed(0)))
        assert stroke.isfinite().all()
        assert mixture.log_prob(torch.tensor([1.0, 2, 1, 0, 0])).isfinite()


@pytest.mark.parametrize("temperature", [-0.1, math.nan, math.inf])
def test_impossible_temperatures(temperature):
    with pytest.raises(
        SketchRNNError, match=r"temperature=.* must be a finite number of at least 0"
    ):
        temperature_scales(temperature, "paper")


def test_unknown_rule():
    message = "rule='warm' must be one of paper, original, js, offsets"
    with pytest.raises(SketchRNNError, match=message):
        temperature_scales(0.5, "warm")
