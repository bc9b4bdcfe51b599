"""Kills a training after random numbers of steps, and looks at its files all the while.

    python kill_stress.py FOLDER NUM_KILLS SEED

Prints as JSON how often it was killed, how many checkpoints were read meanwhile, and what differs
in the end from a run that was left alone. A process of its own, because it forks: every life of the
training would take seconds to import PyTorch otherwise.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from agreement import CHECKPOINTS, differences

from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.training.callbacks import Callback
from sketch_rnn.training.loop import Trainer
from sketch_rnn.training.run.report import RunReport
from sketch_rnn.training.run.resume import has_checkpoint
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset

STEPS_PER_KILL = 9
# Fewer on average than there are for each kill, so that all of them come before the end.
MOST_STEPS_BEFORE = 12
# Moments after a step, in seconds: in the next one, or while files are written.
MOST_DELAY = 0.004


class Tell(Callback):
    """Writes a byte to a pipe after each step."""

    def __init__(self, pipe):
        self.pipe = pipe

    def on_step(self, step):
        os.write(self.pipe, b".")


def start(folder, num_steps):
    """Returns a process that trains to the end, if it is let, and the pipe that tells its steps."""
    steps, told = os.pipe()
    process = os.fork()
    if process:
        os.close(told)
        return process, steps
    os.close(steps)
    config = replace(TINY_TRAINING, num_steps=num_steps, save_every=3)
    callbacks = [RunReport(), Tell(told)]
    resume = has_checkpoint(folder)
    Trainer(tiny_dataset(), TINY_MODEL, config, folder, resume=resume, callbacks=callbacks).fit()
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
    process, steps = start(folder / "alone", num_steps)
    while os.read(steps, 2**16):
        pass
    os.waitpid(process, 0)
    draw = random.Random(seed)
    kills = reads = 0
    process, steps = start(folder / "killed", num_steps)
    left = draw.randint(1, MOST_STEPS_BEFORE)
    while not has_ended(process):
        reads += look(folder / "killed")
        # Steps are waited for, not times: however slow the machine is, as many come between kills.
        if select.select([steps], [], [], 0.005)[0]:
            left -= len(os.read(steps, max(left, 1)))
        if kills < num_kills and left <= 0:
            time.sleep(draw.uniform(0, MOST_DELAY))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(steps)
            kills += 1
            reads += look(folder / "killed")
            process, steps = start(folder / "killed", num_steps)
            left = draw.randint(1, MOST_STEPS_BEFORE)
    different = differences(folder / "killed", folder / "alone")
    print(json.dumps({"kills": kills, "reads": reads, "different": different}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
