"""End to end: `torchrun` with two workers, one of which is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from tiny_command import TINY

from sketch_rnn.checkpoint import read_checkpoint

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]
TRAIN = ["-m", "sketch_rnn", "train", "data.npz", *TINY, "--device", "cpu", "--num-steps", "60"]


def start(workplace, *words, restarts=0):
    env = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    command = [*TORCHRUN, "--standalone", f"--max-restarts={restarts}", *TRAIN, *words]
    return subprocess.Popen(
        command, cwd=workplace, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def last(folder):
    return read_checkpoint(folder / "last.safetensors")


def kill_a_worker(workplace, folder, process):
    """Kills the second worker once there is a checkpoint from between."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        path = workplace / folder / "last.safetensors"
        if path.exists() and last(workplace / folder).header["training"]["step"]:
            break
        time.sleep(0.02)
    children = subprocess.run(
        ["ps", "--ppid", str(process.pid), "-o", "pid="], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(children[-1]), signal.SIGKILL)


@pytest.mark.slow
def test_torchrun(workplace):
    out, err = start(workplace, "--out", "alone").communicate(timeout=300)
    assert "on cpu with 2 workers\n" in out, err
    assert out.count("finished at step 60 of 60") == 1
    killed = start(workplace, "--out", "killed")
    kill_a_worker(workplace, "killed", killed)
    out, err = killed.communicate(timeout=300)
    assert killed.returncode
    assert "sketch-rnn: error: worker 0 of 2 lost another one at step " in err
    assert "start again with --resume, or let torchrun do so with --max-restarts" in err
    again, _ = start(workplace, "--out", "killed", "--resume").communicate(timeout=300)
    assert "finished at step 60 of 60" in again
    restarting = start(workplace, "--out", "restarted", restarts=1)
    kill_a_worker(workplace, "restarted", restarting)
    out, err = restarting.communicate(timeout=300)
    assert restarting.returncode == 0, err
    assert "finished at step 60 of 60" in out
    for name in ("killed", "restarted"):
        ours, theirs = last(workplace / name), last(workplace / "alone")
        assert all(value.equal(theirs.tensors[key]) for key, value in ours.tensors.items())
