"""Trains with several processes, and prints as JSON what each training did.

    python worker_runs.py FOLDER < RUNS

RUNS is a JSON list of objects: the name of a run's folder, its number of processes, settings, and
whether it is resumed. A process of its own, because it forks: torchrun would import PyTorch anew
for every worker.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch._dynamo  # what DistributedDataParallel would import in every worker, for seconds
from torch import distributed

sys.path.insert(0, str(Path(__file__).parents[1]))

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.training.callbacks import Callback
from sketch_rnn.training.distributed import current_workers
from sketch_rnn.training.loop import Trainer
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset


class Losses(Callback):
    def __init__(self):
        self.lines = []
        self.notices = []

    def on_notice(self, notice):
        self.notices.append(notice)

    def on_step(self, step):
        losses = step.losses
        self.lines.append([losses.total.item(), losses.reconstruction.item(), losses.kl.item()])


def with_labels(dataset, count):
    """Returns the drawings with labels in turn."""
    stores = {
        split: replace(store, labels=np.arange(len(store), dtype=np.int32) % count)
        for split, store in (("train", dataset.train), ("valid", dataset.valid))
    }
    names = tuple("abc"[:count])
    return replace(dataset, **stores, profile=replace(dataset.profile, labels=names))


def train(folder, name, *, resume=False, dies_at=None, spoils_at=None, data=11, **settings):
    """Trains in this process, and writes what happened into a file beside the run."""
    own = [field.name for field in fields(ModelConfig)]
    model = replace(TINY_MODEL, **{key: settings.pop(key) for key in own if key in settings})
    workers = current_workers()
    watcher = Losses()
    dataset = tiny_dataset(num_train=data)
    if model.num_labels:
        dataset = with_labels(dataset, model.num_labels)
    training = Trainer(
        dataset,
        model,
        replace(TINY_TRAINING, **settings),
        folder / name,
        resume=resume,
        callbacks=[watcher],
        workers=workers,
    )
    step = training._step

    def eventful_step():
        if workers.rank == workers.size - 1:
            if training._state.step == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if training._state.step == spoils_at:
                training.model.network.decoder.output.weight.register_hook(lambda g: g / 0)
        step()

    training._step = eventful_step
    error = None
    try:
        training.fit()
    except SketchRNNError as caught:
        error = str(caught)
    weights = [p.detach().sum().item() for p in training.model.network.parameters()]
    found = {"losses": watcher.lines, "notices": watcher.notices, "error": error}
    found |= {"weights": weights, "step": training._state.step}
    (folder / f"{name}.{workers.rank}.json").write_text(json.dumps(found))


def worker(folder, name, rank, size, settings):
    torch.set_num_threads(1)
    if size > 1:
        meeting = f"file://{folder}/{name}.meeting{'.again' * settings.get('resume', 0)}"
        distributed.init_process_group(
            "gloo", init_method=meeting, rank=rank, world_size=size, timeout=timedelta(seconds=60)
        )
    train(folder, name, **settings)


def run(folder, name, size, settings):
    """Returns what each worker reports, None for one that died."""
    processes = []
    for rank in range(size):
        process = os.fork()
        if not process:
            try:
                worker(folder, name, rank, size, settings)
            finally:
                os._exit(0)
        processes.append(process)
    for process in processes:
        os.waitpid(process, 0)
    reports = [folder / f"{name}.{rank}.json" for rank in range(size)]
    return [json.loads(path.read_text()) if path.exists() else None for path in reports]


if __name__ == "__main__":
    runs = json.load(sys.stdin)
    print(json.dumps([run(Path(sys.argv[1]), r.pop("name"), r.pop("size"), r) for r in runs]))
