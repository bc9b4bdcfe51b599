"""The compiled kernels as built for other processors, run where this one can."""

from __future__ import annotations

import stat

import pytest
import torch
from unroll_problems import LENGTHS, assert_as_plain, compiler, make_problem, needs_compiler

from processor import cpu_flags
from sketch_rnn.kernels.native.build import compiled_library

# Flags that /proc/cpuinfo has where a processor can run what is built for these.
FLAGS = {
    "x86-64-v3": {"avx2", "fma", "bmi2", "movbe"},
    "skylake-avx512": {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd", "clwb"},
}


@pytest.fixture(params=FLAGS)
def processor(request, monkeypatch, tmp_path):
    """Compiles for another processor, in a cache of its own."""
    missing = FLAGS[request.param] - cpu_flags()
    if missing:
        pytest.skip(f"this processor lacks {', '.join(sorted(missing))} of {request.param}")
    wrapper = tmp_path / "compiler"
    # The last of several -march counts.
    wrapper.write_text(f'#!/bin/sh\nexec {compiler} "$@" -march={request.param}\n')
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CXX", str(wrapper))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")
    compiled_library.cache_clear()
    yield request.param
    compiled_library.cache_clear()


@needs_compiler
def test_the_laws_hold_as_built_for_another_processor(processor):
    library = compiled_library("on", may_compile=True)
    assert library.vector_width == {"x86-64-v3": 8, "skylake-avx512": 16}[processor]
    for cell in ("lstm", "layer_norm", "hyper"):
        for name in ("ragged", "many rows"):
            problem = make_problem(cell, LENGTHS[name], dtype=torch.float32, size=48)
            assert_as_plain(problem, "native")
            assert_as_plain(problem, "native_products")
