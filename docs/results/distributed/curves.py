"""Trains a tiny model with 1, 2 and 4 processes on the same batches, without a GPU.

    python docs/results/distributed/curves.py

Writes `curves.svg` beside itself; prints the last losses and how far they are from those of one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from charts import save_curves

HERE = Path(__file__).parent
SCRIPT = HERE.parents[2] / "tests" / "training" / "worker_runs.py"
NUM_STEPS = 150
SETTINGS = {
    **{f"{place}_keep_prob": 1.0 for place in ("recurrent", "input", "output")},
    "batch_size": 20,
    "num_steps": NUM_STEPS,
    "save_every": NUM_STEPS,
    "data": 300,
    "learning_rate": 0.005,
}


def main() -> None:
    runs = [{"name": f"of {size}", "size": size, **SETTINGS} for size in (1, 2, 4)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(SCRIPT), folder],
            input=json.dumps(runs),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "GLOO_SOCKET_IFNAME": "lo"},
        )
    losses = [np.array(reports[0]["losses"])[:, 0] for reports in json.loads(done.stdout)]
    steps = np.arange(1, NUM_STEPS + 1)
    # Shifted, since they would hide each other.
    series = {
        f"{size} process{'es' * (size > 1)}": (steps, values + 0.1 * number)
        for number, (size, values) in enumerate(zip((1, 2, 4), losses, strict=True))
    }
    save_curves(series, HERE / "curves.svg", title="The same batches, each curve 0.1 higher")
    print(f"{'processes':>9} {'last loss':>12} {'largest difference to 1':>24}")
    for size, values in zip((1, 2, 4), losses, strict=True):
        print(f"{size:>9} {values[-1]:>12.6f} {np.abs(values - losses[0]).max():>24.1e}")


if __name__ == "__main__":
    main()
