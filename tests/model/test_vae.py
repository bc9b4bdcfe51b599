"""Laws of the whole network: padding, order, step by step, latent noise, decoder-only models."""

from __future__ import annotations

import pytest
import torch
from small_networks import (
    COMBINATIONS,
    SAME_CELLS,
    latent_noise,
    padded_outputs,
    random_batch,
    small_config,
    small_network,
)

from sketch_rnn.config import CELLS
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.mixture import StrokeMixture

LENGTHS = (4, 1, 7, 3, 3)
NUM_STEPS = 8
FORMS = ("padded", "masked", "true_length")
UNPADDED_FORMS = ("masked", "true_length")


def cells_id(cells):
    return f"{cells[0] or 'none'}-{cells[1]}"


each_cell = pytest.mark.parametrize("cells", SAME_CELLS, ids=cells_id)


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


def predict(network, strokes, lengths, form, **changes):
    noise = latent_noise(len(lengths), network.config)
    return network(strokes, lengths, form=form, noise=noise, **changes)


def loss_terms(prediction):
    return torch.stack(prediction.loss(NUM_STEPS, 0.5, 0.001))


@each_cell
@pytest.mark.parametrize("form", UNPADDED_FORMS)
def test_more_padding_changes_nothing(cells, form):
    network = small_network(small_config(*cells))
    short = predict(network, *random_batch(LENGTHS, NUM_STEPS), form)
    long = predict(network, *random_batch(LENGTHS, NUM_STEPS + 9), form)
    close(loss_terms(long), loss_terms(short))
    close(torch.cat(long.final_state, 1), torch.cat(short.final_state, 1))
    close(long.mixture.pen_logits, short.mixture.pen_logits)
    close(long.mixture.mean, short.mixture.mean)


@each_cell
@pytest.mark.parametrize("form", UNPADDED_FORMS)
def test_padding_is_never_read(cells, form):
    # NaN would spread from any padding that enters, up to the gradients.
    network = small_network(small_config(*cells))
    strokes, lengths = random_batch(LENGTHS, NUM_STEPS)
    poisoned = strokes.clone()
    first_unread = lengths + 1 + (form == "true_length")
    for rows, start in zip(poisoned, first_unread.tolist(), strict=True):
        rows[start:] = torch.nan
    prediction = predict(network, poisoned, lengths, form)
    close(loss_terms(prediction), loss_terms(predict(network, strokes, lengths, form)))
    prediction.loss(NUM_STEPS, 0.5, 0.001).total.backward()
    assert all(value.grad.isfinite().all() for value in network.parameters())


@pytest.mark.parametrize("name", CELLS)
def test_encoder_ignores_padding(name):
    network = small_network(small_config(name))
    strokes, lengths = random_batch(LENGTHS, NUM_STEPS)
    whole = network.encoder(strokes[:, 1:], lengths)
    for number, length in enumerate(LENGTHS):
        alone = network.encoder(strokes[number : number + 1, 1 : 1 + length], lengths[[number]])
        close(whole.mean[[number]], alone.mean)
        close(whole.log_var[[number]], alone.log_var)


