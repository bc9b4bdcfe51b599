"""The forward sequence of a layer-normalised LSTM as a Triton kernel.

Layer norm takes the mean over all units of a sequence, so a step has three phases, and the group
waits after each: the products, with the moments of the gates; the new cells, with theirs; the
outputs.
"""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.moments import load_moments, load_units, store_moments
from sketch_rnn.kernels.triton.primitives import (
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
from sketch_rnn.kernels.triton.products import pre_activations
from sketch_rnn.kernels.triton.steps import places_of_step


@triton.jit(do_not_specialize=["first", "stop"])
def layer_norm_forward(
    steps,
    counters,
    first,
    stop,
    sizes,
    operands,
    dropout,
    history,
    norm,
    pairs,
    is_kept: tl.constexpr,
    is_dropped: tl.constexpr,
    rows: tl.constexpr,
    units: tl.constexpr,
    blocks: tl.constexpr,
    depth: tl.constexpr,
    precision: tl.constexpr,
):
    """Runs the phases from `first` to before `stop`, three a step; see `launch.py`."""
    batch, size, width = sizes
    first_unit = tl.program_id(0) * units
    first_row = tl.program_id(1) * rows
    pairs += 2 * first_row
    target = 0
    for phase in range(first, stop):
        step = phase // 3
        running = tl.load(steps + 4 * step)
        if first_row < running:
            own = owned(running, first_row, first_unit, size, rows, units)
            at = first_rows(steps, step, batch, first_row)
            places = places_of_step(history, at, size, size, is_kept)
            if phase % 3 == 0:
                gates = pre_activations(
                    operands, history.hiddens, size, at, own, width, depth, precision
                )
                store_normed_gates(places, gates, pairs, batch, own)
            elif phase % 3 == 1:
                factors = load_factors(dropout, at, own, is_dropped)
                update(places, norm, factors, pairs, batch, own, blocks)
            else:
                squash(places, norm, pairs, batch, own, blocks)
            if phase + 1 < stop:
                target += tl.num_programs(0)
                wait_for_group(counters + tl.program_id(1), target)


@triton.jit
def store_normed_gates(places, gates, pairs, batch, own):
    """Stores the gates i, j, f, o of a step and their moments."""
    store_gates(places.gates, 4 * own.size, gates, own)
    for gate in tl.static_range(4):
        store_moments(pairs, gate, batch, gates[gate], own)


@triton.jit
def update(places, norm, factors, pairs, batch, own, blocks: tl.constexpr):
    """Stores the cells after a step and their moments."""
    size = own.size
    gates = load_gates(places.gates, 4 * size, own)
    write = sigmoid(_normalised(gates.write, pairs, 0, batch, norm, own, blocks))
    candidate = tanh(_normalised(gates.candidate, pairs, 1, batch, norm, own, blocks))
    keep = _normalised(gates.keep, pairs, 2, batch, norm, own, blocks)
    out = sigmoid(_normalised(gates.out, pairs, 3, batch, norm, own, blocks))
    new = load_tile(places.old_cells, size, own) * sigmoid(keep + 1.0) + write * (
        candidate * factors
    )
    store_tile(places.new_cells, size, new, own)
    store_moments(pairs, 4, batch, new, own)
    # The opened gate waits in the place of the output.
    store_tile(places.outputs, places.stride, out, own)


@triton.jit
def squash(places, norm, pairs, batch, own, blocks: tl.constexpr):
    """Stores the outputs of a step."""
    # The cell's norm is the fifth of the pairs, and the first of its own parameters.
    mean, scale = load_moments(pairs, 4, batch, norm.epsilon, own, blocks)
    normal = (load_tile(places.new_cells, own.size, own) - mean[:, None]) * scale[:, None]
    shifted = normal * load_units(norm.cell_gain, 0, own) + load_units(norm.cell_shift, 0, own)
    out = load_tile(places.outputs, places.stride, own)
    store_tile(places.outputs, places.stride, tanh(shifted) * out, own)


@triton.jit
def _normalised(values, pairs, part, batch, norm, own, blocks: tl.constexpr):
    """A gate `(rows, units)` normalised over all units, scaled and shifted."""
    mean, scale = load_moments(pairs, part, batch, norm.epsilon, own, blocks)
    normal = (values - mean[:, None]) * scale[:, None]
    return normal * load_units(norm.gate_gain, part, own) + load_units(norm.gate_shift, part, own)
