"""What the machine can do, and what it is."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path

import numpy as np
import torch
from measure import time_in_turns

import sketch_rnn


def machine() -> dict[str, str]:
    """Returns what a reader must know of the machine to compare figures."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    name = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    known = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    return {
        "processor": name or platform.processor() or platform.machine(),
        "instructions": ", ".join(known) or platform.machine(),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "versions": (
            f"sketch-rnn {sketch_rnn.__version__}, torch {torch.__version__}, "
            f"numpy {np.__version__}"
        ),
        "date": date.today().isoformat(),
    }


def measured_limits(rounds: int) -> dict[str, float]:
    """Returns rates: GFLOP/s of a step's product, of a large one, and GB/s of a copy."""
    rows, weight = torch.randn(100, 512), torch.randn(2048, 512).t()
    square = torch.randn(2048, 2048)
    source, target = torch.randn(32 << 20), torch.empty(32 << 20)
    small_out, large_out = torch.empty(100, 2048), torch.empty(2048, 2048)

    def small_products() -> None:
        for _ in range(50):
            torch.mm(rows, weight, out=small_out)

    times = time_in_turns(
        {
            "small": small_products,
            "large": lambda: torch.mm(square, square, out=large_out),
            "copy": lambda: target.copy_(source),
        },
        rounds,
    )
    return {
        "step_gflops": 50 * 2 * 100 * 512 * 2048 / times["small"].median / 1e9,
        "large_gflops": 2 * 2048**3 / times["large"].median / 1e9,
        "copy_gbytes": 2 * source.nbytes / times["copy"].median / 1e9,
    }
