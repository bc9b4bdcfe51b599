"""The drawing loop: movement after movement, many drawings at once."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from sketch_rnn.model.backends import candidates
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.mixture import StrokeMixture, StrokeNoise, most_telling
from sketch_rnn.model.unroll import select_rows


def rows_each(num_candidates: int) -> int:
    """The rows of the decoder's context and state that a drawing has.

    One; with several candidates for a movement two that follow each other: with the label and
    without.
    """
    return 1 if num_candidates == 1 else 2


def state_rows(drawings: Tensor, num_candidates: int) -> Tensor:
    """The rows of the decoder's context and state that belong to drawings, see `rows_each`."""
    width = rows_each(num_candidates)
    return (width * drawings[:, None] + torch.arange(width, device=drawings.device)).flatten()


class DrawnBlock(NamedTuple):
    """The movements of a block of steps.

    Attributes:
        rows: `(B, S, 5)` normalised movements, zeros after the end of a drawing.
        running: `(A,)` the drawings that have not ended, in any order.
        stroke: `(A, 5)` their last movements.
        state: their states, see `state_rows`.
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
            context: the decoder's context, see `state_rows`.
            state: its state before that movement.
            noise: `(S, C, B, 2)` uniform and normal numbers, for C candidates of each movement, of
                which `most_telling` chooses.
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
        num_steps, num_candidates, batch = noise.normals.shape[:3]
        running = torch.arange(batch, device=stroke.device)
        rows = stroke.new_zeros(batch, num_steps, 5)
        for step in range(num_steps):
            fed = stroke.repeat_interleave(rows_each(num_candidates), dim=0)
            mixture, state = self.decoder.step(fed, context, state)
            step_noise = StrokeNoise(*(part[step][:, running] for part in noise))
            stroke = _chosen(mixture, step_noise, scales[running])
            if given is not None:
                taken = given[step, running]
                stroke = torch.where(taken[:, 2:].any(dim=1, keepdim=True), taken, stroke)
            rows[running, step] = stroke
            unended = torch.nonzero(stroke[:, 4] == 0).squeeze(1)
            if len(unended) < len(running):
                running, stroke = running[unended], stroke[unended]
                left = state_rows(unended, num_candidates)
                context, state = select_rows(context, left), select_rows(state, left)
            if not len(running):
                break
        return DrawnBlock(rows, running, stroke, state)


def _chosen(mixture: StrokeMixture, noise: StrokeNoise, scales: Tensor) -> Tensor:
    """The next movements `(B, 5)`; the `(C, B, 2)` noise makes C candidates of each."""
    if len(noise.normals) == 1:
        return mixture.sample_scaled(noise, scales)[0]
    labelled, unlabelled = mixture.select(slice(0, None, 2)), mixture.select(slice(1, None, 2))
    return most_telling(labelled, unlabelled, labelled.sample_scaled(noise, scales))
