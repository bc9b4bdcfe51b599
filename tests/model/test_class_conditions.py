"""Laws of class conditions: what a label does, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from small_networks import latent_noise, padded_outputs, random_batch, small_config, small_network

from sketch_rnn.config import CELLS
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.fixed_label import fixed_label
from sketch_rnn.model.vae import SketchVAE

LENGTHS = [4, 9, 1, 6]
STEPS = 10
LABELS = {"num_labels": 3, "label_size": 6}
ENCODERS = ("lstm", None)


def outputs(network, labels=None, form="true_length"):
    strokes, lengths = random_batch(LENGTHS, STEPS)
    noise = latent_noise(len(LENGTHS), network.config)
    return network(strokes, lengths, form=form, noise=noise, labels=labels)


def assert_same(ours, theirs):
    first, second = (padded_outputs(prediction, STEPS) for prediction in (ours, theirs))
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], rtol=1e-9, atol=1e-11)
    losses = [prediction.loss(STEPS, 0.5, 0.2) for prediction in (ours, theirs)]
    torch.testing.assert_close(*losses, rtol=1e-9, atol=1e-11)


def as_label(network, number):
    return torch.full((len(LENGTHS),), number)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_fixed_label_is_another_bias(encoder):
    network = small_network(small_config(encoder, **LABELS))
    for number in range(3):
        plain = fixed_label(network, number)
        assert plain.config == replace(network.config, num_labels=0)
        assert_same(outputs(plain), outputs(network, as_label(network, number)))
    # The first movement already depends on the label, the state before it does not.
    first, second = (outputs(network, as_label(network, n)).mixture.mean[0] for n in (0, 1))
    assert (first - second).abs().max() > 1e-4


@pytest.mark.parametrize("cell", ["layer_norm", "hyper"])
def test_a_label_cannot_be_fixed_where_it_is_normalised(cell):
    network = small_network(small_config(None, cell, **LABELS))
    with pytest.raises(SketchRNNError, match=f"a {cell} decoder normalises after the label"):
        fixed_label(network, 0)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("cell", CELLS)
def test_with_zero_vectors_it_is_the_network_without_labels(encoder, cell):
    network = small_network(small_config(encoder, cell, **LABELS))
    with torch.no_grad():
        network.label_vectors.zero_()
    weights = dict(network.state_dict())
    del weights["label_vectors"]
    plain = SketchVAE(replace(network.config, num_labels=0)).double().eval()
    for name, value in plain.state_dict().items():
        # The label's rows are the last ones.
        rows = len(value)
        if name == "decoder.cell.inner.input_weight":
            recurrent = rows - plain.decoder.cell.input_size
            own = weights[name]
            weights[name] = torch.cat([own[: rows - recurrent], own[len(own) - recurrent :]])
        weights[name] = weights[name][:rows]
    plain.load_state_dict(weights)
    assert_same(outputs(network, as_label(network, 1)), outputs(plain))


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("cell", CELLS)
def test_no_label_is_the_zero_vector(encoder, cell):
    network = small_network(small_config(encoder, cell, **LABELS))
    labels = torch.tensor([2, -1, 0, -1])
    mixed, told = outputs(network, labels), outputs(network, labels.clamp_min(0))
    ours, theirs, none = (padded_outputs(p, STEPS) for p in (mixed, told, outputs(network)))
    for name, value in ours.items():
        torch.testing.assert_close(value[[0, 2]], theirs[name][[0, 2]], rtol=1e-9, atol=1e-11)
        torch.testing.assert_close(value[[1, 3]], none[name][[1, 3]], rtol=1e-9, atol=1e-11)
    assert (ours["mean"][1] - theirs["mean"][1]).abs().max() > 1e-6


def test_the_initial_state_does_not_depend_on_the_label():
    network = small_network(small_config(**LABELS))
    z = latent_noise(3, network.config)
    states = [
        network.decoder.start(Condition(z, label), 3)
        for label in (None, network.label_vectors.detach())
    ]
    for first, second in zip(*states, strict=True):
        assert torch.equal(first, second)


def test_input_dropout_spares_label_and_z():
    """With every stroke dropped, what is left is a function of z and the label."""
    network = small_network(small_config(input_keep_prob=1e-9, **LABELS)).train()
    labels = torch.tensor([0, 1, 2, 1])
    dropped = outputs(network, labels)
    strokes, lengths = random_batch(LENGTHS, STEPS)
    z = dropped.condition.z
    network.eval()
    shown = network.predict(
        torch.zeros_like(strokes),
        lengths,
        Condition(z, network.label_rows(labels)),
        form="true_length",
    )
    torch.testing.assert_close(dropped.mixture.mean, shown.mixture.mean)


def test_starting_weights_without_labels_are_those_of_before():
    plain, labelled = (
        SketchVAE(small_config(num_labels=count), torch.Generator().manual_seed(3))
        for count in (0, 2)
    )
    assert plain.label_vectors is None
    first = plain.state_dict()["encoder.forward_cell.input_weight"]
    assert torch.equal(first, labelled.state_dict()["encoder.forward_cell.input_weight"])
