"""Measurements of this processor, made once for a compiled library."""

from __future__ import annotations

import logging
import math
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import write_atomically
from sketch_rnn.kernels.native.build import COMPILE_SECONDS, library_path, locked, reason_of
from sketch_rnn.kernels.native.library import Library
from sketch_rnn.kernels.sequence import add_product

_MEASURE_HALF: Final = """
import ctypes, sys
measure = ctypes.CDLL(sys.argv[1]).half_speedup
measure.restype = ctypes.c_double
print(measure())
"""
# Rows, and sides, of the gradient of the default decoder's recurrent weight.
_ROWS: Final = 1024
_SIDES: Final = (512, 2048)
_ROUNDS: Final = 9

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def half_speedup() -> float:
    """The speed of bfloat16 products relative to float32, or 0 if they come out wrong.

    It is measured in another process, and is 0 if that is killed for an unknown instruction.
    """
    return _kept("half", _measured_half)


@lru_cache(maxsize=1)
def products_speedup() -> float:
    """The speed of the library's large float32 products relative to PyTorch's."""
    return _kept(f"products-{torch.__version__}-{torch.get_num_threads()}", _measured_products)


def _kept(kind: str, measure: Callable[[Path], float]) -> float:
    """A number measured with the library, kept in a file beside it.

    A number that cannot be measured counts as 0, is logged, and is measured again next time.
    """
    try:
        library = library_path(may_compile=True)
        file = library.with_suffix(f".{kind}")
        if not _is_number(file):
            with locked(library.with_suffix(".lock")):
                write_atomically(file, str(measure(library)).encode())
        return float(file.read_text())
    except (OSError, ValueError, subprocess.SubprocessError, SketchRNNError) as error:
        logger.warning("this processor's %s could not be measured: %s", kind, reason_of(error))
        return 0.0


def _is_number(file: Path) -> bool:
    try:
        return math.isfinite(float(file.read_text()))
    except (OSError, ValueError):
        return False


def _measured_half(library: Path) -> float:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _MEASURE_HALF, str(library)],
        capture_output=True,
        text=True,
        check=False,
        timeout=COMPILE_SECONDS,
    )
    if done.returncode == -signal.SIGILL:
        return 0.0
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise SketchRNNError(lines[-1])
    return float(done.stdout)


def _measured_products(path: Path) -> float:
    """The median ratio of paired runs, so that other load affects both alike."""
    library = Library(str(path))
    left, right = (torch.ones(_ROWS, side) for side in _SIDES)
    total = torch.zeros(*_SIDES)
    ratios = []
    for _ in range(_ROUNDS + 1):
        seconds = []
        for add in (add_product, library.add_product):
            start = time.perf_counter()
            add(total, left, right)
            seconds.append(time.perf_counter() - start)
        ratios.append(seconds[0] / seconds[1])
    return statistics.median(ratios[1:])
