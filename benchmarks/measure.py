"""Timing of several cases in turns, so that each meets the machine in the same moods."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds that one run of a case took.

    Attributes:
        median: of all runs.
        fastest: of all runs.
        slowest: of all runs.
    """

    median: float
    fastest: float
    slowest: float

    @classmethod
    def of(cls, seconds: list[float]) -> Timing:
        return cls(statistics.median(seconds), min(seconds), max(seconds))


def time_in_turns(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Returns the time of each case: one run to warm up, then `rounds` runs of all in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()
    gc.collect()
    for _ in range(rounds):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            seconds[name].append(time.perf_counter() - start)
    return {name: Timing.of(each) for name, each in seconds.items()}


def peak_memory(arguments: list[str]) -> float:
    """Returns the most memory in GB that a Python program of its own held.

    Args:
        arguments: the program and its arguments; it prints its peak in KiB as its last word.
    """
    output = subprocess.run(
        [sys.executable, *arguments], capture_output=True, check=True, text=True
    ).stdout
    return int(output.split()[-1]) * 1024 / 1e9
