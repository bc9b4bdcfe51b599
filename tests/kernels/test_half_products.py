"""Laws of bfloat16 products: those of the compiled code, of its twin in PyTorch, and of float32."""

from __future__ import annotations

import math
import stat

import pytest
import torch
from unroll_problems import LENGTHS, assert_same, compiler, make_problem, needs_compiler

from sketch_rnn.kernels.eager.backend import EagerBackend
from sketch_rnn.kernels.native.build import compiled_library
from sketch_rnn.model.backends import BACKENDS

HALF_CELLS = ("lstm", "layer_norm", "hyper")
NATIVE, TWIN = "native_bfloat16", "eager_bfloat16"
# A sum that differs in its last digit may be rounded to the next bfloat16 number, 1/256 away; in
# a step of a hyper cell four such numbers follow each other.
TWIN_TOLERANCE = {"lstm": 4e-3, "layer_norm": 4e-3, "hyper": 16e-3}
# In one step most results are as equal as floats are; an operand rounded by one of the two alone
# changes some of them by 1.5e-3 of their size.
ONE_STEP_TOLERANCE = 3e-4
# What rounding all operands to 8 significant bits does to these problems.
FLOAT_TOLERANCE = 4e-2
# Few steps: in many, the smallest difference grows in cells with such weights.
FEW_STEPS = LENGTHS | {"many rows": [9, 4, 1, 7, 2] * 15}


@pytest.fixture(autouse=True)
def twin(monkeypatch):
    """Adds the same products in PyTorch's operations to the table of backends."""
    monkeypatch.setitem(BACKENDS, TWIN, EagerBackend(torch.bfloat16))


def half_problem(cell, lengths, size=32, **options):
    return make_problem(cell, lengths, dtype=torch.float32, size=size, **options)


def assert_half_laws(cell, lengths, **options):
    problem = half_problem(cell, lengths, **options)
    half = problem.results(NATIVE)
    assert_same(half, problem.results(TWIN), TWIN_TOLERANCE[cell])
    assert_same(half, problem.results("plain"), FLOAT_TOLERANCE)


def assert_same_operands(cell, size):
    problem = half_problem(cell, [1] * 16, size=size)
    ours = problem.results(NATIVE)
    for name, expected in problem.results(TWIN).items():
        error, typical = (ours[name] - expected).abs().median(), expected.abs().median()
        assert error <= ONE_STEP_TOLERANCE * typical, f"{name}: differs by {error / typical:.2g}"


@pytest.mark.parametrize("lengths", FEW_STEPS.values(), ids=FEW_STEPS)
@pytest.mark.parametrize("cell", HALF_CELLS)
@needs_compiler
def test_compiled_half_is_its_twin(cell, lengths):
    assert_half_laws(cell, lengths)


@pytest.mark.parametrize("size", [32, 96])
@pytest.mark.parametrize("cell", HALF_CELLS)
@needs_compiler
def test_both_round_the_same_operands(cell, size):
    assert_same_operands(cell, size)


@pytest.mark.parametrize("threads", [2, 5])
@pytest.mark.parametrize("cell", HALF_CELLS)
@needs_compiler
def test_threads_share_the_work(cell, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert_half_laws(cell, FEW_STEPS["many rows"], size=96)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("backend", [TWIN, pytest.param(NATIVE, marks=needs_compiler)])
def test_operands_are_rounded_and_sums_are_not(backend):
    """One step of a cell whose gates are its product: exact but for the gates' functions."""
    torch.manual_seed(3)
    problem = half_problem("lstm", [1], dropped=False, static=0)
    weight, hidden = problem.cell.recurrent_weight, problem.leaves["state 1"]
    with torch.no_grad():
        for value in (problem.cell.input_weight, problem.cell.bias, problem.leaves["state 0"]):
            value.zero_()
        gates = hidden.bfloat16().double() @ weight.bfloat16().double()
        outputs, _ = problem.run(backend)
    write, candidate, _, out = gates.chunk(4, dim=1)
    expected = torch.tanh(write.sigmoid() * candidate.tanh()) * out.sigmoid()
    assert_same({"outputs": outputs.double()}, {"outputs": expected}, 1e-6)


@pytest.mark.parametrize("backend", [TWIN, pytest.param(NATIVE, marks=needs_compiler)])
@pytest.mark.parametrize("cell", HALF_CELLS)
def test_only_training_is_rounded(cell, backend):
    problem = half_problem(cell, FEW_STEPS["ragged"], dropped=False)
    exact, _ = problem.run(backend.removesuffix("_bfloat16"))
    rounded, _ = problem.run(backend)
    assert not torch.equal(rounded, exact)
    problem.cell.eval()
    assert torch.equal(problem.run(backend)[0], exact)


@pytest.mark.parametrize("cell", HALF_CELLS)
@needs_compiler
def test_nan_is_not_hidden(cell):
    problem = half_problem(cell, [3, 2])
    with torch.no_grad():
        problem.leaves["state 1"][0, 0] = math.nan
        packed, _ = problem.run(NATIVE)
    by_sequence = problem.packing.unpack(packed, 5)[problem.packing.order]
    assert by_sequence[0, :3].isnan().all()
    assert not by_sequence[1].isnan().any()


@pytest.fixture
def soft_tiles(monkeypatch, tmp_path):
    """Compiles the code for processors with tiles, and their instructions in plain code."""
    wrapper = tmp_path / "compiler"
    wrapper.write_text(f'#!/bin/sh\nexec {compiler} "$@" -DSOFT_TILES -O0\n')
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CXX", str(wrapper))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path / "cache")
    compiled_library.cache_clear()
    library = compiled_library("on", may_compile=True)
    assert list((tmp_path / "cache").rglob("*.so"))  # not the library of before
    yield library
    compiled_library.cache_clear()


@needs_compiler
def test_tiles(soft_tiles):
    if soft_tiles.vector_width != 16:
        pytest.skip("processors with tiles have vectors of 16, and this one has not")
    assert not soft_tiles.has_bfloat16
    for cell in HALF_CELLS:
        for lengths in FEW_STEPS.values():
            assert_half_laws(cell, lengths)
        assert_same_operands(cell, 32)
    assert_half_laws("lstm", FEW_STEPS["many rows"], size=96)
