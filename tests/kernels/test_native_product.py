"""The law of the compiled large product: the float64 sum, in any shape and order of memory."""

from __future__ import annotations

import pytest
import torch
from unroll_problems import needs_compiler

from sketch_rnn.kernels.native.build import compiled_library

# Rows, height and width: one element, whole panels, remainders of panels, tiles and blocks.
SHAPES = [(1, 1, 1), (33, 7, 70), (512, 16, 64), (1100, 48, 200), (513, 5, 123)]

pytestmark = needs_compiler


@pytest.fixture(params=[1, 2, 5])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def operands(rows, height, width, dtype):
    generator = torch.Generator().manual_seed(rows)
    shapes = (height, width), (rows, height), (rows, width + 16)
    total, left, right = (torch.randn(shape, generator=generator) for shape in shapes)
    return total, left.to(dtype), right.to(dtype)[:, :width]


@pytest.mark.parametrize("is_transposed", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_adds_the_product(shape, dtype, is_transposed, threads):
    total, left, right = operands(*shape, dtype)
    if is_transposed:
        total = total.t().contiguous().t()
    expected = total.double() + left.double().t() @ right.double()
    compiled_library("on", may_compile=True).add_product(total, left, right)
    # Each sum of n terms rounds n times, by half a unit in the last place of its largest part.
    largest = total.double().abs() + left.double().abs().t() @ right.double().abs()
    assert ((total - expected).abs() <= 2**-24 * len(left) ** 0.5 * 4 * largest).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_threads_do_not_change_a_bit(dtype):
    before, results = torch.get_num_threads(), []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        total, left, right = operands(1100, 48, 200, dtype)
        compiled_library("on", may_compile=True).add_product(total, left, right)
        results.append(total)
    torch.set_num_threads(before)
    assert torch.equal(*results)
