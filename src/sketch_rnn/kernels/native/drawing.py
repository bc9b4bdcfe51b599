"""The drawing loop in compiled code: a block of steps in one call."""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_void_p
from typing import Final, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from sketch_rnn.kernels.backend import norm_parameters, reordered
from sketch_rnn.kernels.hyper_operands import HyperOperands
from sketch_rnn.kernels.native.hyper_engine import HyperStruct, PackedHyper
from sketch_rnn.kernels.native.library import Library, SequenceStruct
from sketch_rnn.model.cells.cell import Cell, Context, State
from sketch_rnn.model.cells.hyper import HyperLSTMCell
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.drawing import DrawnBlock, rows_each, state_rows
from sketch_rnn.model.mixture import StrokeNoise
from sketch_rnn.model.unroll import select_rows

STROKE_SIZE: Final = 5

# With this many drawings, compiling pays off.
COMPILE_FROM: Final = 500


class Slots(NamedTuple):
    """The state of B drawings between two steps, one slot each.

    Attributes:
        struct: how a step is computed, and where the state lies.
        contexts: one or, of a hyper cell, two `(B, 4 * size)`, interleaved.
        state: `(B, ...)` each, changed in place by every step.
        room: the other buffers that the steps write to.
    """

    struct: HyperStruct
    contexts: tuple[Tensor, ...]
    state: State
    room: tuple[Tensor, ...]


class PackedCell(Protocol):
    """A cell with its weights packed for the compiled code."""

    def slots(self, context: Context, state: State) -> Slots:
        """The slots of B drawings."""


def packed_cell(library: Library, cell: Cell) -> PackedCell:
    """The weights of a cell for drawing."""
    if isinstance(cell, HyperLSTMCell):
        return _HyperCell(library, cell)
    return _GatedCell(library, cell)


class _GatedCell:
    """An lstm or layer_norm cell."""

    def __init__(self, library: Library, cell: Cell) -> None:
        self.library, self.cell = library, cell
        input_weight = cell.get_parameter("input_weight")[:STROKE_SIZE]
        self.packed = library.packed(cell.get_parameter("recurrent_weight"), input_weight)
        self.norm = norm_parameters(cell)

    def slots(self, context: Context, state: State) -> Slots:
        """The slots of B drawings."""
        hidden, memory = reordered(self.cell, state)
        batch, size = hidden.shape
        hiddens, cells = _before_and_after(hidden), _copied(memory)
        gates = torch.empty(batch, 4 * size)
        outer = _sequence(batch, hiddens, cells, gates)
        outer.size, outer.width, outer.packed = size, STROKE_SIZE, self.packed.data_ptr()
        outer.norm = (c_void_p * 4)(*(part.data_ptr() for part in self.norm))
        return Slots(
            HyperStruct(outer=outer),
            (self.library.interleaved(context[0]),),
            reordered(self.cell, (hiddens[:batch], cells)),
            (hiddens, gates),
        )


class _HyperCell:
    """A hyper cell, whose two outputs lie side by side."""

    def __init__(self, library: Library, cell: HyperLSTMCell) -> None:
        self.library = library
        no_strokes = cell.input_weight.new_empty(0, STROKE_SIZE)
        given = HyperOperands.of(cell, no_strokes, cell.context(None, 0), cell.zero_state(0))
        self.packed = PackedHyper(library, given)

    def slots(self, context: Context, state: State) -> Slots:
        """The slots of B drawings."""
        hidden, inner_hidden, memory, inner_memory = state
        batch, size = hidden.shape
        past = _before_and_after(torch.cat([hidden, inner_hidden], dim=1))
        cells, inner_cells = _copied(memory), _copied(inner_memory)
        gates = torch.empty(batch, 4 * size)
        inner_gates = torch.empty(batch, 4 * inner_memory.shape[1])
        embedded = torch.empty(batch, len(self.packed.given.embedding_bias))
        outer = _sequence(batch, past, cells, gates)
        inner = _sequence(batch, past[:, size:], inner_cells, inner_gates)
        return Slots(
            self.packed.struct(outer, inner, embedded),
            tuple(self.library.interleaved(part) for part in context),
            (past[:batch, :size], past[:batch, size:], cells, inner_cells),
            (past, gates, inner_gates, embedded),
        )


