from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from sketch_rnn.training.optimiser import AdamState, adam_step


def as_tensorflow(weights, gradients, learning_rates):
    """TensorFlow's Adam in float64, from its documentation's formulas."""
    weights = np.array(weights, np.float64)
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for t, (gradient, rate) in enumerate(zip(gradients, learning_rates, strict=True), start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        corrected = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        weights = weights - corrected * mean / (np.sqrt(square) + 1e-8)
    return weights


def run(weights, gradients, learning_rates):
    parameters = {"w": nn.Parameter(torch.tensor(weights))}
    state = AdamState.zeros(parameters.items())
    for step, (gradient, rate) in enumerate(zip(gradients, learning_rates, strict=True)):
        parameters["w"].grad = torch.tensor(gradient, dtype=torch.float32)
        adam_step(parameters, state, step, rate)
    return parameters["w"].detach().numpy()


@pytest.mark.parametrize("size", [1.0, 1e-4, 1e-9])
def test_is_tensorflows(size):
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(20, 3, 2)) * size
    rates = np.linspace(0.1, 0.01, 20)
    weights = rng.normal(size=(3, 2)).astype(np.float32)
    ours = run(weights, gradients, rates)
    np.testing.assert_allclose(ours, as_tensorflow(weights, gradients, rates), rtol=1e-4, atol=1e-6)


def test_is_not_pytorchs_for_tiny_gradients():
    ours = run(np.zeros(1, np.float32), [np.array([1e-8])], [0.1])
    # PyTorch's moves by lr * g / (|g| + eps) = 0.05 at first.
    assert ours.item() == pytest.approx(-0.1 / (1 + 1 / np.sqrt(0.001)), rel=1e-4)


def test_the_state_begins_with_zeros_of_each_parameter():
    layer = nn.Linear(3, 2)
    state = AdamState.zeros(layer.named_parameters())
    for means in (state.first, state.second):
        assert {name: tuple(value.shape) for name, value in means.items()} == {
            "weight": (2, 3),
            "bias": (2,),
        }
        assert not any(value.any() for value in means.values())


def test_a_parameter_without_gradient_stays():
    parameters = {"w": nn.Parameter(torch.ones(2)), "idle": nn.Parameter(torch.ones(2))}
    state = AdamState.zeros(parameters.items())
    parameters["w"].grad = torch.ones(2)
    adam_step(parameters, state, 0, 0.1)
    assert torch.equal(parameters["idle"], torch.ones(2))
    assert not torch.equal(parameters["w"], torch.ones(2))
