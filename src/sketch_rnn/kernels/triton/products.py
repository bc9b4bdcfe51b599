"""Products of a program's rows with weights, forwards and backwards."""

from __future__ import annotations

import triton
import triton.language as tl

from sketch_rnn.kernels.triton.names import Gates
from sketch_rnn.kernels.triton.primitives import load_gates, store_tile


@triton.jit
def product(
    total,
    left,
    left_stride,
    is_row,
    right,
    depth_stride,
    column_stride,
    is_column,
    length,
    depth: tl.constexpr,
    precision: tl.constexpr,
):
    """`total` `(rows, columns)` plus `left` `(rows, length)` times `right`.

    Args:
        total: what to add to.
        left: its first row; it may have been written by other programs.
        left_stride: between rows.
        is_row: which rows exist.
        right: its first row and column.
        depth_stride: between its rows.
        column_stride: between its columns.
        is_column: which columns exist.
        length: how many products each sum has.
        depth: how much of `length` is held at once, at least 16.
        precision: `ieee` for float32 products.
    """
    row = tl.arange(0, total.shape[0])
    column = tl.arange(0, total.shape[1])
    for start in range(0, length, depth):
        place = start + tl.arange(0, depth)
        is_place = place < length
        ours = tl.load(
            left + row[:, None] * left_stride + place[None, :],
            mask=is_row[:, None] & is_place[None, :],
            other=0.0,
            cache_modifier=".cg",
        )
        theirs = tl.load(
            right + place[:, None] * depth_stride + column[None, :] * column_stride,
            mask=is_place[:, None] & is_column[None, :],
            other=0.0,
        )
        total = tl.dot(ours, theirs, total, input_precision=precision)
    return total


@triton.jit
def gate_product(
    total, left, stride, weight, length, own, depth: tl.constexpr, precision: tl.constexpr
):
    """`total` `(rows, 4 * units)` plus `left` times the weight of a program's gates.

    Args:
        total: what to add to, the gates of a unit side by side.
        left: `(rows, length)`, in rows `stride` apart.
        stride: see there.
        weight: `(length, H, 4)`.
        length: see `product`.
        own: see `names`.
        depth: see `product`.
        precision: see `product`.
    """
    is_row, is_tile, first_unit, size = own.is_row, own.is_tile, own.first_unit, own.size
    wide = 4 * size
    first = 4 * first_unit
    is_column = first + tl.arange(0, 4 * is_tile.shape[1]) < wide
    right = weight + first
    return product(total, left, stride, is_row, right, wide, 1, is_column, length, depth, precision)


@triton.jit
def no_gates(own):
    """Zeros `(rows, 4 * units)` to accumulate products in."""
    is_tile = own.is_tile
    return tl.zeros((is_tile.shape[0], 4 * is_tile.shape[1]), tl.float32)


@triton.jit
def split_gates(total):
    """The gates i, j, f, o `(rows, units)` of what `gate_product` returned."""
    rows: tl.constexpr = total.shape[0]
    units: tl.constexpr = total.shape[1] // 4
    even, odd = tl.split(tl.reshape(total, (rows, units, 2, 2)))
    write, keep = tl.split(even)
    candidate, out = tl.split(odd)
    return Gates(write, candidate, keep, out)


@triton.jit
def with_inputs(total, operands, at, own, width, precision: tl.constexpr):
    """The gates i, j, f, o of `total`, the input's part and the context added."""
    wide = 4 * own.size
    left = operands.inputs + at.packed * width
    total = gate_product(total, left, width, operands.input_weight, width, own, 16, precision)
    write, candidate, keep, out = split_gates(total)
    static = load_gates(operands.context + at.row * wide, wide, own)
    return Gates(
        write + static.write,
        candidate + static.candidate,
        keep + static.keep,
        out + static.out,
    )


@triton.jit
def pre_activations(
    operands, hiddens, stride, at, own, width, depth: tl.constexpr, precision: tl.constexpr
):
    """The gates i, j, f, o `(rows, units)` of a step before they are opened.

    Args:
        operands: inputs `(P, D)`, their weight `(D, H, 4)`, the context `(B, 4H)` and the recurrent
            weight `(stride, H, 4)`.
        hiddens: `(B + P, stride)`.
        stride: H, or more where the outputs of another cell enter, too.
        at: see `names`.
        own: see `names`.
        width: D.
        depth: see `product`.
        precision: see `product`.
    """
    left = hiddens + at.before * stride
    weight = operands.recurrent_weight
    total = gate_product(no_gates(own), left, stride, weight, stride, own, depth, precision)
    return with_inputs(total, operands, at, own, width, precision)


@triton.jit
def transposed_product(
    total, left, stride, weight, length, own, depth: tl.constexpr, precision: tl.constexpr
):
    """`total` `(rows, units)` plus `left` times the transpose of a program's rows.

    Args:
        total: what to add to.
        left: `(rows, length)`, in rows `stride` apart.
        stride: see there.
        weight: `(H, length)`.
        length: see `product`.
        own: see `names`.
        depth: see `product`.
        precision: see `product`.
    """
    is_row, is_tile, first_unit, size = own.is_row, own.is_tile, own.first_unit, own.size
    is_column = first_unit + tl.arange(0, is_tile.shape[1]) < size
    right = weight + first_unit * length
    return product(
        total, left, stride, is_row, right, 1, length, is_column, length, depth, precision
    )


@triton.jit
def output_gradients(
    d_gates, stride, recurrent_weight, flow, at, own, depth: tl.constexpr, precision: tl.constexpr
):
    """Stores the gradient of the outputs that entered a step, from that of its gates.

    Args:
        d_gates: `(rows, 4H)`, in rows `stride` apart.
        stride: see there.
        recurrent_weight: `(H, 4H)`.
        flow: see `names`; its `d_hidden` is overwritten.
        at: see `names`.
        own: see `names`.
        depth: see `product`.
        precision: see `product`.
    """
    wide = 4 * own.size
    total = tl.zeros(own.is_tile.shape, tl.float32)
    total = transposed_product(
        total, d_gates, stride, recurrent_weight, wide, own, depth, precision
    )
    store_tile(flow.d_hidden + at.row * flow.stride, flow.stride, total, own)
    # The group does not wait here, but other threads of a program load next what one stored.
    tl.debug_barrier()