def _sequence(batch: int, hiddens: Tensor, cells: Tensor, gates: Tensor) -> SequenceStruct:
    return SequenceStruct(
        batch=batch,
        num_threads=torch.get_num_threads(),
        hiddens=hiddens.data_ptr(),
        cells=cells.data_ptr(),
        gates=gates.data_ptr(),
        hidden_stride=hiddens.stride(0),
    )


def _before_and_after(outputs: Tensor) -> Tensor:
    """The outputs before a step, with uninitialised rows below them for those after it."""
    return torch.cat([outputs, torch.empty_like(outputs)])


def _copied(values: Tensor) -> Tensor:
    return values.clone(memory_format=torch.contiguous_format)


class _Drawing(ctypes.Structure):
    """Mirrors `Drawing` in source/draw.h."""

    _fields_ = [
        ("cell", HyperStruct),
        *((name, c_int64) for name in ("num_mixture", "num_outputs", "num_candidates")),
        *((name, c_void_p) for name in ("output_weight", "output_bias", "context")),
        *((name, c_void_p) for name in ("inner_context", "outputs", "strokes", "numbers")),
        *((name, c_void_p) for name in ("running", "uniforms", "normals", "scales")),
        *((name, c_void_p) for name in ("given", "rows")),
    ]


class NativeDrawing:
    """A decoder with its weights packed for the compiled code."""

    def __init__(self, library: Library, decoder: Decoder) -> None:
        self.library = library
        self.cell = packed_cell(library, decoder.cell)
        self.num_mixture = (decoder.output.out_features - 3) // 6
        missing = -decoder.output.out_features % library.vector_width
        weight = functional.pad(decoder.output.weight, (0, 0, 0, missing))
        self.output_weight = library.transposed(weight)
        self.output_bias = functional.pad(decoder.output.bias, (0, missing)).contiguous()

    def __call__(
        self,
        stroke: Tensor,
        context: Context,
        state: State,
        noise: StrokeNoise,
        scales: Tensor,
        given: Tensor | None = None,
    ) -> DrawnBlock:
        """The next movements of some drawings; see `DrawingLoop`."""
        num_steps, num_candidates, batch = noise.normals.shape[:3]
        width = rows_each(num_candidates)
        fed = stroke.repeat_interleave(width, dim=0)
        slots = self.cell.slots(context, state)
        slots.struct.outer.num_steps = num_steps
        arrays = {
            **dict(zip(("context", "inner_context"), slots.contexts, strict=False)),
            "outputs": torch.empty(len(fed), len(self.output_bias)),
            "strokes": fed,
            "numbers": torch.arange(batch),
            "running": torch.empty(torch.get_num_threads(), dtype=torch.long),
            "uniforms": noise.uniforms.contiguous(),
            "normals": noise.normals.contiguous(),
            "scales": scales.contiguous(),
            "rows": torch.zeros(batch, num_steps, 5),
        }
        if given is not None:
            arrays["given"] = given.contiguous()
        drawing = _Drawing(
            cell=slots.struct,
            num_mixture=self.num_mixture,
            num_outputs=len(self.output_bias),
            num_candidates=num_candidates,
            output_weight=self.output_weight.data_ptr(),
            output_bias=self.output_bias.data_ptr(),
            **{name: part.data_ptr() for name, part in arrays.items()},
        )
        self.library.draw(ctypes.byref(drawing))
        used = torch.nonzero(arrays["numbers"] >= 0).squeeze(1)
        rows = state_rows(used, num_candidates)
        state = select_rows(slots.state, rows)
        stroke = fed[::width][used]
        return DrawnBlock(arrays["rows"], arrays["numbers"][used], stroke, state)
