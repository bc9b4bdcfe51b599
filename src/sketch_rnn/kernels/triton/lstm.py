"""The sequence of an LSTM as two Triton kernels.

A step has one phase forwards, after which the group waits: its outputs enter the products of the
next. Backwards it has two: the gradients of the gates, after which the group waits, and their
product with the recurrent weight, which each program alone reads.
"""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.names import Gates
from sketch_rnn.kernels.triton.primitives import (
    add_to_gates,
    first_rows,
    load_factors,
    load_gates,
    load_tile,
    owned,
    sigmoid,
    store_gates,
    store_tile,
    tanh,
    wait_for_group,
)
from sketch_rnn.kernels.triton.products import output_gradients, pre_activations
from sketch_rnn.kernels.triton.steps import before_opening, output_gradient, places_of_step


@triton.jit(do_not_specialize=["first", "stop"])
def lstm_forward(
    steps,
    counters,
    first,
    stop,
    sizes,
    operands,
    dropout,
    history,
    is_kept: tl.constexpr,
    is_dropped: tl.constexpr,
    rows: tl.constexpr,
    units: tl.constexpr,
    depth: tl.constexpr,
    precision: tl.constexpr,
):
    """Runs the steps from `first` to before `stop`; for the arguments see `launch.py`."""
    batch, size, width = sizes
    first_unit = tl.program_id(0) * units
    first_row = tl.program_id(1) * rows
    target = 0
    for step in range(first, stop):
        running = tl.load(steps + 4 * step)
        if first_row < running:
            own = owned(running, first_row, first_unit, size, rows, units)
            at = first_rows(steps, step, batch, first_row)
            gates = pre_activations(
                operands, history.hiddens, size, at, own, width, depth, precision
            )
            factors = load_factors(dropout, at, own, is_dropped)
            _update(gates, factors, history, at, own, is_kept)
            if step + 1 < stop:
                target += tl.num_programs(0)
                wait_for_group(counters + tl.program_id(1), target)


@triton.jit
def _update(gates, factors, history, at, own, is_kept: tl.constexpr):
    """Stores the cell and the output after a step, and the opened gates if they are kept."""
    size = own.size
    places = places_of_step(history, at, size, size, is_kept)
    write = sigmoid(gates.write)
    candidate = tanh(gates.candidate)
    keep = sigmoid(gates.keep + 1.0)
    out = sigmoid(gates.out)
    if is_kept:
        store_gates(places.gates, 4 * size, Gates(write, candidate, keep, out), own)
    new = load_tile(places.old_cells, size, own) * keep + write * (candidate * factors)
    store_tile(places.new_cells, size, new, own)
    store_tile(places.outputs, size, tanh(new) * out, own)


@triton.jit(do_not_specialize=["first", "stop", "last_step", "base"])
def lstm_backward(
    steps,
    counters,
    first,
    stop,
    last_step,
    base,
    sizes,
    recurrent_weight,
    dropout,
    history,
    flow,
    has_outputs: tl.constexpr,
    is_dropped: tl.constexpr,
    rows: tl.constexpr,
    units: tl.constexpr,
    depth: tl.constexpr,
    precision: tl.constexpr,
):
    """Runs the phases from `first` to before `stop`, two for each step from `last_step` down."""
    batch, size, stride = sizes
    first_unit = tl.program_id(0) * units
    first_row = tl.program_id(1) * rows
    target = 0
    for phase in range(first, stop):
        step = last_step - phase // 2
        past = tl.load(steps + 4 * step + 1)
        if first_row < past:
            own = owned(tl.load(steps + 4 * step), first_row, first_unit, size, rows, units)
            at = first_rows(steps, step, batch, first_row)
            of_step = flow.d_gates + (at.before - base) * stride
            if phase % 2 == 0:
                factors = load_factors(dropout, at, own, is_dropped)
                tiles = _gate_gradients(history, flow, factors, at, own, has_outputs)
                add_to_gates(flow.d_context + at.row * 4 * size, tiles, own)
                # Of sequences that have ended everything loaded is zero, and so are these.
                of_past = owned(past, first_row, first_unit, size, rows, units)
                store_gates(of_step, stride, tiles, of_past)
                if phase + 1 < stop:
                    target += tl.num_programs(0)
                    wait_for_group(counters + tl.program_id(1), target)
            else:
                output_gradients(of_step, stride, recurrent_weight, flow, at, own, depth, precision)


@triton.jit
def _gate_gradients(history, flow, factors, at, own, has_outputs: tl.constexpr):
    """The gradients of a step's pre-activations; carries the cell's to the step before."""
    size = own.size
    opened = load_gates(history.gates + at.packed * 4 * size, 4 * size, own)
    squashed = tanh(load_tile(history.cells + at.after * size, size, own))
    d_new = output_gradient(flow, at, own, has_outputs)
    d_cell = flow.d_cell + at.row * size
    d_memory = load_tile(d_cell, size, own) + d_new * opened.out * (1.0 - squashed * squashed)
    store_tile(d_cell, size, d_memory * opened.keep, own)
    old = load_tile(history.cells + at.before * size, size, own)
    return before_opening(opened, d_memory, factors, old, d_new * squashed)
