"""The number of threads and processes to use, and how idle threads wait."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

CONTROL_GROUP: Final = Path("/sys/fs/cgroup")
# By default, GNU OpenMP's idle threads spin for milliseconds after every parallel loop. Beside two
# busy programs, a training step of a tiny network took 367 ms with two threads, and 18 ms with this
# number.
SPIN_COUNT: Final = "1000"


def wait_passively() -> None:
    """Makes idle OpenMP threads sleep soon instead of spinning; call it before PyTorch is loaded.

    A spinning thread takes CPU time from the thread that it waits for. OMP_WAIT_POLICY and
    GOMP_SPINCOUNT take precedence.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)


def limit_threads() -> None:
    """Limits PyTorch's threads to the processors that this process may use.

    PyTorch counts the cores of the machine. In a container limited to a few of them, threads wait
    for descheduled ones, which is many times slower. OMP_NUM_THREADS takes precedence.
    """
    import torch  # noqa: PLC0415  (it takes a second, and reads GOMP_SPINCOUNT)

    granted = granted_processors()
    if "OMP_NUM_THREADS" not in os.environ and torch.get_num_threads() > granted:
        torch.set_num_threads(granted)


def granted_processors(group: Path = CONTROL_GROUP) -> int:
    """The number of processors that this process may use at a time, at least 1.

    Args:
        group: the folder of the Linux control group (version 1 or 2).
    """
    if hasattr(os, "sched_getaffinity"):
        granted = len(os.sched_getaffinity(0))
    else:
        granted = os.cpu_count() or 1
    for quota, period in (_second_version(group), _first_version(group)):
        if quota > 0 and period > 0:
            granted = min(granted, math.ceil(quota / period))
    return granted


def _second_version(group: Path) -> tuple[int, int]:
    words = _text(group / "cpu.max").split()
    return (int(words[0]), int(words[1])) if len(words) == 2 and words[0] != "max" else (0, 0)


def _first_version(group: Path) -> tuple[int, int]:
    quota, period = (_text(group / "cpu" / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
    return int(quota or 0), int(period or 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
