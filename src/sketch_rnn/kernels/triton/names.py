"""Names for the tuples that go into the kernels and from function to function.

Triton passes a NamedTuple on as a tuple with names, so they cost nothing in the compiled code. It
does not tell two of them apart when their types agree: give a function always the same one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# Pointers and numbers are tensors on the host and Triton's own values in a kernel.
Value = Any


class Operands(NamedTuple):
    """The operands of a step's products.

    Attributes:
        inputs: `(P, D)`.
        input_weight: `(D, H, 4)`.
        context: `(B, 4H)`.
        recurrent_weight: `(H, H, 4)`; of the hyper cell's small cell `(H + I, I, 4)`.
    """

    inputs: Value
    input_weight: Value
    context: Value
    recurrent_weight: Value


class Dropped(NamedTuple):
    """Dropout of the candidate update.

    Attributes:
        kept: `(P, H)`, 1 where a unit is kept.
        scale: of the units that are kept.
    """

    kept: Value
    scale: Value


class History(NamedTuple):
    """The arrays that a forward kernel writes, see `operands.History`.

    Attributes:
        hiddens: `(B + P, H)`; of the hyper cell `(B + P, H + I)`, the outputs of both cells.
        cells: `(B + P, H)`, or `(B, H)` where no backward follows.
        gates: `(P, 4H)`, or `(B, 4H)` where no backward follows.
    """

    hiddens: Value
    cells: Value
    gates: Value


class Kept(NamedTuple):
    """The arrays of the history that the lstm's backward kernel reads."""

    cells: Value
    gates: Value


class KeptNorm(NamedTuple):
    """The arrays of the history that a backward kernel with layer norms reads.

    Attributes:
        cells: see `History`.
        gates: see `History`.
        moments: `(P, 5, 2)` mean and 1 / sigma of the four gates and of the cell.
    """

    cells: Value
    gates: Value
    moments: Value


class Norm(NamedTuple):
    """The gains and shifts of the layer norms, `(4H,)` of the gates and `(H,)` of the cell."""

    gate_gain: Value
    gate_shift: Value
    cell_gain: Value
    cell_shift: Value
    epsilon: Value


class NormGradient(NamedTuple):
    """The gains and shifts as in `Norm`, and `d_norm` `(groups, 10H)`, their gradients."""

    gate_gain: Value
    gate_shift: Value
    cell_gain: Value
    cell_shift: Value
    d_norm: Value


class Flow(NamedTuple):
    """The gradients that are carried from step to step, see `operands.Flow`.

    Attributes:
        d_outputs: `(P, H)`.
        d_hidden: `(B, H)`, in rows `stride` apart.
        d_cell: `(B, H)`.
        d_context: `(B, 4H)`.
        d_gates: the gradients of the pre-activations.
        stride: between the rows of `d_hidden`.
    """

    d_outputs: Value
    d_hidden: Value
    d_cell: Value
    d_context: Value
    d_gates: Value
    stride: Value


class Own(NamedTuple):
    """The part of a step that a program computes.

    Attributes:
        is_row: `(rows,)` which of its sequences are running.
        is_tile: `(rows, units)` which of these have units, too; fewer in a group's last program.
        first_unit: the first of its units.
        size: H.
    """

    is_row: Value
    is_tile: Value
    first_unit: Value
    size: Value


class At(NamedTuple):
    """A program's first row of a step in each kind of array.

    Attributes:
        row: in those of the batch `(B, ...)`.
        before: in those of the history `(B + P, ...)` before the step.
        after: in those of the history after the step.
        packed: in packed ones `(P, ...)`.
    """

    row: Value
    before: Value
    after: Value
    packed: Value


class Gates(NamedTuple):
    """A tile `(rows, units)` of each of the gates i, j, f, o."""

    write: Value
    candidate: Value
    keep: Value
    out: Value


class Places(NamedTuple):
    """The first rows of the arrays that a step reads and writes.

    Attributes:
        gates: its gates.
        old_cells: the cells before it.
        new_cells: the cells after it.
        outputs: its outputs, in rows `stride` apart.
        stride: see there.
    """

    gates: Value
    old_cells: Value
    new_cells: Value
    outputs: Value
    stride: Value


class NormedLayer(NamedTuple):
    """The arguments that the parts of a backward step with layer norms share.

    Attributes:
        history: what the forward kernel left.
        norm: the gains and shifts.
        pairs: see `moments`.
        batch: B.
    """

    history: Value
    norm: Value
    pairs: Value
    batch: Value
