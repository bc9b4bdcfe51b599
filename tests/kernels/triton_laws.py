"""Laws of the Triton kernels, run by `test_triton.py` in Triton's interpreter, on the CPU.

The interpreter runs one program after the other, and a program that waited for a later one would
wait forever. `several_at_once` gives each program a process of its own instead.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import signal
import traceback

import pytest
import torch
from triton.runtime import interpreter
from unroll_problems import assert_same, make_problem

from sketch_rnn.kernels.triton.backend import TritonBackend
from sketch_rnn.kernels.triton.engine import TritonEngine
from sketch_rnn.kernels.triton.hyper_engine import TritonHyperEngine
from sketch_rnn.kernels.triton.launch import Grid
from sketch_rnn.model.cells import hyper

# One program a group, which runs all steps in one launch; two, the second of them not full; and
# several groups.
CASES = {
    "one program": {"lengths": [1, 3, 3, 2]},
    "two programs": {"lengths": [2, 1], "size": 20, "inputs": 9},
    "two groups": {"lengths": [2, *[1] * 17], "size": 5, "static": 0, "dropped": False},
}
# Units of a hyper cell's small cell, and depth of its factors, both smaller than they are: all in
# one program; divided, as the columns of a factor; more units than the large cell has.
INNER = {"one program": (13, 3), "two programs": (12, 18), "two groups": (20, 3)}
TOLERANCE = 2e-5
CELLS = ["lstm", "layer_norm", "hyper"]
# Those whose engine has another forward without a backward, and may get no gradient of the outputs.
ONE_LAYER = CELLS[:2]
SECONDS = 300


def problem_of(cell, case="one program", **options):
    with pytest.MonkeyPatch.context() as patch:
        inner, depth = INNER[case]
        patch.setattr(hyper, "HYPER_SIZE", inner)
        patch.setattr(hyper, "HYPER_EMBEDDING_SIZE", depth)
        return make_problem(cell, dtype=torch.float32, **(CASES[case] | options))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("cell", CELLS)
def test_triton_is_plain(cell, case):
    problem = problem_of(cell, case)
    assert_same(problem.results("triton"), problem.results("plain"), TOLERANCE)


@pytest.mark.parametrize("cell", ONE_LAYER)
def test_without_gradient_of_the_outputs(cell):
    def gradient(kernel):
        _, state = problem.run(kernel)
        leaves = problem.leaves | dict(problem.cell.named_parameters())
        total = sum((part * torch.linspace(-1, 1, part.shape[1])).sum() for part in state)
        gradients = torch.autograd.grad(total, list(leaves.values()))
        return dict(zip(leaves, gradients, strict=True))

    problem = problem_of(cell, lengths=[1, 2])
    assert_same(gradient("triton"), gradient("plain"), TOLERANCE)


def test_triton_is_plain_with_all_inner_units():
    problem = make_problem("hyper", [2, 1], dtype=torch.float32, size=24)
    assert_same(problem.results("triton"), problem.results("plain"), TOLERANCE)


@pytest.mark.parametrize("cell", ONE_LAYER)
def test_inference_is_the_training_forward(cell):
    problem = problem_of(cell, "two programs")
    packed, state = problem.run("triton")
    with torch.no_grad():
        inferred, inferred_state = problem.run("triton")
    assert torch.equal(packed, inferred)
    assert all(map(torch.equal, state, inferred_state))


@pytest.mark.parametrize("cell", CELLS)
def test_large_values_saturate_and_nan_stays_in_its_row(cell):
    problem = problem_of(cell, lengths=[2, 2, 1])
    with torch.no_grad():
        problem.leaves["inputs"].mul_(1e4)
        problem.leaves["inputs"][1] = math.nan
        packed, state = problem.run("triton")
        expected, expected_state = problem.run("plain")
    assert packed.isnan().any(dim=1).tolist() == [False, True, False, False, True]
    torch.testing.assert_close(packed, expected, equal_nan=True)
    torch.testing.assert_close(state, expected_state, equal_nan=True)


def each(values):
    """Yields the tensors among arguments, those in tuples included."""
    for value in values:
        yield from each(value) if isinstance(value, tuple) else [value]


class Turns:
    """Lets one program run at a time, as far as it comes without waiting for the others."""

    def __init__(self, count):
        self.signals = [multiprocessing.get_context("fork").Semaphore(0) for _ in range(count)]
        self.is_over = torch.zeros(count, dtype=torch.bool).share_memory_()
        self.has_failed = torch.zeros(1, dtype=torch.bool).share_memory_()
        self.signals[0].release()

    def begin(self, number):
        self.signals[number].acquire()
        if self.has_failed:
            raise RuntimeError("another program has failed, and will not come")

    def pass_on(self, number):
        """Lets the next program run that is not over."""
        count = len(self.signals)
        others = [(number + step) % count for step in range(1, count + 1)]
        for other in others:
            if not self.is_over[other]:
                self.signals[other].release()
                return

    def end(self, number):
        self.is_over[number] = True
        self.pass_on(number)


def run_program(executor, grid, place, arguments, turns, number):
    """Runs one program of a kernel, in turns with the others."""
    builder = interpreter.interpreter_builder
    set_dim, set_idx = builder.set_grid_dim, builder.set_grid_idx
    builder.set_grid_dim = lambda *_: set_dim(*grid, 1)
    builder.set_grid_idx = lambda *_: set_idx(*place, 0)
    change = builder.create_atomic_rmw

    def change_or_look(operation, pointer, value, *rest):
        # To add nothing is to look whether the others have arrived.
        if not value.data.any():
            turns.pass_on(number)
            turns.begin(number)
        return change(operation, pointer, value, *rest)

    builder.create_atomic_rmw = change_or_look
    executor.grid = (1, 1)
    # It would copy every array onto itself, while others write.
    executor._restore_args_dev = lambda *_: None
    turns.begin(number)
    original_call(executor, **arguments)
    turns.end(number)


original_call = interpreter.GridExecutor.__call__


@pytest.fixture
def several_at_once(monkeypatch):
    """Runs the programs of every launch as processes that share their arrays."""
    launches = []

    def call(executor, **arguments):
        for value in each(arguments.values()):
            if isinstance(value, torch.Tensor):
                value.share_memory_()
        grid = executor.grid
        places = list(itertools.product(*map(range, grid)))
        turns, children = Turns(len(places)), []
        for number, place in enumerate(places):
            child = os.fork()
            if not child:
                signal.alarm(SECONDS)
                try:
                    run_program(executor, grid, place, arguments, turns, number)
                    os._exit(0)
                except BaseException:
                    traceback.print_exc()
                    turns.has_failed[:] = True
                    turns.end(number)
                    os._exit(1)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)
        launches.append((grid, arguments["first"], arguments["stop"]))

    monkeypatch.setattr(interpreter.GridExecutor, "__call__", call)
    return launches


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize(
    ("cell", "phases"), [("lstm", (1, 2)), ("layer_norm", (3, 4)), ("hyper", (7, 8))]
)
def test_programs_wait_for_each_other(cell, phases, several_at_once, monkeypatch):
    for name, engine in (("engine", TritonEngine), ("hyper_engine", TritonHyperEngine)):
        monkeypatch.setattr(TritonBackend, name, lambda *_, made=engine: made(num_processors=4))
    lengths = [3 if cell == "lstm" else 2, 2, *[1] * 15]
    problem = problem_of(cell, "two programs", lengths=lengths)
    ours = problem.results("triton")
    # Two groups of two programs, all steps in one launch.
    assert several_at_once == [((2, 2), 0, max(lengths) * count) for count in phases]
    assert_same(ours, problem.results("plain"), TOLERANCE)


def test_which_programs_run_at_once():
    # A default decoder and encoder, 100 sketches, on an H100: 4 groups of 32 and of 16.
    assert Grid.of(100, 512, 132) == Grid(rows=32, unit_blocks=32, row_blocks=4, at_once=True)
    assert Grid.of(100, 256, 132) == Grid(rows=16, unit_blocks=16, row_blocks=7, at_once=True)
    assert Grid.of(1000, 512, 132) == Grid(rows=32, unit_blocks=32, row_blocks=32, at_once=False)
    assert Grid.of(100, 16, 1) == Grid(rows=16, unit_blocks=1, row_blocks=7, at_once=True)
    assert not Grid.of(100, 17, 1).at_once
