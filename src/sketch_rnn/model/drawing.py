"""The drawing loop: movement after movement, many drawings at once."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from sketch_rnn.model.backends import candidates
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.mixture import StrokeNoise
from sketch_rnn.model.unroll import select_rows


class DrawnBlock(NamedTuple):
    """The movements of a block of steps.

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


class DrawingLoop(Protocol):
    """Draws a block of steps with one decoder."""

    def __call__(
        self,
        stroke: Tensor,
        context: Context,
        state: State,
        noise: StrokeNoise,
        scales: Tensor,
        given: Tensor | None = None,
    ) -> DrawnBlock:
        """The next S movements of B drawings; see `StrokeMixture.sample_scaled`.

        Args:
            stroke: `(B, 5)` normalised movement to be fed next.
            context: the decoder's context.
            state: its state before that movement.
            noise: `(S, B, 2)` uniform and normal numbers.
            scales: `(B, 3)` the `TemperatureScales` of each drawing.
            given: `(S, B, 5)` movements to take instead of choosing them, zeros where the model
                chooses; so a beginning is read in the steps that draw other drawings.
        """


@runtime_checkable
class DrawingBackend(Protocol):
    """A backend that can also draw; it computes what `PlainDrawing` computes."""

    def drawing_loop(self, decoder: Decoder, batch: int) -> DrawingLoop | None:
        """A loop for `batch` drawings, or None if this backend cannot run the decoder."""


def drawing_loop(decoder: Decoder, batch: int) -> DrawingLoop:
    """The loop that the decoder's backend draws `batch` drawings with."""
    for backend in candidates(decoder.backend):
        if isinstance(backend, DrawingBackend) and (loop := backend.drawing_loop(decoder, batch)):
            return loop
    return PlainDrawing(decoder)


class PlainDrawing:
    """Draws step by step with any decoder; see `DrawingLoop`.

    Args:
        decoder: the decoder.
    """

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder

    def __call__(
        self,
        stroke: Tensor,
        context: Context,
        state: State,
        noise: StrokeNoise,
        scales: Tensor,
        given: Tensor | None = None,
    ) -> DrawnBlock:
        """The next movements; a drawing that ends leaves the batch."""
        num_steps, batch = noise.normals.shape[:2]
        running = torch.arange(batch, device=stroke.device)
        rows = stroke.new_zeros(batch, num_steps, 5)
        for step in range(num_steps):
            mixture, state = self.decoder.step(stroke, context, state)
            step_noise = StrokeNoise(noise.uniforms[step, running], noise.normals[step, running])
            stroke = mixture.sample_scaled(step_noise, scales[running])
            if given is not None:
                taken = given[step, running]
                stroke = torch.where(taken[:, 2:].any(dim=1, keepdim=True), taken, stroke)
            rows[running, step] = stroke
            unended = torch.nonzero(stroke[:, 4] == 0).squeeze(1)
            if len(unended) < len(running):
                running, stroke = running[unended], stroke[unended]
                context, state = select_rows(context, unended), select_rows(state, unended)
            if not len(running):
                break
        return DrawnBlock(rows, running, stroke, state)
