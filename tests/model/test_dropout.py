"""Laws of dropout, seen from outside: what it touches, its values, its mean, its generator."""

from __future__ import annotations

import math

import pytest
import torch
from small_networks import NO_DROPOUT, latent_noise, random_batch, small_config, small_network

from sketch_rnn.config import CELLS
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.vae import SketchVAE

LENGTHS = (4, 1, 7, 3, 3)
NUM_STEPS = 8
KINDS = ("recurrent_keep_prob", "input_keep_prob", "output_keep_prob")
DECODER_KINDS = KINDS[1:]
# Where the cell's memory stands among the parts of its state.
CELL_PART = {"lstm": 0, "layer_norm": 1, "hyper": 2}
# So few are kept that none is.
NOTHING = 1e-9


def network_in_training(encoder="lstm", decoder="lstm", **keep_probs):
    """A small float32 network whose weights do not depend on the keep probabilities."""
    config = small_config(encoder, decoder, **keep_probs)
    return small_network(config, dtype=torch.float32).train()


def run(network, seed=0, lengths=LENGTHS, form="true_length", num_steps=NUM_STEPS):
    strokes, lengths = random_batch(lengths, num_steps, dtype=torch.float32)
    noise = latent_noise(len(lengths), network.config, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    return network(strokes, lengths, form=form, noise=noise, generator=generator)


def loss(prediction):
    return prediction.loss(NUM_STEPS, 0.5, 0.001).total.item()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CELLS)
def test_dropout_changes_the_training_loss_and_is_off_in_evaluation(kind, name):
    plain = network_in_training(name, name)
    dropping = network_in_training(name, name, **{kind: 0.7})
    assert abs(loss(run(dropping)) - loss(run(plain))) > 1e-5
    assert loss(run(dropping.eval())) == pytest.approx(loss(run(plain.eval())), rel=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_keeping_everything_is_the_same_as_evaluation(name):
    network = network_in_training(name, name, **NO_DROPOUT)
    in_training, in_evaluation = run(network), run(network.eval())
    torch.testing.assert_close(in_training.mixture.mean, in_evaluation.mixture.mean)
    torch.testing.assert_close(in_training.posterior.mean, in_evaluation.posterior.mean)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CELLS)
def test_dropout_is_a_function_of_the_generator(kind, name):
    network = network_in_training(name, name, **{kind: 0.7})
    state = torch.get_rng_state()
    first, again, other = run(network, 1), run(network, 1), run(network, 2)
    assert torch.equal(first.mixture.mean, again.mixture.mean)
    assert not torch.equal(first.mixture.mean, other.mixture.mean)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("kind", DECODER_KINDS)
def test_input_and_output_dropout_leave_the_encoder_alone(kind):
    plain, dropping = run(network_in_training()), run(network_in_training(**{kind: 0.5}))
    torch.testing.assert_close(dropping.posterior.mean, plain.posterior.mean)
    torch.testing.assert_close(dropping.posterior.log_var, plain.posterior.log_var)


@pytest.mark.parametrize("name", CELLS)
def test_recurrent_dropout_acts_in_the_encoder(name):
    plain, dropping = (
        run(network_in_training(name, recurrent_keep_prob=keep)).posterior for keep in (1.0, 0.5)
    )
    assert (dropping.mean != plain.mean).all()


def test_the_two_directions_of_the_encoder_have_masks_of_their_own():
    network = network_in_training(recurrent_keep_prob=0.5, enc_rnn_size=64)
    encoder = network.encoder
    encoder.backward_cell.load_state_dict(encoder.forward_cell.state_dict())
    with torch.no_grad():
        # The mean becomes the difference of the directions' outputs, which without dropout is
        # zero for sketches of one movement.
        half = encoder.forward_cell.hidden_size
        encoder.mean.bias.zero_()
        encoder.mean.weight[:, half:] = -encoder.mean.weight[:, :half]
    ones = [1] * 5
    assert (run(network, lengths=ones).posterior.mean.abs() > 1e-4).all()
    torch.testing.assert_close(run(network.eval(), lengths=ones).posterior.mean, torch.zeros(5, 3))


