"""A step on a device that computes by itself: nothing waits for it, nothing is mixed with the CPU.

PyTorch's `meta` device plays the GPU: it has shapes but no numbers, so that whatever would have to
wait for a number of the device fails by itself.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from sketch_rnn.config import CELLS
from sketch_rnn.dataset.batches import TrainingBatches
from sketch_rnn.kernels.eager import backend as eager
from sketch_rnn.model import transfer
from sketch_rnn.model.seeding import seeded_generator
from sketch_rnn.model.transfer import moved
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.training import microbatches
from sketch_rnn.training.distributed import ALONE
from sketch_rnn.training.microbatches import micro_batches
from sketch_rnn.training.step import TrainingState, training_step
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset

GPU = torch.device("meta")
SHORT = replace(TINY_TRAINING, loss_form="true_length", batch_size=2)
aten = torch.ops.aten
COPIES = (aten._to_copy.default, aten.copy_.default)


def is_index(function):
    """Returns whether numbers of the CPU would be copied; with other calls they are sent along."""
    return "index" in str(function)


class Watch(TorchDispatchMode):
    """Takes down the copies between devices, and what else has operands on two of them."""

    def __init__(self):
        super().__init__()
        self.copies, self.mixed, self.num_calls = [], [], 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        self.num_calls += 1
        given = [value for value in tree_leaves((args, kwargs)) if isinstance(value, torch.Tensor)]
        if function in COPIES:
            # Where to, and from where.
            pair = (result, given[-1])
            if pair[0].device != pair[1].device:
                is_queued = kwargs.get("non_blocking", args[2:] == (True,))
                self.copies.append((result.device, id(given[-1]), is_queued))
        elif len({value.device for value in given if value.dim() or is_index(function)}) > 1:
            self.mixed.append(str(function))
        return result


@pytest.fixture
def pinned(monkeypatch):
    """Makes `meta` the device with a queue, and returns the tensors that were pinned."""
    tensors = []

    def pin(tensor):
        tensors.append(tensor)
        return tensor

    def generator(*key, device="cpu"):
        return None if torch.device(device) == GPU else seeded_generator(*key)

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin)
    monkeypatch.setattr(transfer, "QUEUED_DEVICES", ("meta",))
    monkeypatch.setattr(eager, "DEVICES", ("meta",))
    monkeypatch.setattr(microbatches, "seeded_generator", generator)
    return tensors


def take_step(model, config, backend="auto"):
    """Returns what `Watch` saw of a step on the device, the copy of the batch included."""
    dataset = tiny_dataset()
    network = SketchVAE(model).to(GPU)
    network.use_backend(backend)
    state = TrainingState.start(network)
    batch = TrainingBatches(dataset.train, dataset.profile, config)[0]
    with Watch() as watch:
        divided = micro_batches(batch, 0, model=model, config=config, workers=ALONE, device=GPU)
        result = training_step(
            state, divided, config=config, max_seq_len=dataset.profile.max_seq_len
        )
    assert result.losses.total.device == result.is_finite.device == GPU
    return watch


def assert_nothing_waits(watch, pinned):
    assert watch.num_calls > 300
    assert watch.mixed == []
    assert len(watch.copies) >= 5
    of_pinned = {id(tensor) for tensor in pinned}
    for device, source, is_queued in watch.copies:
        assert device == GPU
        assert is_queued
        assert source in of_pinned


@pytest.mark.parametrize("backend", ["eager", "plain"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_step_waits_for_nothing(pinned, cell, backend):
    watch = take_step(replace(TINY_MODEL, enc_model=cell, dec_model=cell), SHORT, backend)
    assert_nothing_waits(watch, pinned)


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("conditional", [True, False])
def test_nor_does_a_step_in_parts_or_without_encoder(pinned, conditional, accumulate):
    watch = take_step(
        replace(TINY_MODEL, conditional=conditional), replace(SHORT, accumulate=accumulate)
    )
    assert_nothing_waits(watch, pinned)


def test_the_watch_sees_what_would_wait():
    values = torch.zeros(3, device=GPU)
    with Watch() as watch:
        values[torch.tensor([0, 1])]
        values.index_select(0, torch.tensor([0]))
        values + torch.tensor(1.0)
        torch.ones(2).to(GPU)
        torch.ones(2).to(GPU, non_blocking=True)
    assert watch.mixed == ["aten.index.Tensor", "aten.index_select.default"]
    assert [is_queued for _, _, is_queued in watch.copies] == [False, True]
    with pytest.raises(RuntimeError):
        values.sum().item()


def test_what_stays_on_the_cpu_is_not_copied():
    tensor = torch.ones(2)
    assert moved(tensor, None) is tensor
    assert moved(tensor, torch.device("cpu")) is tensor
