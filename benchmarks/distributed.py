"""Compares one process of two threads with two of one: `python benchmarks/distributed.py`.

Needs a quiet machine with two cores. Both train the same model on the same batches, through
`torchrun` where they are two; the table has the drawings a second that each run wrote into its
metrics.csv, without the first row, which holds the start.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path


def speed(data: str, processes: int, threads: int, steps: int, rnn_size: int) -> float:
    """Returns the median of the drawings a second."""
    env = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    start = [sys.executable]
    if processes > 1:
        start += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    with tempfile.TemporaryDirectory() as folder:
        words = ["-m", "sketch_rnn", "train", data, "--out", f"{folder}/run", "--device", "cpu"]
        words += ["--num-steps", str(steps), "--save-every", str(steps), "--log-every", "5"]
        words += ["--dec-rnn-size", str(rnn_size), "--enc-rnn-size", str(rnn_size // 2)]
        words += ["--loss-form", "true_length"]
        subprocess.run([*start, *words], env=env, check=True, capture_output=True)
        with Path(folder, "run", "metrics.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    return statistics.median(float(row["sketches_per_second"]) for row in rows[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="doodles")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rnn-size", type=int, default=512)
    options = parser.parse_args()
    cases = [(1, 1), (1, 2), (2, 1)]
    found: dict[tuple[int, int], list[float]] = {case: [] for case in cases}
    for _ in range(options.rounds):
        for case in cases:
            found[case].append(speed(options.data, *case, options.steps, options.rnn_size))
    print(f"{'processes':>9} {'threads each':>12} {'drawings/s':>11}")
    for (processes, threads), speeds in found.items():
        print(f"{processes:>9} {threads:>12} {statistics.median(speeds):>11.1f}")


if __name__ == "__main__":
    main()
