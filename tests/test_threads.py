"""How many threads commands compute with."""

from __future__ import annotations

import gc
import os

import pytest
import torch

from sketch_rnn import threads
from sketch_rnn.cli import app as main
from sketch_rnn.cli.commands import sketch_rnn_train as original
from sketch_rnn.threads import SPIN_COUNT, granted_processors, limit_threads


@pytest.fixture
def many_processors(monkeypatch):
    """A machine of 64, all of which this process may run on."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 64),
        ({"cpu.max": "max 100000\n"}, 64),
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "6400000 10000\n"}, 64),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 64),
        ({"cpu/cpu.cfs_quota_us": "350000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
    ],
)
def test_a_container_grants_a_part_of_the_machine(many_processors, tmp_path, files, expected):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert granted_processors(tmp_path) == expected


@pytest.mark.parametrize(("chosen", "expected"), [(None, 3), ("7", 8)])
def test_threads_are_as_many_as_granted(monkeypatch, chosen, expected):
    used = [8]
    monkeypatch.setattr(threads, "granted_processors", lambda: 3)
    monkeypatch.setattr(torch, "get_num_threads", lambda: used[-1])
    monkeypatch.setattr(torch, "set_num_threads", used.append)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if chosen:
        monkeypatch.setenv("OMP_NUM_THREADS", chosen)
    limit_threads()
    assert used[-1] == expected


@pytest.mark.parametrize("command", [main, original])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"GOMP_SPINCOUNT": SPIN_COUNT}),
        ({"GOMP_SPINCOUNT": "7"}, {"GOMP_SPINCOUNT": "7"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
    ],
)
def test_idle_threads_sleep_unless_told_otherwise(monkeypatch, command, given, expected):
    environment = dict(given)
    monkeypatch.setattr(os, "environ", environment)
    monkeypatch.setattr(command, "run", lambda _: 0)
    for name in ("set_threshold", "freeze"):
        monkeypatch.setattr(gc, name, lambda *_: None)
    with pytest.raises(SystemExit):
        command.main()
    assert environment == expected
