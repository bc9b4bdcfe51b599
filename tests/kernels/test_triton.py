"""The Triton kernels, without a GPU: in Triton's interpreter, and compiled for one."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.triton.backend import TritonBackend, gpu_switch
from sketch_rnn.model.cells import cell_class

LAWS = Path(__file__).with_name("triton_laws.py")
COMPILED = Path(__file__).with_name("triton_compiled.py")


def triton_version() -> tuple[int, ...]:
    try:
        return tuple(map(int, version("triton").split(".")[:2]))
    except PackageNotFoundError:
        return (0,)


needs_triton = pytest.mark.skipif(
    triton_version() < (3, 7), reason="no Triton of at least 3.7, whose interpreter takes numpy 2.4"
)


@needs_triton
@pytest.mark.parametrize(
    "laws",
    ["lstm", "layer_norm or at_once", "hyper", pytest.param("inner_units", marks=pytest.mark.slow)],
)
def test_laws_in_the_interpreter(laws):
    # A process of its own: Triton looks at the variable when its functions are made.
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(LAWS), "-k", laws]
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


LAYER_NORM = ("layer_norm_forward", "layer_norm_backward")
# Two of Triton's passes over memory accesses (Coalesce, CoalesceAsyncCopy) take minutes for the
# whole of a hyper kernel, and a second for one of its phases.
PHASES = [
    *(f"hyper_forward {phase}" for phase in range(7)),
    *(f"hyper_backward {phase}" for phase in range(8)),
]


@needs_triton
@pytest.mark.parametrize(
    "kernel",
    [
        *("lstm_forward", "lstm_backward"),
        *(pytest.param(name, marks=pytest.mark.slow) for name in (*LAYER_NORM, *PHASES)),
    ],
)
def test_kernels_compile_for_a_gpu(kernel, tmp_path):
    environment = os.environ | {
        "TRITON_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    environment.pop("TRITON_INTERPRET", None)
    words = [sys.executable, str(COMPILED), *kernel.split()]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_switch(monkeypatch):
    monkeypatch.delenv("SKETCH_RNN_GPU_KERNELS", raising=False)
    assert gpu_switch() is False
    monkeypatch.setenv("SKETCH_RNN_GPU_KERNELS", "off")
    assert gpu_switch() is False
    monkeypatch.setenv("SKETCH_RNN_GPU_KERNELS", "on")
    assert gpu_switch() is True
    monkeypatch.setenv("SKETCH_RNN_GPU_KERNELS", "auto")
    with pytest.raises(
        SketchRNNError, match=r"^SKETCH_RNN_GPU_KERNELS='auto' must be one of off, on$"
    ):
        gpu_switch()


def supports(device, dtype=torch.float32, *, must=False):
    cell = cell_class("lstm")(5, 4).to("meta", dtype)
    inputs = SimpleNamespace(dtype=dtype, device=torch.device(device))
    return TritonBackend(must=must).supports(cell, inputs)


def test_wanted_without_triton(monkeypatch):
    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.setenv("SKETCH_RNN_GPU_KERNELS", "on")
    with pytest.raises(SketchRNNError) as caught:
        supports("cuda")
    assert str(caught.value) == (
        "SKETCH_RNN_GPU_KERNELS=on needs Triton, which comes with PyTorch for CUDA on Linux: "
        "pip install triton, or turn it off"
    )
    # Nothing needs it that does not run it.
    assert not supports("cpu")
    assert not supports("cuda", torch.float64)
    monkeypatch.setenv("SKETCH_RNN_GPU_KERNELS", "off")
    assert not supports("cuda")


@needs_triton
def test_wanted_on_a_gpu(monkeypatch):
    monkeypatch.setenv("SKETCH_RNN_GPU_KERNELS", "on")
    assert supports("cuda")
    assert not supports("cpu")
    assert supports("cpu", must=True)
