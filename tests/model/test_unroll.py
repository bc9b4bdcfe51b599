"""Laws: every fast path of `unroll` computes what the plain one does, gradients included."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass

import pytest
import torch

from sketch_rnn.model.cells import CELLS
from sketch_rnn.model.dropout import Dropout, draw_dropout
from sketch_rnn.model.kernels import is_fused
from sketch_rnn.model.kernels.build import COMPILERS
from sketch_rnn.model.packing import Packing
from sketch_rnn.model.unroll import unroll

FUSED_CELLS = ("lstm", "layer_norm", "hyper")
# Each fast path with the numbers that it can compute with.
PATHS = (("fused", torch.float64), ("fused", torch.float32), ("compiled", torch.float32))
PATH_NAMES = [f"{kernel} {dtype}".replace("torch.", "") for kernel, dtype in PATHS]
LENGTHS = {
    "ragged": [3, 1, 7, 7, 2],
    "equal": [4, 4, 4],
    "one step": [1, 1],
    "one sequence": [5],
    "many rows": [60, 20, 1, 7, 2] * 15,
}
OPTIONS = [{"dropped": False}, {"static": 0}, {"inputs": 9}, {"size": 80}]
TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-10}


def tolerance(cell, dtype):
    """Returns what is allowed; rounding grows in the chain of products of a hyper cell."""
    return TOLERANCE[dtype] * (5 if cell == "hyper" and dtype == torch.float32 else 1)


has_compiler = any(map(shutil.which, COMPILERS))


@dataclass
class Problem:
    """A cell, a ragged batch and everything that enters `unroll`."""

    cell: torch.nn.Module
    packing: Packing
    leaves: dict[str, torch.Tensor]
    dropout: Dropout | None

    def run(self, kernel):
        self.cell.kernel = kernel
        leaves = self.leaves
        context = self.cell.context(leaves.get("static"), len(self.packing.order))
        state = tuple(leaves[f"state {part}"] for part in range(len(self.cell.state_sizes)))
        return unroll(self.cell, leaves["inputs"], self.packing, context, state, self.dropout)

    def results(self, kernel):
        """Returns every output, and the gradient of a random sum of them by every leaf."""
        outputs, state = self.run(kernel)
        values = {"outputs": outputs} | {f"final {n}": part for n, part in enumerate(state)}
        generator = torch.Generator().manual_seed(5)
        total = sum(
            (value * torch.randn(value.shape, generator=generator, dtype=value.dtype)).sum()
            for value in values.values()
        )
        leaves = self.leaves | dict(self.cell.named_parameters())
        gradients = torch.autograd.grad(total, list(leaves.values()))
        return values | {f"grad {name}": g for name, g in zip(leaves, gradients, strict=True)}


def make_problem(
    cell_name,
    lengths=LENGTHS["ragged"],
    *,
    dtype=torch.float64,
    static=3,
    dropped=True,
    inputs=5,
    size=16,
):
    generator = torch.Generator().manual_seed(1)
    cell = CELLS[cell_name](inputs + static, size)
    cell.reset_parameters(generator)
    with torch.no_grad():
        for value in cell.parameters():
            noise = torch.randn(value.shape, generator=generator)
            value.add_(1.2 * size**-0.5 * noise)
    lengths = torch.tensor(lengths)
    batch, rows = len(lengths), int(lengths.sum())
    shapes = {"inputs": (rows, inputs)}
    shapes |= {f"state {n}": (batch, width) for n, width in enumerate(cell.state_sizes)}
    if static:
        shapes["static"] = (batch, static)
    leaves = {
        name: torch.randn(shape, generator=generator).to(dtype).requires_grad_()
        for name, shape in shapes.items()
    }
    dropout = draw_dropout((rows, size), 0.8, generator) if dropped else None
    packing = Packing.of(lengths, int(lengths.max()) + 2)
    return Problem(cell.to(dtype), packing, leaves, dropout)


def assert_same(ours, theirs, tolerance):
    for name, expected in theirs.items():
        allowed = tolerance * (1 + expected.abs().max().item())
        error = (ours[name] - expected).abs().max().item()
        assert error <= allowed, f"{name}: differs by {error:.2g}, allowed {allowed:.2g}"


@pytest.fixture(params=PATHS, ids=PATH_NAMES)
def path(request):
    """Returns the name and number type of a fast path."""
    kernel, dtype = request.param
    if kernel == "compiled" and not has_compiler:
        pytest.skip("no C++ compiler to build the kernels with")
    return kernel, dtype


@pytest.fixture
def use_threads():
    """Sets the number of threads for one test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_fast_is_plain(cell, lengths, path):
    kernel, dtype = path
    problem = make_problem(cell, lengths, dtype=dtype)
    assert_same(problem.results(kernel), problem.results("plain"), tolerance(cell, dtype))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_fast_is_plain_whatever_enters(cell, options, path):
    kernel, dtype = path
    problem = make_problem(cell, dtype=dtype, **options)
    assert_same(problem.results(kernel), problem.results("plain"), tolerance(cell, dtype))