@pytest.mark.parametrize("name", CELLS)
def test_encoder_reads_every_movement_in_both_directions(name):
    network = small_network(small_config(name))
    strokes, lengths = random_batch([4], 4)
    movements = strokes[:, 1:].clone().requires_grad_()
    network.encoder(movements, lengths).mean.sum().backward()
    assert (movements.grad[0, :, :2] != 0).all()
    # Turning the sketch round and swapping the two cells gives the same summary, halves swapped.
    encoder = network.encoder
    before = encoder(strokes[:, 1:], lengths)
    encoder.forward_cell, encoder.backward_cell = encoder.backward_cell, encoder.forward_cell
    with torch.no_grad():
        for head in (encoder.mean, encoder.log_var):
            head.weight.copy_(head.weight.roll(head.weight.shape[1] // 2, dims=1))
    after = encoder(strokes[:, 1:].flip(1), lengths)
    close(after.mean, before.mean)
    close(after.log_var, before.log_var)


@pytest.mark.parametrize("cells", COMBINATIONS, ids=cells_id)
@pytest.mark.parametrize("form", FORMS)
def test_step_by_step_equals_unrolled(cells, form):
    network = small_network(small_config(*cells))
    strokes, lengths = random_batch(LENGTHS, NUM_STEPS)
    prediction = predict(network, strokes, lengths, form)
    unrolled = padded_outputs(prediction, NUM_STEPS)
    batch = len(LENGTHS)
    counted = {"padded": [NUM_STEPS] * batch, "masked": LENGTHS}.get(form) or [
        length + 1 for length in LENGTHS
    ]
    counted = torch.tensor(counted)
    context = network.decoder.context(prediction.condition, batch)
    state = network.decoder.start(prediction.condition, batch)
    for step in range(NUM_STEPS):
        mixture, state = network.decoder.step(strokes[:, step], context, state)
        running = step < counted
        for name, values in unrolled.items():
            close(values[running, step], getattr(mixture, name)[running])
        ended = counted == step + 1
        for part, final in zip(state, prediction.final_state, strict=True):
            close(final[ended], part[ended])


@each_cell
@pytest.mark.parametrize("form", FORMS)
def test_permuting_sketches_permutes_their_predictions(cells, form):
    network = small_network(small_config(*cells))
    strokes, lengths = random_batch(LENGTHS, NUM_STEPS)
    noise = latent_noise(len(LENGTHS), network.config)
    order = torch.tensor([3, 0, 4, 2, 1])
    moved_noise = None if noise is None else noise[order]
    before = network(strokes, lengths, form=form, noise=noise)
    after = network(strokes[order], lengths[order], form=form, noise=moved_noise)
    close(loss_terms(after), loss_terms(before))
    outputs = padded_outputs(before, NUM_STEPS)
    for name, values in padded_outputs(after, NUM_STEPS).items():
        close(values, outputs[name][order])
    for ours, theirs in zip(after.final_state, before.final_state, strict=True):
        close(ours, theirs[order])
    if noise is not None:
        close(after.posterior.mean, before.posterior.mean[order])
        close(after.z, before.z[order])


@each_cell
def test_prediction_of_a_movement_depends_on_the_past_only(cells):
    network = small_network(small_config(*cells))
    strokes, lengths = random_batch(LENGTHS, NUM_STEPS)
    condition = Condition(latent_noise(len(LENGTHS), network.config))
    changed = strokes.clone()
    changed[:, 5:, :2] += 1
    before, after = (
        padded_outputs(network.predict(rows, lengths, condition, form="padded"), NUM_STEPS)["mean"]
        for rows in (strokes, changed)
    )
    close(after[:, :5], before[:, :5])
    assert (after[:, 5:] != before[:, 5:]).all()


@each_cell
def test_targets_are_the_movements_one_step_later(cells):
    network = small_network(small_config(*cells))
    strokes, lengths = random_batch(LENGTHS, NUM_STEPS)
    prediction = predict(network, strokes, lengths, "padded")
    unpacked = prediction.packing.unpack(prediction.targets, NUM_STEPS)
    assert torch.equal(unpacked, strokes[:, 1:])


@pytest.mark.parametrize("cells", COMBINATIONS, ids=cells_id)
def test_predictions_are_the_same_without_gradients(cells):
    network = small_network(small_config(*cells))
    batch = random_batch(LENGTHS, NUM_STEPS)
    before = predict(network, *batch, "true_length")
    with torch.no_grad():
        after = predict(network, *batch, "true_length")
    close(loss_terms(after), loss_terms(before))
    close(after.mixture.mean, before.mixture.mean)
    close(torch.cat(after.final_state, 1), torch.cat(before.final_state, 1))


def test_noise_of_the_latent_is_a_function_of_the_generator():
    network = small_network(small_config(), dtype=torch.float32)
    strokes, lengths = random_batch(LENGTHS, NUM_STEPS, dtype=torch.float32)

    def draw(seed):
        generator = torch.Generator().manual_seed(seed)
        return network(strokes, lengths, form="masked", generator=generator)

    first, again, other = draw(1), draw(1), draw(2)
    assert torch.equal(first.z, again.z)
    assert (first.z != other.z).all()
    noise = (first.z - first.posterior.mean) / torch.exp(first.posterior.log_var / 2)
    assert noise.unique().numel() == noise.numel()


def test_latent_noise_is_standard_normal():
    network = small_network(small_config(z_size=20), dtype=torch.float32)
    strokes, lengths = random_batch([1] * 500, 1, dtype=torch.float32)
    generator = torch.Generator().manual_seed(0)
    prediction = network(strokes, lengths, form="masked", generator=generator)
    posterior = prediction.posterior
    noise = (prediction.z - posterior.mean) / torch.exp(posterior.log_var / 2)
    assert noise.mean().item() == pytest.approx(0, abs=0.05)
    assert noise.std().item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", CELLS)
def test_decoder_only_model_starts_from_zero_and_knows_no_latent(name):
    network = small_network(small_config(None, name))
    prediction = predict(network, *random_batch(LENGTHS, NUM_STEPS), "masked")
    assert network.encoder is None
    assert prediction.posterior is None
    assert prediction.z is None
    state = network.decoder.start(Condition(), 4)
    assert sum(part.shape[1] for part in state) == network.decoder.cell.state_size
    assert all(part.shape[0] == 4 and not part.any() for part in state)


def test_output_layer_is_laid_out_pen_first_then_the_mixture():
    raw = torch.arange(3 + 6 * 4, dtype=torch.float64)[None]
    mixture = StrokeMixture.from_outputs(raw / 100)
    layout = {
        "pen_logits": [0, 1, 2],
        "mean": [[7, 11], [8, 12], [9, 13], [10, 14]],
        "log_sigma": [[15, 19], [16, 20], [17, 21], [18, 22]],
        "atanh_rho": [23, 24, 25, 26],
    }
    for name, places in layout.items():
        close(getattr(mixture, name)[0], torch.tensor(places, dtype=torch.float64) / 100)
    close(mixture.pi[0], (raw[0, 3:7] / 100).softmax(0))
