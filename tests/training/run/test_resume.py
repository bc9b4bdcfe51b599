from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest
import torch
from recorded_runs import Recorder, assert_same_state, files, last, message, raise_signals

from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.run.resume import saved_settings
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset

MODELS = {
    "all dropout": TINY_MODEL,
    "layer norm decoder": replace(TINY_MODEL, dec_model="layer_norm", conditional=False),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_resuming_changes_nothing(trainer, tmp_path, model):
    at_once = trainer(model, out=tmp_path / "at once", save_every=3, log_every=2).fit()
    trainer(model, out=tmp_path / "parts", num_steps=3, save_every=3).fit()
    parts = trainer(model, out=tmp_path / "parts", save_every=3, resume=True).fit()
    assert_same_state(last(tmp_path / "parts"), last(tmp_path / "at once"))
    assert replace(parts, folder=at_once.folder) == at_once
    best = [SketchRNN.from_pretrained(tmp_path / name).network for name in ("parts", "at once")]
    for ours, theirs in zip(*(network.parameters() for network in best), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_resumes_where_it_stopped(trainer, tmp_path, number):
    recorder = Recorder(3, raise_signals(number))
    result = trainer(callbacks=[recorder]).fit()
    assert (result.outcome, result.interrupted, result.step) == ("interrupted", True, 3)
    assert recorder.calls[-2:] == [("step", 3), ("end", "interrupted")]
    assert trainer(resume=True).fit().step == 6
    trainer(out=tmp_path / "at once").fit()
    assert_same_state(last(tmp_path / "run"), last(tmp_path / "at once"))


def test_an_interruption_at_the_last_step_is_a_finish(trainer):
    assert (
        trainer(callbacks=[Recorder(6, raise_signals(signal.SIGINT))]).fit().outcome == "finished"
    )


def test_a_second_ctrl_c_stops_at_once_and_leaves_the_checkpoints(trainer, tmp_path):
    class Impatient(Recorder):
        def on_validation(self, validation):
            self.before = files(tmp_path / "run")

    recorder = Impatient(3, raise_signals(signal.SIGINT, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        trainer(callbacks=[recorder]).fit()
    assert recorder.calls[-1] == ("end", None)
    assert files(tmp_path / "run") == recorder.before
    assert last(tmp_path / "run").header["training"]["step"] == 2


def test_a_run_killed_before_its_first_validation_can_be_resumed(trainer, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trainer(callbacks=[Recorder(1, raise_signals(signal.SIGINT, signal.SIGINT))]).fit()
    trainer(resume=True).fit()
    trainer(out=tmp_path / "at once").fit()
    assert_same_state(last(tmp_path / "run"), last(tmp_path / "at once"))


def test_resuming_a_finished_run_does_nothing(trainer, tmp_path):
    result = trainer().fit()
    before = files(tmp_path / "run")
    assert trainer(resume=True).fit() == result
    assert files(tmp_path / "run") == before


def test_nothing_to_resume(trainer, tmp_path):
    assert message(trainer, resume=True) == (
        f"{tmp_path / 'run'}: no last.safetensors to resume from; start without resume, or name "
        "the folder of a run"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seed": 4}, "seed was 3, now 4"),
        ({"batch_size": 8}, "batch_size was 4, now 8"),
        ({"kl_weight": 1.0, "loss_form": "padded"}, "kl_weight was 0.5, now 1.0"),
        ({"kl_weight": 1.0, "loss_form": "padded"}, "loss_form was true_length, now padded"),
        ({"validation": "original"}, "validation was full, now original"),
        ({"model": replace(TINY_MODEL, dec_model="hyper")}, "dec_model was lstm, now hyper"),
        ({"model": replace(TINY_MODEL, z_size=5)}, "z_size was 4, now 5"),
        ({"data": tiny_dataset(num_train=12)}, "training drawings was 11, now 12"),
        ({"data": tiny_dataset(num_train=12)}, "scale was 45."),
    ],
)
def test_resuming_with_other_settings(trainer, tmp_path, changes, expected):
    trainer(num_steps=2).fit()
    before = files(tmp_path / "run")
    text = message(trainer, resume=True, **changes)
    assert text.startswith(f"{tmp_path / 'run'}: cannot resume with other settings: ")
    assert expected in text
    hint = "; --force resumes with other data" if "data" in changes else ""
    assert text.endswith(f"; undo that, or start a new run in another folder{hint}")
    assert files(tmp_path / "run") == before


def test_settings_that_may_change_when_resuming(trainer):
    trainer(num_steps=2).fit()
    training = trainer(
        num_steps=4, save_every=1, log_every=1, patience=9, learning_rate=0.1, resume=True
    )
    assert training.fit().step == 4


def test_resuming_from_a_model_alone(trainer, tmp_path):
    trainer(num_steps=2).fit()
    os.replace(tmp_path / "run" / "best.safetensors", tmp_path / "run" / "last.safetensors")
    assert message(trainer, resume=True) == (
        f"{tmp_path / 'run' / 'last.safetensors'}: a model, but not the state of a run; resume "
        "needs last.safetensors"
    )


def test_the_settings_of_a_run_can_be_read_back(trainer, tmp_path):
    trainer(num_steps=2).fit()
    assert saved_settings(tmp_path / "run") == (TINY_MODEL, replace(TINY_TRAINING, num_steps=2))
