"""Laws: every fast path of `unroll` computes what the plain one does, gradients included."""

from __future__ import annotations

import math

import pytest
import torch
from unroll_problems import LENGTHS, assert_as_plain, compiler, make_problem, needs_compiler

import sketch_rnn.kernels  # noqa: F401  (fills the table of backends)
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.backends import BACKENDS
from sketch_rnn.model.cells import cell_class

FUSED_CELLS = ("lstm", "layer_norm", "hyper")
# Each fast path with the numbers that it can compute with.
PATHS = (("eager", torch.float64), ("eager", torch.float32), ("native", torch.float32))
PATH_NAMES = [f"{backend} {dtype}".replace("torch.", "") for backend, dtype in PATHS]
OPTIONS = [{"dropped": False}, {"static": 0}, {"inputs": 9}, {"size": 80}]


@pytest.fixture(params=PATHS, ids=PATH_NAMES)
def path(request):
    """The name and number type of a fast path."""
    backend, dtype = request.param
    if backend == "native" and not compiler:
        pytest.skip("no C++ compiler to build the kernels with")
    return backend, dtype


@pytest.fixture
def use_threads():
    """Sets the number of threads for one test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_fast_is_plain(cell, lengths, path):
    backend, dtype = path
    problem = make_problem(cell, lengths, dtype=dtype)
    assert_as_plain(problem, backend)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_a_fast_backend_equals_the_plain_loop(cell, options, path):
    backend, dtype = path
    problem = make_problem(cell, dtype=dtype, **options)
    assert_as_plain(problem, backend)


# More threads than groups of rows: some share the columns of a group and wait for each other.
@pytest.mark.parametrize("threads", [1, 2, 5, 8, pytest.param(64, marks=pytest.mark.slow)])
@pytest.mark.parametrize("cell", FUSED_CELLS)
@needs_compiler
def test_threads_share_the_work(cell, threads, use_threads):
    problem = make_problem(cell, LENGTHS["many rows"], dtype=torch.float32, size=48)
    use_threads(threads)
    assert_as_plain(problem, "native")


@pytest.mark.parametrize("cell", ["lstm", "layer_norm"])  # the small cell of hyper is large
def test_gradients_are_derivatives(cell):
    problem = make_problem(cell, [1, 3], size=3, inputs=2, static=1)
    parameters = list(problem.cell.parameters())

    def outputs(*_):
        packed, state = problem.run("eager")
        return packed, *state

    assert torch.autograd.gradcheck(outputs, [*problem.leaves.values(), *parameters])


@pytest.mark.parametrize("part", ["outputs", "final 0", "final 1"])
@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_one_result_alone_has_its_gradient(cell, part, path):
    backend, dtype = path

    def gradients(problem, backend):
        packed, state = problem.run(backend)
        value = {"outputs": packed, "final 0": state[0], "final 1": state[1]}[part]
        weights = torch.linspace(-1, 1, value.numel(), dtype=value.dtype).view(value.shape)
        leaves = problem.leaves | dict(problem.cell.named_parameters())
        found = torch.autograd.grad((value * weights).sum(), list(leaves.values()))
        return dict(zip(leaves, found, strict=True))

    assert_as_plain(make_problem(cell, dtype=dtype), backend, gradients)


@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_inference_is_the_training_forward(cell, path):
    backend, dtype = path
    problem = make_problem(cell, dtype=dtype)
    packed, state = problem.run(backend)
    with torch.no_grad():
        inferred, inferred_state = problem.run(backend)
    assert torch.equal(packed, inferred)
    assert all(map(torch.equal, state, inferred_state))


@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_the_gradient_can_be_taken_twice(cell, path):
    backend, dtype = path
    problem = make_problem(cell, dtype=dtype)
    packed, _ = problem.run(backend)
    weight = problem.cell.recurrent_weight
    first = torch.autograd.grad(packed.sum(), weight, retain_graph=True)[0]
    assert torch.equal(torch.autograd.grad(packed.sum(), weight)[0], first)


@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_nan_is_not_hidden(cell, path):
    backend, dtype = path
    problem = make_problem(cell, dtype=dtype)
    with torch.no_grad():
        problem.leaves["inputs"][0, 0] = math.nan
        packed, _ = problem.run(backend)
    by_sequence = problem.packing.unpack(packed, 9)[problem.packing.order]
    assert by_sequence[0, :7].isnan().all()
    assert not by_sequence[1:].isnan().any()


@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_large_values_saturate(cell, path):
    backend, dtype = path
    problem = make_problem(cell, dtype=dtype)
    with torch.no_grad():
        problem.leaves["inputs"].mul_(1e4)
        problem.leaves["static"].mul_(1e4)
    packed, state = problem.run(backend)
    expected, expected_state = problem.run("plain")
    torch.testing.assert_close(packed, expected)
    torch.testing.assert_close(state, expected_state)


def test_a_result_that_was_changed_is_not_differentiated():
    problem = make_problem("lstm")
    packed, _ = problem.run("eager")
    with torch.no_grad():
        packed.zero_()
    with pytest.raises(RuntimeError, match=r"modified .*inplace"):
        packed.sum().backward()


def test_which_cells_a_backend_supports():
    eager, inputs = BACKENDS["eager"], torch.zeros(1, 5)
    cells = [cell_class(name)(5, 16) for name in FUSED_CELLS]
    assert all(eager.supports(cell, inputs) for cell in cells)
    assert not eager.supports(cells[0], inputs.to(torch.bfloat16))
    assert not eager.supports(cells[0].to("meta"), inputs.to("meta"))


def test_an_unknown_backend_is_refused():
    with pytest.raises(
        SketchRNNError, match=r"^backend: unknown 'nativ' \(did you mean 'native'\?\)$"
    ):
        make_problem("lstm").run("nativ")
