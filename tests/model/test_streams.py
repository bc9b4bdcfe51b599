"""Both directions of an encoder at once: what waits for what. A pretended GPU takes it down."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import torch
from small_networks import small_config, small_network

from sketch_rnn.model import encoder
from sketch_rnn.model.kernels.gpu import streams
from sketch_rnn.model.kernels.gpu.streams import side_by_side

CPU = torch.device("cpu")


class PretendedStream:
    def __init__(self, name, events):
        self.name, self.events = name, events

    def wait_stream(self, other):
        self.events.append(f"{self.name} waits for {other.name}")


class Result:
    """What a computation returns, as far as it matters here."""

    def __init__(self, name, events):
        self.name, self.events = name, events

    def record_stream(self, stream):
        self.events.append(f"{self.name} is read by {stream.name}")


@pytest.fixture
def events(monkeypatch):
    """Makes the CPU a device with streams, and returns what happens there, in order."""
    events = []

    @contextmanager
    def within(stream):
        events.append(f"to {stream.name}")
        yield
        events.append("back")

    here = PretendedStream("current", events)
    monkeypatch.setattr(streams, "GPU", CPU.type)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: here)
    monkeypatch.setattr(torch.cuda, "stream", within)
    side = PretendedStream("side", events)
    monkeypatch.setattr(streams, "_side_stream", lambda device: side)
    return events


def run(events):
    def compute(name):
        events.append(name)
        return Result(name, events)

    results = side_by_side(lambda: compute("first"), lambda: compute("second"), CPU)
    assert [result.name for result in results] == ["first", "second"]


def test_the_first_runs_beside_the_second(events):
    run(events)
    assert events == [
        "side waits for current",
        "to side",
        "first",
        "back",
        "second",
        "current waits for side",
        "first is read by current",
    ]


def test_one_after_the_other_without_a_gpu():
    events = []
    run(events)
    assert events == ["first", "second"]


@pytest.mark.parametrize(("kernel", "expected"), [("auto", 0), ("triton", 1)])
def test_an_encoder_asks_for_it_with_triton_kernels(monkeypatch, kernel, expected):
    calls = []

    def pretended(first, second, device):
        calls.append(device)
        return first(), second()

    # With or without Triton, nothing of it is to run here.
    monkeypatch.setattr(encoder, "is_for_triton", lambda cell: cell.kernel == "triton")
    monkeypatch.setattr(encoder, "side_by_side", pretended)
    monkeypatch.setattr(encoder, "unroll", lambda cell, *rest: (None, cell.zero_state(2)))
    network = small_network(small_config()).encoder
    network.forward_cell.kernel = kernel
    network(torch.zeros(2, 3, 5, dtype=torch.float64), torch.tensor([3, 2]))
    assert len(calls) == expected
