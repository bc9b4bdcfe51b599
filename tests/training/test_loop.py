from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
import torch
from recorded_runs import Recorder, files, message

from sketch_rnn.evaluation.losses import evaluate
from sketch_rnn.trained import SketchRNN
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset


def test_from_data_to_a_model(trainer, tmp_path, dataset):
    training = trainer(num_steps=12)
    result = training.fit()
    assert (result.outcome, result.step, result.num_steps) == ("finished", 12, 12)
    assert not result.interrupted
    assert files(result.folder).keys() == {
        *("best.safetensors", "last.safetensors", "previous.safetensors", "config.json", ".lock"),
    }
    best = SketchRNN.from_pretrained(tmp_path / "run")
    assert (best.config, best.profile) == (TINY_MODEL, dataset.profile)
    before = SketchRNN.new(TINY_MODEL, dataset.profile, seed=3)
    cost = evaluate(best, dataset.valid, form="true_length", seed=3)
    assert cost.reconstruction < evaluate(before, dataset.valid, form="true_length").reconstruction
    assert result.best_cost == pytest.approx(cost.reconstruction + 0.5 * max(cost.kl, 0.2))
    saved = json.loads((tmp_path / "run" / "config.json").read_text())
    assert saved["model"] == TINY_MODEL.to_dict()
    assert saved["train"] == {**TINY_TRAINING.to_dict(), "num_steps": 12}
    assert saved["data"]["sources"] == ["zigzags"]
    assert saved["validation"] == "full"


def test_what_callbacks_are_called_with(trainer):
    recorder = Recorder()
    trainer(num_steps=5, callbacks=[recorder]).fit()
    steps = [("step", 1), ("step", 2), ("validation", 2), ("step", 3), ("step", 4)]
    steps += [("validation", 4), ("step", 5), ("validation", 5)]
    assert recorder.calls == [("start", 0, 5), *steps, ("end", "finished")]


def test_a_run_is_a_function_of_its_seed(trainer, tmp_path):
    recorders = [Recorder(), Recorder(), Recorder()]
    for number, (recorder, seed) in enumerate(zip(recorders, (3, 3, 4), strict=True)):
        trainer(out=tmp_path / str(number), seed=seed, callbacks=[recorder]).fit()
    assert recorders[0].losses == recorders[1].losses
    assert recorders[0].losses[0] != recorders[2].losses[0]


@pytest.mark.parametrize(
    "model",
    [
        replace(TINY_MODEL, conditional=False),
        replace(TINY_MODEL, recurrent_keep_prob=1.0, input_keep_prob=1.0, output_keep_prob=1.0),
    ],
    ids=["dropout", "z"],
)
def test_every_step_has_its_own_noise(trainer, model):
    recorder = Recorder()
    # The batch and, as good as, the weights stay the same.
    same = {"batch_size": 1, "random_scale_factor": 0, "augment_stroke_prob": 0}
    still = {"learning_rate": 1e-30, "min_learning_rate": 0, "kl_weight": 0, "kl_weight_start": 0}
    one = tiny_dataset(num_train=1)
    training = trainer(model, data=one, callbacks=[recorder], **same, **still)
    if training.model.network.decoder.initial_state is not None:
        training.model.network.decoder.initial_state.weight.data.fill_(1)
    training.fit()
    assert len(set(recorder.losses)) == 6


def test_stops_when_nothing_gets_better(trainer):
    # So small a learning rate changes no weight.
    still = {"learning_rate": 1e-30, "min_learning_rate": 0, "save_every": 1, "num_steps": 10}
    assert trainer(**still, patience=3).fit().outcome == "no_improvement"
    again = trainer(**still, patience=3, resume=True).fit()
    assert (again.outcome, again.step, again.best_step) == ("no_improvement", 4, 1)
    more = trainer(**still, patience=5, resume=True).fit()
    assert (more.outcome, more.step, more.best_step) == ("no_improvement", 6, 1)


def test_epochs(trainer):
    assert trainer(epochs=3).fit().step == 9


def test_the_originals_validation(trainer, dataset):
    recorder = Recorder()
    training = trainer(num_steps=2, loss_form="padded", validation="original", callbacks=[recorder])
    training.fit()
    shortest = dataset.valid.select(dataset.valid.lengths.argsort(kind="stable")[:4])
    losses = evaluate(training.model, shortest, form="padded", seed=3, kl_tolerance=0.2)
    valid = recorder.validations[0].valid
    assert valid.reconstruction == pytest.approx(losses.reconstruction)
    assert valid.kl == pytest.approx(losses.kl)
    assert valid.cost == pytest.approx(losses.reconstruction + 0.01 * losses.kl)
    # The test split of five fills one batch of four.
    assert recorder.validations[0].test.cost != pytest.approx(valid.cost)


def test_the_originals_validation_of_less_than_a_batch(trainer, dataset):
    recorder = Recorder()
    training = trainer(
        num_steps=2,
        batch_size=100,
        loss_form="padded",
        validation="original",
        callbacks=[recorder],
    )
    training.fit()
    all_sorted = dataset.valid.select(dataset.valid.lengths.argsort(kind="stable"))
    losses = evaluate(training.model, all_sorted, form="padded", seed=3)
    assert recorder.validations[0].valid.reconstruction == pytest.approx(losses.reconstruction)


@pytest.mark.parametrize("validation", ["full", "original"])
def test_a_decoder_alone_has_no_kl_cost(trainer, validation):
    recorder = Recorder()
    model = replace(TINY_MODEL, conditional=False)
    trainer(model, num_steps=2, validation=validation, callbacks=[recorder]).fit()
    valid = recorder.validations[0].valid
    assert valid.kl == 0
    assert valid.cost == valid.reconstruction


@pytest.mark.parametrize("device", ["warp", "cuda:99"])
def test_a_device_that_is_not_there(trainer, device, monkeypatch):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    assert message(partial(trainer, device=device)) == (
        f"device '{device}' cannot be used here; choose cpu, or cuda where there is a GPU"
    )


def test_a_pytorch_without_cuda_is_named(trainer, monkeypatch):
    def refused(*_, **__):
        raise AssertionError("Torch not compiled with CUDA enabled")

    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    monkeypatch.setattr(torch, "empty", refused)
    assert message(partial(trainer, device="cuda")) == (
        f"device 'cuda' cannot be used here: PyTorch {torch.__version__} is built without CUDA; "
        "choose cpu, or install a CUDA build from pytorch.org"
    )
