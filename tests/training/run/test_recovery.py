"""Faults: NaN and infinite numbers in the data, gradients, weights and validation."""

from __future__ import annotations

import signal
from dataclasses import replace

import pytest
import torch
from recorded_runs import Recorder, assert_same_state, files, last, message

from sketch_rnn.training.run.recovery import MAX_SKIPPED
from tiny import TINY_MODEL, tiny_dataset

NAMED = "its batch holds the training drawings "


def progress(folder):
    return last(folder).header["training"]["progress"]


def broken_data(drawing):
    """Returns the data with a NaN in one drawing, as broken memory would."""
    dataset = tiny_dataset()
    dataset.train.rows[dataset.train.offsets[drawing], 0] = torch.nan
    return dataset


def spoil_gradient(network, value):
    """Makes the next backward pass leave `value` in one gradient."""
    handles = []

    def once(gradient):
        handles.pop().remove()
        gradient = gradient.clone()
        gradient.view(-1)[0] = value
        return gradient

    handles.append(network.decoder.output.weight.register_hook(once))


def test_a_drawing_with_a_nan_is_skipped_and_named(trainer, tmp_path):
    recorder = Recorder()
    training = trainer(data=broken_data(4), num_steps=3, save_every=3, callbacks=[recorder])
    training.fit()
    [(step, drawings)] = [
        (step, training._batches.indices(step).tolist())
        for step in range(3)
        if 4 in training._batches.indices(step)
    ]
    [notice] = recorder.notices
    named = ", ".join(map(str, drawings))
    assert notice == (
        f"step {step + 1} was skipped: its loss or a gradient is NaN or infinite; {NAMED}{named}"
    )
    assert progress(tmp_path / "run")["num_skipped"] == 1
    assert progress(tmp_path / "run")["num_rollbacks"] == 0


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_skipped_step_changes_nothing_but_the_count(trainer, tmp_path, value):
    recorder = Recorder(2, lambda: spoil_gradient(training.model.network, value))
    training = trainer(num_steps=3, save_every=3, callbacks=[recorder])
    training.fit()
    assert "step 3 was skipped" in recorder.notices[0]
    trainer(num_steps=2, out=tmp_path / "without").fit()
    ours, theirs = last(tmp_path / "run"), last(tmp_path / "without")
    assert ours.header["training"]["step"] == 3
    assert all(torch.equal(value, theirs.tensors[name]) for name, value in ours.tensors.items())


def test_skips_are_found_between_validations(trainer):
    at = []

    class Noting(Recorder):
        def on_notice(self, notice):
            at.append(len(self.losses))

    recorder = Noting(2, lambda: spoil_gradient(training.model.network, torch.nan))
    training = trainer(num_steps=24, save_every=24, callbacks=[recorder])
    training.fit()
    assert at == [20]


def test_nan_weights_roll_the_run_back(trainer, tmp_path):
    def spoil():
        if not recorder.notices:
            training.model.network.decoder.output.bias.data[0] = torch.nan

    recorder = Recorder(3, spoil)
    training = trainer(callbacks=[recorder])
    assert training.fit().step == 6
    assert recorder.notices[1] == (
        "at step 4: a weight is NaN or infinite; rolling back to step 2 and continuing with 0.5 of "
        "the learning rate's setting"
    )
    # Step 4 was computed with them, and counts though it was taken again.
    assert progress(tmp_path / "run")["num_skipped"] == 1
    assert progress(tmp_path / "run")["learning_rate_factor"] == 0.5
    trainer(num_steps=2, out=tmp_path / "by hand").fit()
    halved = {"learning_rate": 0.0005, "min_learning_rate": 0.000005}
    trainer(out=tmp_path / "by hand", resume=True, **halved).fit()
    ours, theirs = last(tmp_path / "run"), last(tmp_path / "by hand")
    for name, value in ours.tensors.items():
        torch.testing.assert_close(value, theirs.tensors[name])


def test_many_skipped_steps_roll_the_run_back(trainer, tmp_path):
    data = broken_data(4)
    recorder = Recorder()
    text = message(
        trainer(data=data, num_steps=90, save_every=90, callbacks=[recorder], batch_size=11).fit
    )
    # Every batch has the drawing in it.
    assert text == (
        f"{tmp_path / 'run'}: at step 20: 20 steps were skipped since the last checkpoint, even "
        "after 3 rollbacks that lowered the learning rate to 0.125 of its setting; the last "
        "checkpoint is unharmed: check the drawings of the skipped steps, or resume with a lower "
        "learning_rate or grad_clip"
    )
    assert len(recorder.notices) == 4 * 20 + 3
    assert last(tmp_path / "run").header["training"]["step"] == 0
    assert MAX_SKIPPED < 20


def test_a_learning_rate_far_too_large_comes_to_an_end(trainer, tmp_path):
    trainer(num_steps=2).fit()
    best = files(tmp_path / "run")["best.safetensors"]
    recorder = Recorder()
    broken = trainer(learning_rate=1e30, num_steps=9, resume=True, callbacks=[recorder])
    assert "even after 3 rollbacks" in message(broken.fit)
    assert recorder.calls[-1] == ("end", None)
    assert files(tmp_path / "run")["best.safetensors"] == best
    assert last(tmp_path / "run").header["training"]["step"] == 2
    # As it stands it gives up at once; set anew, the learning rate acts in full.
    assert "3 rollbacks" in message(trainer(learning_rate=1e30, resume=True, num_steps=9).fit)
    assert trainer(resume=True).fit().step == 6
    assert progress(tmp_path / "run")["num_rollbacks"] == 0
    trainer(out=tmp_path / "at once").fit()
    ours, theirs = last(tmp_path / "run"), last(tmp_path / "at once")
    assert all(torch.equal(value, theirs.tensors[name]) for name, value in ours.tensors.items())


def test_a_run_that_rolled_back_is_resumed_exactly(trainer, tmp_path):
    def spoil():
        if not recorder.notices:
            training.model.network.decoder.output.bias.data[0] = torch.nan

    def spoil_and_die():
        spoil()
        if len(recorder.losses) == 7:
            raise KeyboardInterrupt

    class Spoiling(Recorder):
        def on_step(self, step):
            super().on_step(step)
            if len(self.losses) in (3, 7):
                self._action()

    recorder = Spoiling(action=spoil)
    training = trainer(out=tmp_path / "at once", callbacks=[recorder])
    training.fit()
    recorder = Spoiling(action=spoil_and_die)
    training = trainer(callbacks=[recorder])
    with pytest.raises(KeyboardInterrupt):
        training.fit()
    assert last(tmp_path / "run").header["training"]["step"] == 4
    trainer(resume=True).fit()
    assert progress(tmp_path / "run")["num_rollbacks"] == 1
    assert_same_state(last(tmp_path / "run"), last(tmp_path / "at once"))


def test_nan_weights_are_not_saved(trainer, tmp_path):
    def spoil():
        training.model.network.decoder.output.bias.data[0] = torch.nan
        signal.raise_signal(signal.SIGINT)

    training = trainer(callbacks=[Recorder(3, spoil)])
    assert training.fit().interrupted
    state = last(tmp_path / "run")
    assert state.header["training"]["step"] == 2
    assert all(value.isfinite().all() for value in state.tensors.values())


@pytest.mark.parametrize("conditional", [True, False])
def test_a_decoder_alone_skips_too(trainer, tmp_path, conditional):
    model = replace(TINY_MODEL, conditional=conditional, dec_model="layer_norm")
    trainer(model, data=broken_data(0), num_steps=3, save_every=3).fit()
    assert progress(tmp_path / "run")["num_skipped"] == 1
