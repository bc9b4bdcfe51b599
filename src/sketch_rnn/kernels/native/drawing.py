"""Drawings in compiled code: every movement of a block of steps in one call."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int64, c_void_p
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from sketch_rnn.kernels.native.hyper_engine import HyperStruct
from sketch_rnn.kernels.native.library import Library
from sketch_rnn.kernels.native.slots import packed_cell
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.drawing import DrawnBlock
from sketch_rnn.model.mixture import (
    StrokeNoise,
    TemperatureRule,
    TemperatureScales,
    is_greedy,
    temperature_scales,
)
from sketch_rnn.model.unroll import select_rows

# So many drawings take longer in PyTorch's operations than the compiler does.
COMPILE_FROM: Final = 500


class _Drawing(ctypes.Structure):
    """Mirrors `Drawing` in source/draw.h."""

    _fields_ = [
        ("cell", HyperStruct),
        *((name, c_int64) for name in ("num_mixture", "num_outputs")),
        *((name, c_void_p) for name in ("output_weight", "output_bias", "context")),
        *((name, c_void_p) for name in ("inner_context", "outputs", "strokes", "numbers")),
        *((name, c_void_p) for name in ("running", "uniforms", "normals", "rows")),
        *((name, c_double) for name in TemperatureScales._fields),
        ("greedy", c_int64),
    ]


class NativeDrawing:
    """A decoder with its weights in the order in which the compiled code reads them."""

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
        *,
        temperature: float,
        rule: TemperatureRule,
    ) -> DrawnBlock:
        """Returns the next movements of some drawings; see `DrawingLoop`."""
        num_steps, batch = noise.normals.shape[:2]
        slots = self.cell.slots(context, state)
        slots.struct.outer.num_steps = num_steps
        arrays = {
            **dict(zip(("context", "inner_context"), slots.contexts, strict=False)),
            "outputs": torch.empty(batch, len(self.output_bias)),
            "strokes": stroke.clone(memory_format=torch.contiguous_format),
            "numbers": torch.arange(batch),
            "running": torch.empty(torch.get_num_threads(), dtype=torch.long),
            "uniforms": noise.uniforms.contiguous(),
            "normals": noise.normals.contiguous(),
            "rows": torch.zeros(batch, num_steps, 5),
        }
        drawing = _Drawing(
            cell=slots.struct,
            num_mixture=self.num_mixture,
            num_outputs=len(self.output_bias),
            output_weight=self.output_weight.data_ptr(),
            output_bias=self.output_bias.data_ptr(),
            **{name: part.data_ptr() for name, part in arrays.items()},
            **temperature_scales(temperature, rule)._asdict(),
            greedy=is_greedy(temperature, rule),
        )
        self.library.draw(ctypes.byref(drawing))
        used = torch.nonzero(arrays["numbers"] >= 0).squeeze(1)
        state = select_rows(slots.state, used)
        return DrawnBlock(arrays["rows"], arrays["numbers"][used], arrays["strokes"][used], state)
