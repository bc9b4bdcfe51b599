"""Laws of the recurrent cells: starting weights, the parts of the state, the static input."""

from __future__ import annotations

import math

import pytest
import torch

from sketch_rnn.config import CELLS
from sketch_rnn.model.cells import cell_class
from sketch_rnn.model.cells.cell import glorot_uniform_

INPUT_SIZE = 9
HIDDEN = 32
# The hyper cell's inner cell: its size is part of the model.
INNER = 256
EMBEDDING = 32


def started_cell(name, seed=0):
    cell = cell_class(name)(INPUT_SIZE, HIDDEN)
    cell.reset_parameters(torch.Generator().manual_seed(seed))
    return cell


def gaussian(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def assert_glorot_uniform(weight, fan_in, fan_out):
    bound = math.sqrt(6 / (fan_in + fan_out))
    assert 0.97 * bound < weight.abs().max() <= bound
    assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)
    assert abs(weight.mean().item()) < 5 * bound / math.sqrt(3 * weight.numel())


def assert_orthogonal_per_gate(weight, size):
    gates = weight.split(size, dim=1)
    assert len(gates) == 4
    for number, gate in enumerate(gates):
        torch.testing.assert_close(gate.T @ gate, torch.eye(size), rtol=0, atol=1e-5)
        for other in gates[:number]:
            assert not torch.allclose(gate, other, atol=1e-3)


@pytest.mark.parametrize("name", CELLS)
def test_input_weights_start_glorot_uniform(name):
    assert_glorot_uniform(started_cell(name).input_weight.detach(), INPUT_SIZE, 4 * HIDDEN)


@pytest.mark.parametrize("name", CELLS)
def test_recurrent_weights_start_orthogonal_in_each_gate(name):
    assert_orthogonal_per_gate(started_cell(name).recurrent_weight.detach(), HIDDEN)


@pytest.mark.parametrize("name", ["lstm", "hyper"])
def test_biases_start_at_zero(name):
    cell = started_cell(name)
    assert cell.bias.shape == (4 * HIDDEN,)
    assert not cell.bias.any()


def test_layer_norm_cell_has_no_bias():
    names = {name for name, _ in started_cell("layer_norm").named_parameters()}
    assert "bias" not in names


@pytest.mark.parametrize("name", ["layer_norm", "hyper"])
def test_layer_norms_start_as_the_identity(name):
    cell = started_cell(name)
    norms = [(cell.gate_norm, 4 * HIDDEN), (cell.cell_norm, HIDDEN)]
    if name == "hyper":
        norms += [(cell.inner.gate_norm, 4 * INNER), (cell.inner.cell_norm, INNER)]
    for norm, size in norms:
        assert torch.equal(norm.weight, torch.ones(size))
        assert torch.equal(norm.bias, torch.zeros(size))


def test_hyper_inner_cell_starts_as_a_layer_norm_cell_of_256_units():
    inner = started_cell("hyper").inner
    assert_glorot_uniform(inner.input_weight.detach(), INPUT_SIZE + HIDDEN, 4 * INNER)
    assert_orthogonal_per_gate(inner.recurrent_weight.detach(), INNER)


def test_hyper_constants():
    cell = started_cell("hyper")
    assert cell.factor_weight.shape == (8, EMBEDDING, HIDDEN)
    assert torch.equal(cell.factor_weight, torch.full_like(cell.factor_weight, 0.1 / EMBEDDING))
    assert cell.factor_embedding.weight.shape == (8 * EMBEDDING, INNER)
    assert not cell.factor_embedding.weight.any()
    assert torch.equal(cell.factor_embedding.bias, torch.ones(8 * EMBEDDING))
    assert not cell.shift_weight.any()
    assert cell.shift_embedding.weight.shape == (4 * EMBEDDING, INNER)
    assert cell.shift_embedding.weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert cell.shift_embedding.weight.abs().max() > 0.03  # gaussian: not cut off


def test_hyper_starts_with_every_factor_a_tenth_and_every_shift_zero():
    # With layer norm after them, the gates are then those of a plain layer-normalised cell.
    cell = started_cell("hyper")
    inner_hidden = gaussian(3, INNER)
    factors = cell.factor_embedding(inner_hidden).view(3, 8, EMBEDDING)
    factors = torch.einsum("bge,geh->bgh", factors, cell.factor_weight)
    torch.testing.assert_close(factors, torch.full((3, 8, HIDDEN), 0.1))


@pytest.mark.parametrize("shape", [(40, 100), (300,)])
def test_glorot_bound_of_a_matrix_and_of_a_vector(shape):
    weight = torch.empty(shape)
    glorot_uniform_(weight, torch.Generator().manual_seed(0))
    # A vector counts its length as both fans.
    assert_glorot_uniform(weight, shape[0], shape[-1])


@pytest.mark.parametrize("name", CELLS)
def test_starting_weights_are_a_function_of_the_seed(name):
    first, again, other = (started_cell(name, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["input_weight"], other["input_weight"])
    assert not torch.equal(first["recurrent_weight"], other["recurrent_weight"])


@pytest.mark.parametrize(
    ("name", "sizes", "output_part"),
    [
        ("lstm", (HIDDEN, HIDDEN), 1),
        ("layer_norm", (HIDDEN, HIDDEN), 0),
        ("hyper", (HIDDEN, INNER, HIDDEN, INNER), 0),
    ],
)
def test_state_parts_are_in_the_originals_vector_order(name, sizes, output_part):
    cell = started_cell(name)
    vector = gaussian(2, sum(sizes))
    state = cell.split_state(vector)
    assert cell.state_size == sum(sizes)
    assert tuple(part.shape[1] for part in state) == sizes
    assert torch.equal(torch.cat(state, dim=1), vector)
    assert torch.equal(cell.output(state), state[output_part])
    zero = cell.zero_state(2)
    assert [part.shape for part in zero] == [part.shape for part in state]
    assert not torch.cat(zero, dim=1).any()


@pytest.mark.parametrize("name", CELLS)
def test_static_input_is_the_trailing_columns_of_the_input(name):
    cell = started_cell(name).double()
    inputs = gaussian(4, INPUT_SIZE).double()
    state = cell.split_state(gaussian(4, cell.state_size, seed=1).double())
    whole = cell.step(inputs, cell.context(None, 4), state, None)
    for columns in (1, INPUT_SIZE - 1):
        moving, static = inputs[:, :-columns], inputs[:, -columns:]
        split = cell.step(moving, cell.context(static, 4), state, None)
        torch.testing.assert_close(split, whole, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_a_step_leaves_the_state_before_as_it_was(name):
    cell = started_cell(name)
    state = cell.split_state(gaussian(4, cell.state_size))
    before = [part.clone() for part in state]
    cell.step(gaussian(4, INPUT_SIZE, seed=1), cell.context(None, 4), state, None)
    assert all(torch.equal(part, old) for part, old in zip(state, before, strict=True))


@pytest.mark.parametrize("name", CELLS)
def test_forget_bias_is_one_and_outside_the_weights(name):
    # All weights and shifts zero: write gate 0.5, candidate 0, so the cell only forgets.
    cell = started_cell(name)
    with torch.no_grad():
        for value in cell.parameters():
            value.zero_()
    state = cell.split_state(torch.full((1, cell.state_size), 0.8))
    after = cell.step(torch.ones(1, INPUT_SIZE), cell.context(None, 1), state, None)
    cell_part = {"lstm": 0, "layer_norm": 1, "hyper": 2}[name]
    kept = 0.8 / (1 + math.exp(-1.0))
    torch.testing.assert_close(after[cell_part], torch.full((1, HIDDEN), kept))
