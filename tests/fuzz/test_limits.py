from __future__ import annotations

import time

import pytest
from limits import outcomes

from sketch_rnn.errors import SketchRNNError


def _refuses(_data):
    raise SketchRNNError("no")


def _loops(_data):
    while True:
        pass


READS = {
    "read": len,
    "refused": _refuses,
    "traceback": lambda data: data[100],
    "memory": lambda _data: bytearray(2**28),
    "killed": _loops,
}


@pytest.mark.parametrize("kind", READS)
def test_each_input_has_its_outcome_and_the_next_is_read(kind):
    def read(data):
        if data == b"tried":
            READS[kind](data)

    found = outcomes(read, (b"tried", b"next"), seconds=1, megabytes=100)
    assert [outcome.kind for _, outcome in found] == [kind, "read"]


def test_each_input_has_the_whole_time():
    def read(_data):
        start = time.process_time()
        while time.process_time() - start < 0.4:
            pass

    found = outcomes(read, [b""] * 5, seconds=1)
    assert all(outcome.kind == "read" for _, outcome in found)
