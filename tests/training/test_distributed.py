"""Laws of training with several processes: the same as with one, and nothing is lost with one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.training.distributed import Workers
from sketch_rnn.training.microbatches import check_micro_batches, dealt
from tiny import TINY_TRAINING

SCRIPT = Path(__file__).with_name("worker_runs.py")
WITHOUT_DROPOUT = {f"{place}_keep_prob": 1.0 for place in ("recurrent", "input", "output")}
# Seven drawings cannot be divided evenly; a large tolerance makes the KL loss switch over.
PLAIN = {**WITHOUT_DROPOUT, "batch_size": 7, "loss_form": "true_length", "learning_rate": 0.02}
LABELS = {**PLAIN, "num_labels": 3, "label_size": 5, "ema_decay": 0.9, "conditional": False}
RUNS = [
    {"name": "one", "size": 1, **PLAIN},
    {"name": "two", "size": 2, **PLAIN},
    {"name": "four", "size": 4, **PLAIN},
    {"name": "three parts", "size": 1, "accumulate": 3, **PLAIN},
    {"name": "padded one", "size": 1, **PLAIN, "loss_form": "padded"},
    {"name": "padded two", "size": 2, **PLAIN, "loss_form": "padded"},
    {"name": "dropout 4 x 1", "size": 4, "accumulate": 1},
    {"name": "dropout 2 x 2", "size": 2, "accumulate": 2},
    {"name": "dropout 1 x 4", "size": 1, "accumulate": 4},
    {"name": "decoder one", "size": 1, "conditional": False, **PLAIN},
    {"name": "decoder two", "size": 2, "conditional": False, **PLAIN},
    {"name": "labels one", "size": 1, **LABELS},
    {"name": "labels two", "size": 2, **LABELS},
    {"name": "moved", "size": 4, "accumulate": 1, "num_steps": 2},
    {"name": "moved", "size": 2, "accumulate": 2, "resume": True},
    {"name": "spoiled", "size": 2, "spoils_at": 3, "num_steps": 4, **WITHOUT_DROPOUT},
    {"name": "killed", "size": 2, "dies_at": 5},
    {"name": "killed", "size": 2, "resume": True},
    {"name": "left alone", "size": 2},
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Returns what the workers of every run report, and the folder of the runs."""
    folder = tmp_path_factory.mktemp("workers")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)],
        input=json.dumps(RUNS),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GLOO_SOCKET_IFNAME": "lo"},
    )
    assert done.returncode == 0, done.stderr
    found = {}
    for run, reports in zip(RUNS, json.loads(done.stdout), strict=True):
        found[run["name"] + (" again" if run.get("resume") else "")] = reports
    return found, folder


def assert_same_course(runs, ours, theirs):
    found, folder = runs
    np.testing.assert_allclose(found[ours][0]["losses"], found[theirs][0]["losses"], rtol=2e-5)
    one, other = (read_checkpoint(folder / name / "last.safetensors") for name in (ours, theirs))
    for name, value in one.tensors.items():
        torch.testing.assert_close(value, other.tensors[name], rtol=1e-3, atol=2e-5, msg=name)
    costs = [state.header["training"]["progress"]["best_cost"] for state in (one, other)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-4)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("two", "one"),
        ("four", "one"),
        ("labels two", "labels one"),
        ("three parts", "one"),
        ("padded two", "padded one"),
        ("dropout 2 x 2", "dropout 4 x 1"),
        ("dropout 1 x 4", "dropout 4 x 1"),
        ("decoder two", "decoder one"),
    ],
)
def test_the_same_batch_gives_the_same_step(runs, ours, theirs):
    assert_same_course(runs, ours, theirs)


def test_the_kl_tolerance_is_decided_on_the_whole_batch(runs):
    found, _ = runs
    kl = np.array(found["one"][0]["losses"])[:, 2]
    assert kl[0] == pytest.approx(0.2)
    assert kl.max() > 0.25


@pytest.mark.parametrize("name", ["two", "four", "dropout 2 x 2", "spoiled"])
def test_workers_hold_the_same_weights(runs, name):
    reports = runs[0][name]
    assert all(report["weights"] == reports[0]["weights"] for report in reports)


def test_only_the_first_worker_speaks(runs):
    assert [len(report["losses"]) for report in runs[0]["four"]] == [6, 0, 0, 0]


def test_a_run_goes_on_with_another_number_of_workers(runs):
    found, _ = runs
    before, after = found["moved"][0]["losses"], found["moved again"][0]["losses"]
    whole = found["dropout 4 x 1"][0]["losses"]
    np.testing.assert_allclose(before + after, whole, rtol=2e-5)
    assert found["moved again"][1]["step"] == 6


def test_a_gradient_that_is_no_number_is_skipped_by_all(runs):
    reports = runs[0]["spoiled"]
    assert "step 4 was skipped" in reports[0]["notices"][0]
    assert all(np.isfinite(report["weights"]).all() for report in reports)


def test_a_killed_worker_ends_the_run_and_it_goes_on(runs):
    found, folder = runs
    survivor, killed = found["killed"]
    assert killed is None
    assert survivor["error"].startswith("worker 0 of 2 lost another one at step 5 (")
    assert survivor["error"].endswith(
        f"); the last checkpoint in {folder / 'killed'} is unharmed: start again with --resume, "
        "or let torchrun do so with --max-restarts"
    )
    assert [report["step"] for report in found["killed again"]] == [6, 6]
    one, other = (
        read_checkpoint(folder / name / "last.safetensors") for name in ("killed", "left alone")
    )
    for name, value in one.tensors.items():
        assert torch.equal(value, other.tensors[name]), name


@pytest.mark.parametrize("num_parts", [1, 2, 3, 4, 7])
def test_parts_are_fair(num_parts):
    lengths = np.random.default_rng(0).integers(5, 250, 100)
    parts = dealt(lengths, num_parts)
    assert sorted(np.concatenate(parts)) == list(range(100))
    sums = [lengths[part].sum() for part in parts]
    longest = [lengths[part].max() for part in parts]
    assert max(sums) <= 1.06 * min(sums)
    assert max(longest) <= 1.1 * min(longest)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_more_parts_than_drawings():
    with pytest.raises(SketchRNNError) as caught:
        check_micro_batches(TINY_TRAINING.from_dict({"batch_size": 3, "accumulate": 4}), Workers())
    assert str(caught.value) == (
        "batch_size=3, the drawings of a step over all workers, cannot be divided among 1 workers "
        "with accumulate=4"
    )
