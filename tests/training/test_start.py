"""Fine-tuning: what a run takes from the model it starts from."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from recorded_runs import message
from test_labelled_training import LABELLED, labelled_data

from sketch_rnn.dataset.labels import relabelled
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.loop import Trainer
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset


@pytest.fixture
def start(tmp_path):
    """Makes a trainer that starts from a model."""

    def make(initial, model=TINY_MODEL, data=None, **settings):
        config = replace(TINY_TRAINING, **settings)
        dataset = tiny_dataset() if data is None else data
        return Trainer(dataset, model, config, tmp_path / "run", initial=initial)

    return make


@pytest.fixture(scope="module")
def trained():
    return SketchRNN.new(TINY_MODEL, tiny_dataset().profile, seed=9)


def test_it_starts_from_the_model_s_weights_with_its_own_scale(start, trained):
    bigger = SketchRNN(trained.network, replace(trained.profile, scale=99.0))
    model = start(bigger, replace(TINY_MODEL, recurrent_keep_prob=0.5)).model
    assert model.profile == tiny_dataset().profile
    assert model.config.recurrent_keep_prob == 0.5
    for ours, theirs in zip(model.network.parameters(), trained.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
        assert ours is not theirs


def test_a_resumed_run_goes_on_and_does_not_start_again(start, trained, tmp_path):
    start(trained, num_steps=2).fit()
    config = replace(TINY_TRAINING, num_steps=4)
    resumed = Trainer(tiny_dataset(), TINY_MODEL, config, tmp_path / "run", resume=True)
    assert resumed._state.step == 2


def test_label_vectors_are_taken_by_name(start):
    data = labelled_data(names=("cow", "cat", "bus"))
    known = SketchRNN.new(LABELLED, labelled_data().profile, seed=9)
    model = start(known, LABELLED, data).model
    assert torch.equal(label_vectors(model, ["cat", "bus"]), label_vectors(known, ["cat", "bus"]))
    assert not label_vectors(model, "cow").any()


def test_one_label_is_enough(start):
    known = SketchRNN.new(LABELLED, labelled_data().profile, seed=9)
    one = replace(tiny_dataset(), profile=replace(tiny_dataset().profile, labels=("cat",)))
    model = start(known, replace(LABELLED, num_labels=1), one).model
    assert torch.equal(label_vectors(model, "cat"), label_vectors(known, "cat"))


def test_another_architecture_is_refused(start, trained):
    def run(**options):
        return start(trained, **options)

    assert message(run, model=replace(TINY_MODEL, dec_rnn_size=8, z_size=2)) == (
        "the model to start from has another architecture: dec_rnn_size is 16 there and 8 here; "
        "z_size is 4 there and 2 here; leave these settings out"
    )
    assert message(run, model=LABELLED, data=labelled_data()) == (
        "the model to start from does not have labels, and this run has; a model with labels is "
        "trained on with --class-conditional, another one without"
    )


def test_relabelled_data_trains_the_same(start):
    """Fine-tuning on data whose labels are a subset under other numbers."""
    known = SketchRNN.new(LABELLED, labelled_data().profile, seed=9)
    data = relabelled(labelled_data(order=(2, 0, 1)), labelled_data().profile.labels)
    assert start(known, LABELLED, data).fit().outcome == "finished"
