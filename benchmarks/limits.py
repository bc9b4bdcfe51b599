"""What the machine can do, and what it is."""

from __future__ import annotations

import math
import os
import platform
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from measure import time_in_turns

import sketch_rnn
from sketch_rnn.kernels.native.build import compiled_library


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


class Limits(NamedTuple):
    """The fastest that this machine was seen to be.

    Attributes:
        gflops: for each dtype, GFLOP/s of its fastest product.
        product: for each dtype, the library and the shape of that product.
        copy_gbytes: GB/s of a copy, read and written.
    """

    gflops: dict[str, float]
    product: dict[str, str]
    copy_gbytes: float


# Rows, depth and columns: of a step of the default decoder, of its weights' gradient, and a cube.
SHAPES = {"a step": (100, 512, 2048), "a gradient": (512, 1024, 2048), "a cube": (2048,) * 3}


def measured_limits(rounds: int) -> Limits:
    """Returns the rates of the fastest product in each dtype, and of a copy."""
    source, target = torch.randn(32 << 20), torch.empty(32 << 20)
    cases = {"copy": lambda: target.copy_(source)}
    for dtype in ("float32", "bfloat16"):
        for shape, sizes in SHAPES.items():
            products = products_of(*sizes, getattr(torch, dtype))
            cases |= {(dtype, f"{name}, {shape}"): run for name, run in products.items()}
    times = time_in_turns(cases, rounds)
    gflops, product = {}, {}
    for case, timing in times.items():
        if case == "copy":
            continue
        dtype, name = case
        rate = 2 * math.prod(SHAPES[name.split(", ")[1]]) / timing.fastest / 1e9
        if rate > gflops.get(dtype, 0):
            gflops[dtype], product[dtype] = rate, name
    return Limits(gflops, product, 2 * source.nbytes / times["copy"].median / 1e9)


def products_of(rows: int, depth: int, columns: int, dtype: torch.dtype):
    """Returns functions that multiply (rows, depth) by (depth, columns), by library."""
    left, right = torch.randn(rows, depth).to(dtype), torch.randn(depth, columns).to(dtype)
    transposed, total = left.t().contiguous(), torch.zeros(rows, columns)
    found = {"PyTorch": lambda: left @ right}
    if dtype == torch.float32:
        found["NumPy"] = lambda: left.numpy() @ right.numpy()
    library = compiled_library("auto", may_compile=True)
    if library is not None:
        found["the compiled kernels"] = lambda: library.add_product(total, transposed, right)
    onednn = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # private: only to compare
    if onednn is not None:
        weight = right.t().contiguous()
        found["oneDNN"] = lambda: onednn(left, weight, None, "none", [], "")
    return found
