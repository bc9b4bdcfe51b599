"""Drawings in compiled code: every movement of a block of steps in one call."""

from __future__ import annotations

import ctypes
from ctypes import c_double, c_int64, c_void_p
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from sketch_rnn.model.cells import Context, HyperLSTMCell, State
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.kernels import compiled_engine_for, norm_parameters, reordered
from sketch_rnn.model.kernels.compiled import Library
from sketch_rnn.model.mixture import StrokeNoise, TemperatureRule, is_greedy, temperature_scales

# So many drawings take longer in PyTorch's operations than the compiler does.
COMPILE_FROM: Final = 500


class _Drawing(ctypes.Structure):
    """Mirrors `Drawing` in native/draw.h."""

    _fields_ = [
        *((name, c_int64) for name in ("num_steps", "batch", "size", "num_mixture")),
        *((name, c_int64) for name in ("num_outputs", "num_threads")),
        ("packed", c_void_p),
        ("norm", c_void_p * 4),
        *((name, c_void_p) for name in ("output_weight", "output_bias", "context", "hiddens")),
        *((name, c_void_p) for name in ("cells", "gates", "outputs", "strokes", "numbers")),
        *((name, c_void_p) for name in ("running", "uniforms", "normals", "rows")),
        *((name, c_double) for name in ("sigma_factor", "logit_divisor")),
        ("greedy", c_int64),
    ]


class DrawnBlock(NamedTuple):
    """What a block of steps drew.

    Attributes:
        rows: `(B, S, 5)` normalised movements, zeros after the end of a drawing.
        running: `(A,)` the drawings that have not ended, in any order.
        stroke: `(A, 5)` their last movements.
        state: their states.
    """

    rows: Tensor
    running: Tensor
    stroke: Tensor
    state: State


def compiled_drawing(decoder: Decoder, batch: int) -> CompiledDrawing | None:
    """Returns what draws `batch` drawings in compiled code, or None where that cannot be done."""
    if isinstance(decoder.cell, HyperLSTMCell):
        return None
    engine = compiled_engine_for(decoder.cell, may_compile=batch >= COMPILE_FROM)
    return None if engine is None else CompiledDrawing(engine.library, decoder)


class CompiledDrawing:
    """A decoder with its weights in the order in which the compiled code reads them."""

    def __init__(self, library: Library, decoder: Decoder) -> None:
        cell = decoder.cell
        self.library = library
        self.cell = cell
        input_weight = cell.get_parameter("input_weight")[:5]
        self.packed = library.packed(cell.get_parameter("recurrent_weight"), input_weight)
        self.norm = norm_parameters(cell)
        self.num_mixture = (decoder.output.out_features - 3) // 6
        missing = -decoder.output.out_features % library.vector_width
        weight = functional.pad(decoder.output.weight, (0, 0, 0, missing))
        self.output_weight = library.transposed(weight)
        self.output_bias = functional.pad(decoder.output.bias, (0, missing)).contiguous()

    def run(
        self,
        stroke: Tensor,
        context: Context,
        state: State,
        noise: StrokeNoise,
        *,
        temperature: float,
        rule: TemperatureRule,
    ) -> DrawnBlock:
        """Returns the next S movements of B drawings; see `StrokeMixture.sample`.

        Args:
            stroke: `(B, 5)` normalised movement to be fed next.
            context: the decoder's context.
            state: its state before that movement.
            noise: `(S, B, 2)` each.
            temperature: 0 is greedy.
            rule: how the temperature acts.
        """
        num_steps, batch = noise.normals.shape[:2]
        size, num_outputs = self.cell.hidden_size, len(self.output_bias)
        hidden, memory = reordered(self.cell, state)
        slots = {
            "context": self.library.interleaved(context[0]),
            "hiddens": torch.cat([hidden, torch.empty_like(hidden)]),
            "cells": memory.clone(memory_format=torch.contiguous_format),
            "gates": torch.empty(batch, 4 * size),
            "outputs": torch.empty(batch, num_outputs),
            "strokes": stroke.clone(memory_format=torch.contiguous_format),
            "numbers": torch.arange(batch),
            "running": torch.empty(torch.get_num_threads(), dtype=torch.long),
            "uniforms": noise.uniforms.contiguous(),
            "normals": noise.normals.contiguous(),
            "rows": torch.zeros(batch, num_steps, 5),
        }
        scales = temperature_scales(temperature, rule)
        drawing = _Drawing(
            num_steps=num_steps,
            batch=batch,
            size=size,
            num_mixture=self.num_mixture,
            num_outputs=num_outputs,
            num_threads=torch.get_num_threads(),
            packed=self.packed.data_ptr(),
            norm=(c_void_p * 4)(*(part.data_ptr() for part in self.norm)),
            output_weight=self.output_weight.data_ptr(),
            output_bias=self.output_bias.data_ptr(),
            **{name: part.data_ptr() for name, part in slots.items()},
            sigma_factor=scales.sigma_factor,
            logit_divisor=scales.logit_divisor,
            greedy=is_greedy(temperature, rule),
        )
        self.library.draw(ctypes.byref(drawing))
        used = torch.nonzero(slots["numbers"] >= 0).squeeze(1)
        state = reordered(self.cell, (slots["hiddens"][used], slots["cells"][used]))
        return DrawnBlock(slots["rows"], slots["numbers"][used], slots["strokes"][used], state)