# More threads than groups of rows: some share the columns of a group and wait for each other.
@pytest.mark.parametrize("threads", [1, 2, 5, 8])
@pytest.mark.parametrize("cell", FUSED_CELLS)
@pytest.mark.skipif(not has_compiler, reason="no C++ compiler to build the kernels with")
def test_threads_share_the_work(cell, threads, use_threads):
    problem = make_problem(cell, LENGTHS["many rows"], dtype=torch.float32, size=48)
    use_threads(threads)
    assert_same(
        problem.results("compiled"), problem.results("plain"), tolerance(cell, torch.float32)
    )


@pytest.mark.parametrize("cell", ["lstm", "layer_norm"])  # the small cell of hyper is large
def test_gradients_are_derivatives(cell):
    problem = make_problem(cell, [1, 3], size=3, inputs=2, static=1)
    parameters = list(problem.cell.parameters())

    def outputs(*_):
        packed, state = problem.run("fused")
        return packed, *state

    assert torch.autograd.gradcheck(outputs, [*problem.leaves.values(), *parameters])


@pytest.mark.parametrize("part", ["outputs", "final 0", "final 1"])
@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_one_result_alone_has_its_gradient(cell, part, path):
    kernel, dtype = path

    def gradient(kernel):
        packed, state = problem.run(kernel)
        value = {"outputs": packed, "final 0": state[0], "final 1": state[1]}[part]
        weights = torch.linspace(-1, 1, value.numel(), dtype=value.dtype).view(value.shape)
        leaves = problem.leaves | dict(problem.cell.named_parameters())
        gradients = torch.autograd.grad((value * weights).sum(), list(leaves.values()))
        return dict(zip(leaves, gradients, strict=True))

    problem = make_problem(cell, dtype=dtype)
    assert_same(gradient(kernel), gradient("plain"), tolerance(cell, dtype))


@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_inference_is_the_training_forward(cell, path):
    kernel, dtype = path
    problem = make_problem(cell, dtype=dtype)
    packed, state = problem.run(kernel)
    with torch.no_grad():
        inferred, inferred_state = problem.run(kernel)
    assert torch.equal(packed, inferred)
    assert all(map(torch.equal, state, inferred_state))


@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_the_gradient_can_be_taken_twice(cell, path):
    kernel, dtype = path
    problem = make_problem(cell, dtype=dtype)
    packed, _ = problem.run(kernel)
    weight = problem.cell.recurrent_weight
    first = torch.autograd.grad(packed.sum(), weight, retain_graph=True)[0]
    assert torch.equal(torch.autograd.grad(packed.sum(), weight)[0], first)


@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_what_is_not_a_number_is_not_hidden(cell, path):
    kernel, dtype = path
    problem = make_problem(cell, dtype=dtype)
    with torch.no_grad():
        problem.leaves["inputs"][0, 0] = math.nan
        packed, _ = problem.run(kernel)
    by_sequence = problem.packing.unpack(packed, 9)[problem.packing.order]
    assert by_sequence[0, :7].isnan().all()
    assert not by_sequence[1:].isnan().any()


@pytest.mark.parametrize("cell", FUSED_CELLS)
def test_large_values_saturate(cell, path):
    kernel, dtype = path
    problem = make_problem(cell, dtype=dtype)
    with torch.no_grad():
        problem.leaves["inputs"].mul_(1e4)
        problem.leaves["static"].mul_(1e4)
    packed, state = problem.run(kernel)
    expected, expected_state = problem.run("plain")
    torch.testing.assert_close(packed, expected)
    torch.testing.assert_close(state, expected_state)


def test_a_result_that_was_changed_is_not_differentiated():
    problem = make_problem("lstm")
    packed, _ = problem.run("fused")
    with torch.no_grad():
        packed.zero_()
    with pytest.raises(RuntimeError, match=r"modified .*inplace"):
        packed.sum().backward()


def test_which_cells_have_a_fast_path():
    inputs = torch.zeros(1, 5)
    cells = {name: CELLS[name](5, 16) for name in CELLS}
    assert {name: is_fused(cell, inputs) for name, cell in cells.items()} == {
        "lstm": True,
        "layer_norm": True,
        "hyper": True,
    }
    assert not is_fused(cells["lstm"], inputs.to(torch.bfloat16))
    assert not is_fused(cells["lstm"], inputs.to("meta"))
