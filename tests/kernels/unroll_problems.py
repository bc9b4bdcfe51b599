"""A cell over a ragged batch, to run by one path and by another."""

from __future__ import annotations

import shutil
from copy import deepcopy
from dataclasses import dataclass, replace

import pytest
import torch

from sketch_rnn.kernels.native.build import COMPILERS
from sketch_rnn.model.cells import cell_class
from sketch_rnn.model.dropout import Dropout, draw_dropout
from sketch_rnn.model.packing import Packing
from sketch_rnn.model.unroll import unroll

compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
needs_compiler = pytest.mark.skipif(
    not compiler, reason="no C++ compiler to build the kernels with"
)
# Some float32 units in the last place, for problems where the plain loop is exact by chance.
ROUNDING_FLOOR = 2e-6
LENGTHS = {
    "ragged": [3, 1, 7, 7, 2],
    "equal": [4, 4, 4],
    "one step": [1, 1],
    "one sequence": [5],
    "many rows": [60, 20, 1, 7, 2] * 15,
}


@dataclass
class Problem:
    """A cell, a ragged batch and everything that enters `unroll`."""

    cell: torch.nn.Module
    packing: Packing
    leaves: dict[str, torch.Tensor]
    dropout: Dropout | None

    def run(self, backend):
        leaves = self.leaves
        context = self.cell.context(leaves.get("static"), len(self.packing.order))
        state = tuple(leaves[f"state {part}"] for part in range(len(self.cell.state_sizes)))
        inputs, packing = leaves["inputs"], self.packing
        return unroll(self.cell, inputs, packing, context, state, self.dropout, backend)

    def in_float64(self):
        """The same problem, its values in float64."""
        leaves = {
            name: leaf.detach().double().requires_grad_() for name, leaf in self.leaves.items()
        }
        return replace(self, cell=deepcopy(self.cell).double(), leaves=leaves)

    def results(self, backend):
        """Every output, and the gradient of a random sum of them by every leaf."""
        outputs, state = self.run(backend)
        values = {"outputs": outputs} | {f"final {n}": part for n, part in enumerate(state)}
        generator = torch.Generator().manual_seed(5)
        total = sum(
            (value * torch.randn(value.shape, generator=generator).to(value)).sum()
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
    cell = cell_class(cell_name)(inputs + static, size)
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


def assert_as_plain(problem, backend, results=Problem.results):
    """Checks a backend's results against the plain loop's in float64.

    In float64 the two agree to 1e-10. In float32 each has errors of its own: rounding grows in the
    chain of products, differently for each order of sums. The worst of these problems were seen
    to be off by 3 times what the plain loop is off (hyper cells, 75 sequences), or by half of it.
    """
    exact = results(problem.in_float64(), "plain")

    def worst_error(backend):
        errors = {
            name: ((value - exact[name]).abs().max() / (1 + exact[name].abs().max())).item()
            for name, value in results(problem, backend).items()
        }
        name = max(errors, key=errors.get)
        return errors[name], name

    is_exact = problem.leaves["inputs"].dtype == torch.float64
    allowed = 1e-10 if is_exact else max(10 * worst_error("plain")[0], ROUNDING_FLOOR)
    error, name = worst_error(backend)
    assert error <= allowed, f"{name}: off by {error:.2g}, allowed {allowed:.2g}"


def assert_same(ours, theirs, tolerance):
    for name, expected in theirs.items():
        allowed = tolerance * (1 + expected.abs().max().item())
        error = (ours[name] - expected).abs().max().item()
        assert error <= allowed, f"{name}: differs by {error:.2g}, allowed {allowed:.2g}"