@pytest.mark.parametrize("name", CELLS)
def test_only_the_candidate_is_dropped(name):
    """In one step, what is written to the memory is dropped or scaled, what is kept is not."""
    strokes, lengths = random_batch([1] * 50, 1)
    states = {}
    for keep in (NOTHING, 0.8, 1.0):
        network = small_network(small_config("lstm", name, recurrent_keep_prob=keep)).train()
        z = latent_noise(50, network.config)
        generator = torch.Generator().manual_seed(0)
        prediction = network.predict(
            strokes, lengths, Condition(z), form="masked", generator=generator
        )
        states[keep] = prediction.final_state
    kept, dropped, whole = (states[keep][CELL_PART[name]] for keep in (NOTHING, 0.8, 1.0))
    share = (dropped - kept) / (whole - kept)
    is_zero, is_scaled = (torch.abs(share - x) < 1e-6 for x in (0, 1.25))
    assert (is_zero ^ is_scaled).all()
    assert is_scaled.float().mean().item() == pytest.approx(0.8, abs=0.1)
    if name == "hyper":
        # The cell inside has no dropout.
        for part in (1, 3):
            torch.testing.assert_close(states[0.8][part], states[1.0][part])


def forget_at(network, value):
    """Makes the forget gate's input `value` always, whatever the cell reads."""
    cell, units = network.decoder.cell, network.decoder.cell.hidden_size
    block = slice(2 * units, 3 * units)
    with torch.no_grad():
        if network.config.dec_model == "lstm":
            cell.input_weight[:, block] = 0
            cell.recurrent_weight[:, block] = 0
            cell.bias[block] = value
        else:
            cell.gate_norm.weight[block] = 0
            cell.gate_norm.bias[block] = value


@pytest.mark.parametrize("name", CELLS)
def test_with_every_candidate_dropped_the_memory_only_fades(name):
    network = network_in_training("lstm", name, recurrent_keep_prob=NOTHING)
    forget_at(network, 0.5)
    lengths = torch.tensor(LENGTHS)
    prediction = run(network, form="masked")
    start = network.decoder.start(prediction.condition, len(lengths))[CELL_PART[name]]
    fade = 1 / (1 + math.exp(-(0.5 + 1.0)))
    expected = start * fade ** lengths[:, None]
    torch.testing.assert_close(prediction.final_state[CELL_PART[name]], expected)


def probe(**keep_probs):
    """A network whose predictions show what was dropped.

    Its memory forgets everything and every gate is open, so that unit k's output is
    tanh(mask * tanh(input k)): the seven inputs are a stroke and a z of two. The output layer hands
    units 0..2 on as pen logits and 3..6 as the means of dx, everything else being zero.
    """
    config = small_config(dec_rnn_size=7, z_size=2, num_mixture=4, **keep_probs)
    network = SketchVAE(config).train()
    cell, output = network.decoder.cell, network.decoder.output
    with torch.no_grad():
        for value in network.decoder.parameters():
            value.zero_()
        write, candidate, forget, opened = cell.bias.split(7)
        write.fill_(200)
        forget.fill_(-200)
        opened.fill_(200)
        candidate.zero_()
        cell.input_weight[:, 7:14] = torch.eye(7)
        places = [0, 1, 2, 7, 8, 9, 10]
        output.weight[places] = torch.eye(7)
    return network


def probed(network, batch, steps, seed=0):
    """Returns what the probe's units say, `(batch, steps, 7)`, for inputs that are all one."""
    strokes, z = torch.ones(batch, steps + 1, 5), torch.ones(batch, 2)
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.full((batch,), steps)
    prediction = network.predict(strokes, lengths, Condition(z), form="masked", generator=generator)
    mixture, unpack = prediction.mixture, prediction.packing.unpack
    return unpack(torch.cat([mixture.pen_logits, mixture.mean[..., 0]], dim=1), steps).detach()


