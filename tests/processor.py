"""The processor that the tests run on."""

from __future__ import annotations

import platform
from pathlib import Path

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.choice import chosen_arithmetic
from sketch_rnn.kernels.native.build import compiled_library, kernel_switch

CPU_INFO = Path("/proc/cpuinfo")
SHOWN_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def cpu_info(name: str) -> str:
    """A field of the first processor in /proc/cpuinfo, empty where there is none."""
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith(name)), "")


def cpu_flags() -> set[str]:
    """The instruction sets of the processor, as Linux names them."""
    return set(cpu_info("flags").split())


def processor_line() -> str:
    """The name of the processor, the flags that matter, and the kernels chosen."""
    name = cpu_info("model name") or platform.processor() or platform.machine()
    flags = [flag for flag in SHOWN_FLAGS if flag in cpu_flags()]
    try:
        library = compiled_library(kernel_switch(), may_compile=True)
        width = "none" if library is None else f"vectors of {library.vector_width}"
        chosen = chosen_arithmetic(ModelConfig(), TrainConfig(), {}, "cpu")
    except SketchRNNError as error:
        return f"processor: {name}; {error}"
    words = ", ".join(f"{key}={value}" for key, value in chosen.items())
    return f"processor: {name} ({', '.join(flags)}); compiled kernels: {width}; {words}"
