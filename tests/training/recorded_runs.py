"""Runs of the tiny model, and what happened in them."""

from __future__ import annotations

import signal

import pytest
import torch

from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.training.callbacks import Callback


class Recorder(Callback):
    """Notes what happened, and does something after a certain step."""

    def __init__(self, at_step=None, action=None):
        self.calls = []
        self.validations = []
        self.losses = []
        self.notices = []
        self._at_step, self._action = at_step, action

    def on_start(self, run):
        self.calls.append(("start", run.first_step, run.num_steps))

    def on_step(self, step):
        self.calls.append(("step", step.step))
        self.losses.append(step.losses.total.item())
        if step.step == self._at_step:
            self._action()

    def on_notice(self, notice):
        self.notices.append(notice)

    def on_validation(self, validation):
        self.calls.append(("validation", validation.step))
        self.validations.append(validation)

    def on_end(self, result):
        self.calls.append(("end", result and result.outcome))


def raise_signals(*numbers):
    return lambda: [signal.raise_signal(number) for number in numbers]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def last(folder):
    return read_checkpoint(folder / "last.safetensors")


def assert_same_state(ours, theirs):
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, value in ours.tensors.items():
        assert torch.equal(value, theirs.tensors[name]), name
    for name in ("step", "progress"):
        assert ours.header["training"][name] == theirs.header["training"][name]


def message(make, **arguments):
    with pytest.raises(SketchRNNError) as caught:
        make(**arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)
