"""Contract and laws of the parameters: names, shapes, counts, starting values."""

from __future__ import annotations

import math

import pytest
import torch
from small_networks import COMBINATIONS, small_config

from sketch_rnn.config import CELLS, ModelConfig
from sketch_rnn.model.vae import SketchVAE

# Checkpoints hold these names and shapes: a change here makes every saved model unreadable.
# D inputs, H units, S the length of the state.
CELL_SHAPES = {
    "lstm": {"input_weight": "D,4H", "recurrent_weight": "H,4H", "bias": "4H"},
    "layer_norm": {
        "input_weight": "D,4H",
        "recurrent_weight": "H,4H",
        "gate_norm.weight": "4H",
        "gate_norm.bias": "4H",
        "cell_norm.weight": "H",
        "cell_norm.bias": "H",
    },
    "hyper": {
        "input_weight": "D,4H",
        "recurrent_weight": "H,4H",
        "bias": "4H",
        "inner.input_weight": "D+H,1024",
        "inner.recurrent_weight": "256,1024",
        "inner.gate_norm.weight": "1024",
        "inner.gate_norm.bias": "1024",
        "inner.cell_norm.weight": "256",
        "inner.cell_norm.bias": "256",
        "factor_embedding.weight": "256,256",
        "factor_embedding.bias": "256",
        "factor_weight": "8,32,H",
        "shift_embedding.weight": "128,256",
        "shift_weight": "4,32,H",
        "gate_norm.weight": "4H",
        "gate_norm.bias": "4H",
        "cell_norm.weight": "H",
        "cell_norm.bias": "H",
    },
}
# The default sizes: encoder 256, decoder 512, z 128, 20 mixture components.
HEAD_SHAPES = {
    "encoder.mean.weight": (128, 512),
    "encoder.mean.bias": (128,),
    "encoder.log_var.weight": (128, 512),
    "encoder.log_var.bias": (128,),
    "decoder.initial_state.weight": ("S", 128),
    "decoder.initial_state.bias": ("S",),
    "decoder.output.weight": (123, 512),
    "decoder.output.bias": (123,),
}
STATE_SIZES = {"lstm": 1024, "layer_norm": 1024, "hyper": 1536}


def cell_shapes(name, prefix, inputs, units):
    sizes = {"D": inputs, "H": units, "4H": 4 * units, "D+H": inputs + units}
    return {
        f"{prefix}.{key}": tuple(sizes.get(part) or int(part) for part in shape.split(","))
        for key, shape in CELL_SHAPES[name].items()
    }


def shapes(network):
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


@pytest.fixture(scope="module", params=CELLS)
def default_network(request):
    """The default sizes with the same cell in encoder and decoder."""
    config = ModelConfig(enc_model=request.param, dec_model=request.param)
    return SketchVAE(config, torch.Generator().manual_seed(0))


def test_names_and_shapes_of_the_default_sizes(default_network):
    name = default_network.config.dec_model
    expected = {
        key: tuple(STATE_SIZES[name] if side == "S" else side for side in shape)
        for key, shape in HEAD_SHAPES.items()
    }
    expected |= cell_shapes(name, "encoder.forward_cell", 5, 256)
    expected |= cell_shapes(name, "encoder.backward_cell", 5, 256)
    expected |= cell_shapes(name, "decoder.cell", 133, 512)
    assert shapes(default_network) == expected


@pytest.mark.parametrize("name", CELLS)
def test_names_and_shapes_of_a_decoder_only_model(name):
    network = SketchVAE(ModelConfig(dec_model=name, conditional=False, dec_rnn_size=8))
    output = {"decoder.output.weight": (123, 8), "decoder.output.bias": (123,)}
    assert shapes(network) == cell_shapes(name, "decoder.cell", 5, 8) | output


def num_cell_parameters(name, inputs, units):
    """The size of a cell: weights, gates' and output's layer norm, and what hyper adds."""
    weights = 4 * units * (inputs + units)
    if name == "lstm":
        return weights + 4 * units
    if name == "layer_norm":
        return weights + 10 * units
    inner = num_cell_parameters("layer_norm", inputs + units, 256)
    factors = 8 * (32 * (256 + 1) + 32 * units)
    shifts = 4 * (32 * 256 + 32 * units)
    return weights + 4 * units + 10 * units + inner + factors + shifts


def num_parameters(config):
    z_size = config.z_size if config.conditional else 0
    units = config.dec_rnn_size
    decoder = num_cell_parameters(config.dec_model, 5 + z_size, units)
    output = (units + 1) * (3 + 6 * config.num_mixture)
    if not config.conditional:
        return decoder + output
    inner = 256 if config.dec_model == "hyper" else 0
    initial_state = (z_size + 1) * 2 * (units + inner)
    encoder = 2 * num_cell_parameters(config.enc_model, 5, config.enc_rnn_size)
    posterior = 2 * (2 * config.enc_rnn_size + 1) * z_size
    return encoder + posterior + initial_state + decoder + output


@pytest.mark.parametrize(
    "cells", COMBINATIONS, ids=lambda cells: f"{cells[0] or 'none'}-{cells[1]}"
)
def test_number_of_parameters(cells):
    config = small_config(*cells)
    counted = sum(value.numel() for value in SketchVAE(config).parameters())
    assert counted == num_parameters(config)


def test_number_of_parameters_of_the_default_sizes(default_network):
    expected = {"lstm": 2_186_107, "layer_norm": 2_192_251, "hyper": 4_940_411}
    counted = sum(value.numel() for value in default_network.parameters())
    assert counted == expected[default_network.config.dec_model]


@pytest.mark.parametrize("name", ["encoder.mean", "encoder.log_var", "decoder.initial_state"])
def test_heads_start_gaussian_and_almost_zero(default_network, name):
    head = default_network.get_submodule(name)
    assert head.weight.std().item() == pytest.approx(0.001, rel=0.02)
    assert abs(head.weight.mean().item()) < 5 * 0.001 / math.sqrt(head.weight.numel())
    assert head.weight.abs().max() > 0.0035  # gaussian: not cut off
    assert not head.bias.any()


def test_output_layer_starts_glorot_uniform_its_bias_too(default_network):
    output = default_network.decoder.output
    for values, fans in ((output.weight, 512 + 123), (output.bias, 123 + 123)):
        bound = math.sqrt(6 / fans)
        assert 0.95 * bound < values.abs().max() <= bound
        assert values.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.15)


@pytest.mark.parametrize("name", CELLS)
def test_starting_weights_depend_on_the_generator_alone(name):
    def start(seed, global_seed):
        torch.manual_seed(global_seed)
        config = small_config(name, name)
        return SketchVAE(config, torch.Generator().manual_seed(seed)).state_dict()

    first, again, other = start(5, 0), start(5, 1), start(6, 0)
    assert all(torch.equal(first[key], again[key]) for key in first)
    drawn = [key for key, value in first.items() if value.unique().numel() > 1]
    assert drawn
    assert not any(torch.equal(first[key], other[key]) for key in drawn)


@pytest.mark.parametrize("name", CELLS)
def test_no_two_arrays_start_alike(name):
    # The two directions of the encoder, for one, must not share their draws.
    network = SketchVAE(small_config(name, name, dec_rnn_size=5), torch.Generator().manual_seed(0))
    drawn = [value for value in network.state_dict().values() if value.unique().numel() > 1]
    for number, value in enumerate(drawn):
        assert not any(torch.equal(value, other) for other in drawn[:number])
