"""Requests for drawings, and the drawings on their way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.loop import (
    BLOCK_STEPS,
    Task,
    batch_condition,
    device_of,
    stroke_noise_block,
)
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.model.condition import Condition
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.mixture import StrokeNoise
from sketch_rnn.model.packing import Packing
from sketch_rnn.model.unroll import select_rows, unroll
from sketch_rnn.trained import SketchRNN


class Rows(NamedTuple):
    """Some more movements of one drawing.

    Attributes:
        drawing: its place in the task.
        strokes: `(S, 5)` normalised movements, S may be 0; those before the end only.
        ended: whether the model ended the drawing.
        cut: whether the plan's limit did.
    """

    drawing: int
    strokes: Tensor
    ended: bool
    cut: bool


@dataclass(eq=False)
class Job:
    """A request for drawings.

    Attributes:
        model: draws them.
        task: what is drawn.
        on_rows: called in the sampler's thread with new movements of some drawings.
        on_end: called there once, with an error or None, unless the job was cancelled.
        deadline: in seconds of `time.monotonic`.
        left: drawings that have not ended.
        cancelled: whether nobody waits for it any more.
    """

    model: SketchRNN
    task: Task
    on_rows: Callable[[list[Rows]], None]
    on_end: Callable[[SketchRNNError | None], None]
    deadline: float
    left: int = 0
    cancelled: bool = False

    def end(self, error: SketchRNNError | None = None) -> None:
        """Tells who asked that no more comes."""
        if not self.cancelled:
            self.cancelled = True
            self.on_end(error)


@dataclass(eq=False)
class OpenDrawing:
    """A drawing on its way; tensors have one row.

    Attributes:
        noise: the random numbers of the block of movements that it is in.
        step: movements drawn so far.
    """

    job: Job
    place: int
    stroke: Tensor
    context: Context
    state: State
    noise: StrokeNoise | None = None
    step: int = 0

    def noise_of(self, num_steps: int) -> StrokeNoise:
        """The random numbers `(num_steps, 1, 2)` of the next movements, within one block."""
        block, first = divmod(self.step, BLOCK_STEPS)
        if self.noise is None or not first:
            number = self.job.task.numbers[self.place]
            self.noise = stroke_noise_block(self.job.task.plan.seed, [number], block)
        return StrokeNoise(*(part[first : first + num_steps] for part in self.noise))

    @property
    def group(self) -> tuple[object, float, str]:
        """Drawings of one group can share a call."""
        plan = self.job.task.plan
        return self.job.model, plan.temperature, plan.rule


@torch.inference_mode()
def opened(job: Job) -> list[OpenDrawing]:
    """The drawings of a job, having read the beginning that is given."""
    decoder, task = job.model.network.decoder, job.task
    device = device_of(job.model)
    condition = batch_condition(job.model, task, slice(None)).to(device)
    prefix = task.prefix.to(device)
    context = decoder.context(condition, condition.rows)
    state = _read(decoder, prefix, condition, context)
    drawings = []
    for place in range(len(task.numbers)):
        row = slice(place, place + 1) if condition.rows > 1 else slice(None)
        parts = select_rows(context, row), select_rows(state, row)
        drawings.append(OpenDrawing(job, place, prefix[-1:], *parts))
    job.left = len(drawings)
    return drawings


def _read(decoder: Decoder, prefix: Tensor, condition: Condition, context: Context) -> State:
    """The state before the last movement of a beginning, by the fast way through a sequence."""
    rows, known = condition.rows, len(prefix) - 1
    state = decoder.start(condition, rows)
    if not known:
        return state
    packing = Packing.of(torch.full((rows,), known), known, prefix.device)
    inputs = packing.pack(prefix[:-1].expand(rows, -1, -1))
    return unroll(decoder.cell, inputs, packing, context, state, None, decoder.backend)[1]
