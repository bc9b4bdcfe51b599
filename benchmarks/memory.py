"""Prints the most memory, in KiB, that some training steps held: `memory.py DATA CELL FORM`."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from networks import OwnTraining

from sketch_rnn import ModelConfig, TrainConfig, load_dataset
from sketch_rnn.dataset.batches import TrainingBatches

if __name__ == "__main__":
    data, cell, form, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    dataset = load_dataset([data])
    train = TrainConfig(loss_form=form)
    batch = TrainingBatches(dataset.train, dataset.profile, train)[0]
    model = ModelConfig(enc_model=cell, dec_model=cell)
    training = OwnTraining(model, train, batch, dataset.profile.max_seq_len)
    for _ in range(3):
        training.step()
    # What getrusage says begins with the memory of the process that started this one.
    status = Path("/proc/self/status").read_text()
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
