"""The loop that draws: movement after movement, many drawings at once."""

from __future__ import annotations

import torch
from torch import Tensor

from sketch_rnn.model.backends import DrawingLoop, DrawnBlock, candidates
from sketch_rnn.model.cells import Context, State
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.mixture import StrokeNoise, TemperatureRule
from sketch_rnn.model.unroll import select_rows


def drawing_loop(decoder: Decoder, batch: int) -> DrawingLoop:
    """Returns what draws blocks of steps of `batch` drawings, by the decoder's backend."""
    loops = (backend.drawing_loop(decoder, batch) for backend in candidates(decoder.backend))
    return next((loop for loop in loops if loop is not None), PlainDrawing(decoder))


class PlainDrawing:
    """Draws step by step, which any decoder can; see `DrawingLoop`.

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
        *,
        temperature: float,
        rule: TemperatureRule,
    ) -> DrawnBlock:
        """Returns the next movements; a drawing that ends leaves the batch."""
        num_steps, batch = noise.normals.shape[:2]
        running = torch.arange(batch, device=stroke.device)
        rows = stroke.new_zeros(batch, num_steps, 5)
        for step in range(num_steps):
            mixture, state = self.decoder.step(stroke, context, state)
            step_noise = StrokeNoise(noise.uniforms[step, running], noise.normals[step, running])
            stroke = mixture.sample(step_noise, temperature, rule)
            rows[running, step] = stroke
            unended = torch.nonzero(stroke[:, 4] == 0).squeeze(1)
            if len(unended) < len(running):
                running, stroke = running[unended], stroke[unended]
                context, state = select_rows(context, unended), select_rows(state, unended)
            if not len(running):
                break
        return DrawnBlock(rows, running, stroke, state)
