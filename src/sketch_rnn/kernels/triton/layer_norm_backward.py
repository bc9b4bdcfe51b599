"""The derivative of a layer-normalised LSTM's sequence as a Triton kernel.

The derivative of a layer norm takes means over all units, too. A step has four phases: the sums of
the cell's norm; the gradients of the normalised gates, and the sums of theirs; the gradients of the
pre-activations; their product with the recurrent weight. The group waits after all but the last.
"""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.moments import (
    add_to_units,
    load_means,
    load_units,
    store_sums,
)
from sketch_rnn.kernels.triton.names import Gates, NormedLayer
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
from sketch_rnn.kernels.triton.products import output_gradients
from sketch_rnn.kernels.triton.steps import before_opening, output_gradient


@triton.jit(do_not_specialize=["first", "stop", "last_step", "base"])
def layer_norm_backward(
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
    norm,
    pairs,
    has_outputs: tl.constexpr,
    is_dropped: tl.constexpr,
    rows: tl.constexpr,
    units: tl.constexpr,
    blocks: tl.constexpr,
    depth: tl.constexpr,
    precision: tl.constexpr,
):
    """Runs the phases from `first` to before `stop`, four for each step from `last_step` down."""
    batch, size, stride = sizes
    first_unit = tl.program_id(0) * units
    first_row = tl.program_id(1) * rows
    pairs += 2 * first_row
    d_norm = norm.d_norm + tl.program_id(1) * 10 * size
    layer = NormedLayer(history, norm, pairs, batch)
    target = 0
    for phase in range(first, stop):
        step = last_step - phase // 4
        past = tl.load(steps + 4 * step + 1)
        if first_row < past:
            own = owned(tl.load(steps + 4 * step), first_row, first_unit, size, rows, units)
            at = first_rows(steps, step, batch, first_row)
            of_step = flow.d_gates + (at.before - base) * stride
            if phase % 4 == 0:
                sum_cell(layer, flow, d_norm, at, own, has_outputs)
            elif phase % 4 == 1:
                factors = load_factors(dropout, at, own, is_dropped)
                tiles = normal_gradients(layer, flow, factors, at, own, has_outputs, blocks)
                sum_gates(of_step, stride, tiles, layer, d_norm, at, own)
            elif phase % 4 == 2:
                of_past = owned(past, first_row, first_unit, size, rows, units)
                _store_gradients(of_step, stride, layer, flow, at, own, of_past, blocks)
            else:
                output_gradients(of_step, stride, recurrent_weight, flow, at, own, depth, precision)
            if (phase % 4 != 3) & (phase + 1 < stop):
                target += tl.num_programs(0)
                wait_for_group(counters + tl.program_id(1), target)


@triton.jit
def _normal(values, part, history, at, own):
    """The normalised values `(rows, units)` of a part, and 1 / sigma `(rows, 1)`."""
    is_row, is_tile = own.is_row, own.is_tile
    place = history.moments + at.packed * 10 + part * 2 + tl.arange(0, is_tile.shape[0]) * 10
    mean = tl.load(place, mask=is_row, other=0.0)[:, None]
    scale = tl.load(place + 1, mask=is_row, other=0.0)[:, None]
    return (values - mean) * scale, scale


@triton.jit
def _normal_gates(history, at, own):
    """The gates i, j, f, o normalised."""
    size = own.size
    gates = load_gates(history.gates + at.packed * 4 * size, 4 * size, own)
    write, _ = _normal(gates.write, 0, history, at, own)
    candidate, _ = _normal(gates.candidate, 1, history, at, own)
    keep, _ = _normal(gates.keep, 2, history, at, own)
    out, _ = _normal(gates.out, 3, history, at, own)
    return Gates(write, candidate, keep, out)


@triton.jit
def _shifted(normal, part, gain, shift, own):
    return normal * load_units(gain, part, own) + load_units(shift, part, own)


@triton.jit
def _through_output(history, flow, norm, at, own, has_outputs: tl.constexpr):
    """The output's gradient passed back to the cell's norm and to the output gate.

    Returns:
        The normalised cell, its 1 / sigma, the gradient of the cell scaled and shifted, and that
        of the opened gate.
    """
    size = own.size
    d_new = output_gradient(flow, at, own, has_outputs)
    normal, scale = _normal(
        load_tile(history.cells + at.after * size, size, own), 4, history, at, own
    )
    squashed = tanh(_shifted(normal, 0, norm.cell_gain, norm.cell_shift, own))
    gates = _normal_gates(history, at, own)
    out = sigmoid(_shifted(gates.out, 3, norm.gate_gain, norm.gate_shift, own))
    return normal, scale, d_new * out * (1.0 - squashed * squashed), d_new * squashed


