"""Kills a training before each of its writes, resumes it, and compares it with one left alone.

    python kill_points.py FOLDER FIRST STRIDE

Kills before write FIRST, FIRST + STRIDE, ... Prints as JSON how many writes there were and, for
each kill that changed something, what differs in the end. A process of its own, because it forks:
every life of the training would take seconds to import PyTorch otherwise.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))

from agreement import differences

from sketch_rnn.training.loop import Trainer
from sketch_rnn.training.run.report import RunReport
from sketch_rnn.training.run.resume import has_checkpoint
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset

MODEL = replace(TINY_MODEL, dec_rnn_size=8, enc_rnn_size=8)
TRAINING = replace(TINY_TRAINING, num_steps=4, save_every=2, log_every=1)
WRITES = ("os.rename", "os.link", "os.remove")


def train(folder):
    torch.set_num_threads(1)
    resume = has_checkpoint(folder)
    Trainer(tiny_dataset(), MODEL, TRAINING, folder, resume=resume, callbacks=[RunReport()]).fit()


def watch_writes(folder, kill_at):
    """Counts the writes into a folder, and kills the process before one of them."""
    count = [0]

    def hook(event, arguments):
        is_write = event in WRITES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
        if is_write and str(arguments[0]).startswith(str(folder)):
            if count[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            count[0] += 1

    sys.addaudithook(hook)
    return count


def life(folder, kill_at=None):
    """Trains in a process of its own; returns the number of writes, None if it was killed."""
    reader, writer = os.pipe()
    process = os.fork()
    if not process:
        try:
            count = watch_writes(folder, kill_at)
            train(folder)
            os.write(writer, str(count[0]).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(process, 0)
    with open(reader) as file:
        text = file.read()
    return int(text) if text else None


def main(folder, first, stride):
    alone = folder / "alone"
    num_writes = life(alone)
    found = {}
    for number in range(first, num_writes, stride):
        killed = folder / str(number)
        survived = life(killed, kill_at=number) is not None
        resumed = life(killed) is not None
        different = differences(killed, alone) if resumed and not survived else ["not killed"]
        if different:
            found[number] = different
    print(json.dumps({"writes": num_writes, "different": found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
