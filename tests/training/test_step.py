from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from sketch_rnn.config import CELLS
from sketch_rnn.dataset.batches import make_batch
from sketch_rnn.evaluation.losses import evaluate
from sketch_rnn.model.seeding import seeded_generator
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.schedules import kl_weight, learning_rate
from sketch_rnn.training.step import MicroBatch, TrainingState, training_step
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset

WITHOUT_DROPOUT = replace(
    TINY_MODEL, recurrent_keep_prob=1.0, input_keep_prob=1.0, output_keep_prob=1.0
)
FAST = replace(TINY_TRAINING, learning_rate=0.05, decay_rate=0.99, loss_form="true_length")


@pytest.fixture(scope="module")
def eight():
    return tiny_dataset(num_train=8)


def batch_of(dataset):
    return make_batch(dataset.train, range(8), scale=dataset.profile.scale)


def take_step(state, dataset, config=FAST):
    batch = batch_of(dataset)
    generator = seeded_generator(config.seed, state.step)
    return training_step(
        state,
        [MicroBatch(batch.strokes, batch.lengths, generator=generator)],
        config=config,
        max_seq_len=dataset.profile.max_seq_len,
    ).losses


def learn(dataset, cell, num_steps):
    """Returns a model with this cell, and its losses before the first and the last step."""
    config = replace(WITHOUT_DROPOUT, enc_model=cell, dec_model=cell)
    model = SketchRNN.new(config, dataset.profile)
    state = TrainingState.start(model.network)
    losses = [take_step(state, dataset).total.item() for _ in range(num_steps)]
    return model, losses[0], losses[-1]


@pytest.mark.parametrize("cell", CELLS)
def test_overfits_eight_drawings(eight, cell):
    _, first, last = learn(eight, cell, 30)
    assert first > 3.5
    assert last < 1


def test_learns_to_use_z(eight):
    model, _, _ = learn(eight, "layer_norm", 40)
    losses = evaluate(model, eight.train)
    shuffled = evaluate(model, eight.train, shuffle_z=True)
    assert shuffled.reconstruction > losses.reconstruction + 0.5
    assert shuffled.kl == losses.kl


def test_a_step_is_the_gradient_clipped_and_fed_to_adam(eight):
    network = SketchRNN.new(WITHOUT_DROPOUT, eight.profile).network
    state = TrainingState(network, TrainingState.start(network).optimizer, step=0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    batch = batch_of(eight)
    noise = torch.zeros(8, 4)
    prediction = network(batch.strokes, batch.lengths, form="true_length", noise=noise)
    prediction.loss(eight.profile.max_seq_len, kl_weight(FAST, 0), 0.2).total.backward()
    gradients = {name: value.grad.clamp(-0.01, 0.01) for name, value in network.named_parameters()}
    training_step(
        state,
        [MicroBatch(batch.strokes, batch.lengths, noise=noise)],
        config=replace(FAST, grad_clip=0.01),
        max_seq_len=eight.profile.max_seq_len,
    )
    clipped = 0
    for name, value in network.named_parameters():
        gradient = gradients[name]
        clipped += (gradient.abs() == 0.01).sum().item()
        moved = learning_rate(FAST, 0) * gradient / (gradient.abs() + 1e-8 / 0.001**0.5)
        torch.testing.assert_close(value, before[name] - moved, rtol=1e-3, atol=1e-5)
        # Adam's first step is the same for a gradient of any size, but not its memory of it.
        torch.testing.assert_close(state.optimizer.first[name], 0.1 * gradient)
    assert clipped > 100
    assert state.step == 1


def test_a_step_trains_with_dropout_and_reports_without_graph(eight):
    network = SketchRNN.new(TINY_MODEL, eight.profile).network
    state = TrainingState.start(network.eval())
    terms = take_step(state, eight)
    assert network.training
    assert not any(term.requires_grad for term in terms)
    again = TrainingState.start(SketchRNN.new(TINY_MODEL, eight.profile).network)
    assert take_step(again, eight).total.item() == terms.total.item()
    other = TrainingState.start(SketchRNN.new(TINY_MODEL, eight.profile).network)
    assert take_step(other, eight, replace(FAST, seed=8)).total.item() != terms.total.item()