@triton.jit
def sum_cell(layer, flow, d_norm, at, own, has_outputs: tl.constexpr):
    """Stores the sums of the cell's norm and adds to the gradients of its gain and shift."""
    history, norm, pairs, batch = layer.history, layer.norm, layer.pairs, layer.batch
    normal, _, d_shifted, _ = _through_output(history, flow, norm, at, own, has_outputs)
    add_to_units(d_norm, 8, d_shifted * normal, own)
    add_to_units(d_norm, 9, d_shifted, own)
    d_normal = d_shifted * load_units(norm.cell_gain, 0, own)
    store_sums(pairs, 4, batch, d_normal, d_normal * normal, own)


@triton.jit
def normal_gradients(
    layer, flow, factors, at, own, has_outputs: tl.constexpr, blocks: tl.constexpr
):
    """The gradients of the shifted gates; carries the cell's to the step before."""
    history, norm, pairs, batch = layer.history, layer.norm, layer.pairs, layer.batch
    size = own.size
    gain, shift = norm.gate_gain, norm.gate_shift
    normal, scale, d_shifted, d_out = _through_output(history, flow, norm, at, own, has_outputs)
    mean, projected = load_means(pairs, 4, batch, own, blocks)
    d_cell = flow.d_cell + at.row * size
    d_memory = (d_shifted * load_units(norm.cell_gain, 0, own) - mean - normal * projected) * scale
    d_memory += load_tile(d_cell, size, own)
    gates = _normal_gates(history, at, own)
    write = sigmoid(_shifted(gates.write, 0, gain, shift, own))
    candidate = tanh(_shifted(gates.candidate, 1, gain, shift, own))
    keep = sigmoid(_shifted(gates.keep, 2, gain, shift, own) + 1.0)
    out = sigmoid(_shifted(gates.out, 3, gain, shift, own))
    store_tile(d_cell, size, d_memory * keep, own)
    old = load_tile(history.cells + at.before * size, size, own)
    return before_opening(Gates(write, candidate, keep, out), d_memory, factors, old, d_out)


@triton.jit
def sum_gates(of_step, stride, tiles, layer, d_norm, at, own):
    """Stores the sums of the gates' norms and adds to the gradients of their gains and shifts."""
    history, norm, pairs, batch = layer.history, layer.norm, layer.pairs, layer.batch
    normals = _normal_gates(history, at, own)
    for gate in tl.static_range(4):
        add_to_units(d_norm, gate, tiles[gate] * normals[gate], own)
        add_to_units(d_norm, 4 + gate, tiles[gate], own)
        d_normal = tiles[gate] * load_units(norm.gate_gain, gate, own)
        store_sums(pairs, gate, batch, d_normal, d_normal * normals[gate], own)
    # They wait in the place of the pre-activations' gradients.
    store_gates(of_step, stride, tiles, own)


@triton.jit
def _store_gradients(of_step, stride, layer, flow, at, own, of_past, blocks: tl.constexpr):
    """Stores the gradients of the pre-activations and adds them to the context's."""
    tiles = gate_gradients(of_step, stride, layer, at, own, blocks)
    add_to_gates(flow.d_context + at.row * 4 * own.size, tiles, own)
    store_gates(of_step, stride, tiles, of_past)


@triton.jit
def gate_gradients(of_step, stride, layer, at, own, blocks: tl.constexpr):
    """The gradients of the pre-activations from those of the shifted gates."""
    history = layer.history
    size = own.size
    tiles = load_gates(of_step, stride, own)
    gates = load_gates(history.gates + at.packed * 4 * size, 4 * size, own)
    return Gates(
        _before_norm(tiles.write, gates.write, 0, layer, at, own, blocks),
        _before_norm(tiles.candidate, gates.candidate, 1, layer, at, own, blocks),
        _before_norm(tiles.keep, gates.keep, 2, layer, at, own, blocks),
        _before_norm(tiles.out, gates.out, 3, layer, at, own, blocks),
    )


@triton.jit
def _before_norm(tile, values, part, layer, at, own, blocks: tl.constexpr):
    """The gradient of a gate before its norm."""
    history, norm, pairs, batch = layer.history, layer.norm, layer.pairs, layer.batch
    normal, scale = _normal(values, part, history, at, own)
    mean, projected = load_means(pairs, part, batch, own, blocks)
    return (tile * load_units(norm.gate_gain, part, own) - mean - normal * projected) * scale