def kept_output(kind, keep):
    """Returns what a unit of the probe says where nothing is dropped to zero."""
    scale = dict.fromkeys(KINDS, 1.0) | {kind: 1 / keep}
    candidate = math.tanh(scale["input_keep_prob"])
    hidden = math.tanh(scale["recurrent_keep_prob"] * candidate)
    return scale["output_keep_prob"] * hidden


@pytest.mark.parametrize("keep", [0.25, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_is_zero_or_scaled_by_one_over_keep(kind, keep):
    shown = probed(probe(**{kind: keep}), 20, 10)
    is_kept = shown != 0
    torch.testing.assert_close(shown, is_kept * kept_output(kind, keep))


@pytest.mark.parametrize("keep", [0.25, 0.65, 0.9, 0.999999])
@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_over_many_masks_is_the_whole(kind, keep):
    is_kept = (probed(probe(**{kind: keep}), 60, 50) != 0).float()
    share = is_kept.mean()
    deviation = math.sqrt(keep * (1 - keep) / is_kept.numel())
    assert abs(share - keep) < 4 * deviation
    assert share / keep == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_masks_are_independent_between_sketches_steps_and_units(kind):
    is_kept = (probed(probe(**{kind: 0.5}), 60, 50) != 0).float() - 0.5
    pairs = {
        "sketches": (is_kept[1:], is_kept[:-1]),
        "steps": (is_kept[:, 1:], is_kept[:, :-1]),
        "units": (is_kept[..., 1:], is_kept[..., :-1]),
    }
    for name, (first, second) in pairs.items():
        correlation = 4 * (first * second).mean().item()
        assert abs(correlation) < 4 / math.sqrt(first.numel()), name


def test_input_dropout_acts_on_the_stroke_and_on_z():
    is_kept = probed(probe(input_keep_prob=0.5), 60, 50) != 0
    shares = is_kept.float().mean(dim=(0, 1))
    torch.testing.assert_close(shares, torch.full((7,), 0.5), rtol=0, atol=0.05)


def test_input_dropout_leaves_every_sketch_its_own_z():
    # The lengths are in no order: sorting the sketches must not hand their z to another.
    lengths = torch.tensor([2, 9, 5, 1, 7])
    z = torch.linspace(0.1, 0.9, 10).view(5, 2)
    strokes = torch.ones(5, 10, 5)
    network = probe(input_keep_prob=0.5)
    generator = torch.Generator().manual_seed(0)
    prediction = network.predict(strokes, lengths, Condition(z), form="masked", generator=generator)
    shown = prediction.packing.unpack(prediction.mixture.mean[:, 2:, 0], 9)
    is_kept = shown != 0
    assert is_kept.any()
    torch.testing.assert_close(shown, is_kept * torch.tanh(torch.tanh(2 * z))[:, None])


def test_different_kinds_draw_different_masks():
    def kept_outputs(**keep_probs):
        return probed(probe(**keep_probs), 60, 50) != 0

    both = kept_outputs(recurrent_keep_prob=0.5, output_keep_prob=0.5)
    assert both.float().mean().item() == pytest.approx(0.25, abs=0.02)
    all_three = kept_outputs(**dict.fromkeys(KINDS, 0.5))
    assert all_three.float().mean().item() == pytest.approx(0.125, abs=0.02)


@pytest.mark.parametrize("name", CELLS)
def test_single_steps_are_taken_without_dropout(name):
    network = network_in_training("lstm", name, **dict.fromkeys(KINDS, 0.5))
    condition = Condition(torch.ones(2, 3))
    context, state = network.decoder.context(condition, 2), network.decoder.start(condition, 2)
    first, again = (network.decoder.step(torch.ones(2, 5), context, state)[0] for _ in range(2))
    assert torch.equal(first.mean, again.mean)
