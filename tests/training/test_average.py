"""Averaged weights: what they are, where they are kept, and that a resumed run has the same."""

from __future__ import annotations

import pytest
import torch
from recorded_runs import assert_same_state, last

from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.callbacks import Callback
from sketch_rnn.training.step import average_decay


class Weights(Callback):
    """Notes one weight after every step."""

    def __init__(self):
        self.network = None
        self.seen = []

    def on_step(self, step):
        self.seen.append(self.network.decoder.output.weight.detach().clone())


def test_the_average_is_of_the_weights_of_all_steps(trainer, tmp_path):
    watcher = Weights()
    run = trainer(callbacks=[watcher], ema_decay=0.5, num_steps=20, save_every=20)
    watcher.network = run._state.network
    average = watcher.network.decoder.output.weight.detach().clone()
    run.fit()
    for step, weight in enumerate(watcher.seen):
        decay = min(0.5, (1 + step) / (10 + step))
        assert average_decay(0.5, step) == decay
        average = decay * average + (1 - decay) * weight
    model = SketchRNN.from_pretrained(tmp_path / "run")
    torch.testing.assert_close(model.network.decoder.output.weight, average)
    assert not torch.equal(watcher.seen[-1], average)
    # The run itself goes on with the weights, not with their average.
    state = last(tmp_path / "run").tensors
    assert torch.equal(state["network.decoder.output.weight"], watcher.seen[-1])


def test_training_is_the_same_with_and_without(trainer, tmp_path):
    trainer(out=tmp_path / "plain").fit()
    trainer(out=tmp_path / "averaged", ema_decay=0.9).fit()
    plain, averaged = (last(tmp_path / name).tensors for name in ("plain", "averaged"))
    assert all(torch.equal(value, averaged[name]) for name, value in plain.items())
    assert len(averaged) == len(plain) + sum(name.startswith("network.") for name in plain)


@pytest.mark.parametrize("before", [0.0, 0.9])
def test_averaging_may_begin_or_end_when_a_run_is_resumed(trainer, tmp_path, before):
    trainer(num_steps=3, save_every=3, ema_decay=before).fit()
    trainer(save_every=3, ema_decay=0.9 - before, resume=True).fit()
    names = last(tmp_path / "run").tensors
    assert any(name.startswith("optimizer.average.") for name in names) == (before == 0)


def test_going_back_takes_the_average_along(trainer, tmp_path):
    spoiled = trainer(ema_decay=0.9, num_steps=4)
    step = spoiled._step

    def spoil():
        step()
        if spoiled._state.step == 3 and not spoiled._recovery.progress.num_rollbacks:
            with torch.no_grad():
                spoiled._state.network.decoder.output.weight[0] = torch.nan
                spoiled._state.average.decoder.output.weight[0] = torch.nan

    spoiled._step = spoil
    spoiled.fit()
    assert all(value.isfinite().all() for value in last(tmp_path / "run").tensors.values())


def test_old_checkpoints_are_still_read(trainer, tmp_path):
    """A run of before has no average: it begins with the weights."""
    trainer(num_steps=2).fit()
    resumed = trainer(num_steps=2, ema_decay=0.9, resume=True)
    state = resumed._state
    for ours, theirs in zip(state.average.parameters(), state.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_states_are_equal_bit_for_bit(trainer, tmp_path):
    trainer(out=tmp_path / "at once", save_every=3, ema_decay=0.9).fit()
    trainer(out=tmp_path / "parts", num_steps=3, save_every=3, ema_decay=0.9).fit()
    trainer(out=tmp_path / "parts", save_every=3, ema_decay=0.9, resume=True).fit()
    assert_same_state(last(tmp_path / "parts"), last(tmp_path / "at once"))
