"""A cell over a ragged batch, to run by one path and by another."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import pytest
import torch

from sketch_rnn.model.cells import CELLS
from sketch_rnn.model.dropout import Dropout, draw_dropout
from sketch_rnn.model.kernels.build import COMPILERS
from sketch_rnn.model.packing import Packing
from sketch_rnn.model.unroll import unroll

compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
needs_compiler = pytest.mark.skipif(
    not compiler, reason="no C++ compiler to build the kernels with"
)
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
