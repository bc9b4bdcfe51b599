"""Kills a training at random moments, and looks at its files all the while.

    python kill_stress.py FOLDER NUM_KILLS SEED

Prints as JSON how often it was killed, how many checkpoints were read meanwhile, and what differs
in the end from a run that was left alone. A process of its own, because it forks: every life of the
training would take seconds to import PyTorch otherwise.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from agreement import CHECKPOINTS, differences

from sketch_rnn.trained import read_checkpoint
from sketch_rnn.training.loop import Trainer
from sketch_rnn.training.run.report import RunReport
from sketch_rnn.training.run.resume import has_checkpoint
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset

STEPS_PER_KILL = 9


def start(folder, num_steps):
    """Returns the id of a process that trains to the end, if it is let."""
    process = os.fork()
    if process:
        return process
    config = replace(TINY_TRAINING, num_steps=num_steps, save_every=3)
    resume = has_checkpoint(folder)
    Trainer(
        tiny_dataset(), TINY_MODEL, config, folder, resume=resume, callbacks=[RunReport()]
    ).fit()
    os._exit(0)


def has_ended(process):
    ended, status = os.waitpid(process, os.WNOHANG)
    if ended and status:
        sys.exit(f"training failed by itself with status {status}")
    return bool(ended)


def look(folder):
    """Returns how many checkpoints were there, all of which could be read."""
    there = [folder / name for name in CHECKPOINTS if (folder / name).exists()]
    for path in there:
        read_checkpoint(path)
    return len(there)


def main(folder, num_kills, seed):
    torch.set_num_threads(1)
    num_steps = STEPS_PER_KILL * num_kills
    begun = time.perf_counter()
    os.waitpid(start(folder / "alone", num_steps), 0)
    pace = (time.perf_counter() - begun) / num_kills
    draw = random.Random(seed)
    kills = reads = 0
    process = start(folder / "killed", num_steps)
    deadline = time.perf_counter() + draw.uniform(0, 2 * pace)
    while not has_ended(process):
        reads += look(folder / "killed")
        time.sleep(0.005)
        if kills < num_kills and time.perf_counter() > deadline:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            kills += 1
            reads += look(folder / "killed")
            process = start(folder / "killed", num_steps)
            deadline = time.perf_counter() + draw.uniform(0, 2 * pace)
    different = differences(folder / "killed", folder / "alone")
    print(json.dumps({"kills": kills, "reads": reads, "different": different}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
