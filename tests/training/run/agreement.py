"""Differences between a run that was killed and resumed, and one that was left alone."""

from __future__ import annotations

import csv
import json

import torch

from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.training.run.find import find_runs

CHECKPOINTS = ("last.safetensors", "previous.safetensors", "best.safetensors")


def checkpoint_differences(ours, theirs, names=CHECKPOINTS):
    found = []
    for name in names:
        one, other = read_checkpoint(ours / name), read_checkpoint(theirs / name)
        found += [
            f"{name}: {tensor}"
            for tensor in one.tensors.keys() | other.tensors.keys()
            if not torch.equal(one.tensors[tensor], other.tensors[tensor])
        ]
        if one.header["training"] != other.header["training"]:
            found.append(f"{name}: {one.header['training']} {other.header['training']}")
    return found


def metrics(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def without_speed(rows):
    return [{**row, "sketches_per_second": ""} for row in rows]


def report(folder):
    """Returns what `run.json` says, without times and starts."""
    values = json.loads((folder / "run.json").read_text())
    del values["starts"]
    for split in ("valid", "test"):
        values["best"][split].pop("seconds")
    return values


def listed(folder):
    [run] = find_runs(folder)
    return run.texts()[1:-1]


def report_differences(ours, theirs):
    """Returns what differs between what two runs report."""
    one, other = (without_speed(metrics(folder)) for folder in (ours, theirs))
    found = [] if one == other else [f"metrics.csv: {one} {other}"]
    for name, read in {"run.json": report, "runs": listed}.items():
        if read(ours) != read(theirs):
            found.append(f"{name}: {read(ours)} {read(theirs)}")
    return found


def differences(ours, theirs):
    """Returns what differs between two runs; nothing if one was only killed and resumed."""
    return checkpoint_differences(ours, theirs) + report_differences(ours, theirs)
