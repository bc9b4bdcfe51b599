"""Requests for drawings, and the drawings on their way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.loop import (
    BLOCK_STEPS,
    Task,
    batch_condition,
    device_of,
    open_drawings,
    stroke_noise_block,
)
from sketch_rnn.model.cells.cell import Context, State
from sketch_rnn.sketch import FloatArray
from sketch_rnn.trained import SketchRNN

# Who asked is told of the first movements at once, and of later ones this often: each time costs
# as much as some steps of a drawing.
_TELL_SECONDS: Final = 0.03
TOO_LARGE: Final = "the model's numbers became infinite"


class Rows(NamedTuple):
    """Some more movements of one drawing.

    Attributes:
        drawing: its place in the task.
        strokes: `(S, 5)` normalised movements, S may be 0; those before the end only.
        ended: whether the model ended the drawing.
        cut: whether the plan's limit did.
    """

    drawing: int
    strokes: FloatArray
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
    _untold: list[Rows] = field(default_factory=list)
    _told_at: float = 0.0

    def take(self, rows: Rows) -> None:
        """Notes new movements; `tell` passes them on."""
        if not np.isfinite(rows.strokes).all():
            self.end(SketchRNNError(f"{TOO_LARGE}; choose other settings, or another model"))
        self._untold.append(rows)
        self.left -= rows.ended or rows.cut

    def tell(self) -> None:
        """Passes new movements on, unless it has just done so, and says when there are no more."""
        now = time.monotonic()
        is_due = not self.left or now - self._told_at > _TELL_SECONDS
        if self._untold and is_due and not self.cancelled:
            self.on_rows(self._untold)
            self._untold, self._told_at = [], now
        if not self.left:
            self.end()

    def end(self, error: SketchRNNError | None = None) -> None:
        """Tells who asked that no more comes."""
        if not self.cancelled:
            self.cancelled = True
            self.on_end(error)


class Inputs(NamedTuple):
    """What the drawing loop takes of one drawing for S steps, zeros to begin with.

    Attributes:
        uniforms, normals: `(S, C, 2)` random numbers.
        given: `(S, 5)` movements that are given.
    """

    uniforms: FloatArray
    normals: FloatArray
    given: FloatArray


class Group(NamedTuple):
    """What drawings that are drawn in one call have in common."""

    model: SketchRNN
    num_candidates: int


@dataclass(eq=False)
class OpenDrawing:
    """A drawing on its way.

    Attributes:
        job: it belongs to.
        places: its place in the task; those of several while they read a beginning that they share.
        given: `(G, 5)` movements of the beginning that are still to be read.
        stroke: `(1, 5)` movement to be fed next.
        context: the decoder's, see `state_rows`.
        state: before that movement.
        step: movements drawn so far.
    """

    job: Job
    places: tuple[int, ...]
    given: FloatArray
    stroke: Tensor
    context: Context
    state: State
    step: int = 0
    _noise: tuple[FloatArray, ...] = ()

    @property
    def group(self) -> Group:
        """What the drawings of a call with this one must be of."""
        return Group(self.job.model, self.job.task.plan.num_candidates)

    @property
    def most_steps(self) -> int:
        """Steps that the next call may take."""
        own = BLOCK_STEPS - self.step % BLOCK_STEPS if len(self.places) == 1 else 0
        return len(self.given) + own

    def write(self, inputs: Inputs) -> None:
        """Writes what the next steps need: what is left of the beginning, then random numbers."""
        read = min(len(self.given), len(inputs.given))
        inputs.given[:read] = self.given[:read]
        drawn = len(inputs.given) - read
        if not drawn:
            return
        block, first = divmod(self.step, BLOCK_STEPS)
        if not first:
            number = self.job.task.numbers[self.places[0]]
            plan = self.job.task.plan
            noise = stroke_noise_block(plan.seed, [number], block, plan.num_candidates)
            self._noise = tuple(part[:, :, 0].numpy() for part in noise)
        for part, numbers in zip(inputs[:2], self._noise, strict=True):
            part[read:] = numbers[first : first + drawn]

    def advance(self, strokes: FloatArray, *, runs: bool) -> Rows:
        """The new movements among the `(S, 5)` of a call.

        Args:
            strokes: the movements.
            runs: whether the drawing has not ended.
        """
        read = min(len(self.given), len(strokes))
        self.given, strokes = self.given[read:], strokes[read:]
        allowed = self.job.task.plan.max_steps - self.step
        self.step += len(strokes)
        length = len(strokes) if runs else int(strokes[:, 4].argmax())
        ended = not runs and length < allowed
        cut = not ended and len(strokes) >= allowed
        return Rows(self.places[0], strokes[: min(length, allowed)], ended, cut)

    def parted(self) -> list[OpenDrawing]:
        """One for each of its places, once the beginning that they share is read."""
        if len(self.places) == 1 or len(self.given):
            return [self]
        return [replace(self, places=(place,)) for place in self.places]


@torch.inference_mode()
def opened(job: Job) -> list[OpenDrawing]:
    """The drawings of a job; those of one condition read the beginning together."""
    decoder, task = job.model.network.decoder, job.task
    device = device_of(job.model)
    condition = batch_condition(job.model, task, slice(None)).to(device)
    rows, places = condition.rows, range(len(task.numbers))
    candidates = task.plan.num_candidates
    opening = open_drawings(decoder, task.prefix[:1].to(device), condition, candidates)
    given = task.prefix[1:].numpy()
    job.left = len(places)
    drawings = []
    for row in range(rows):
        shared = (row,) if rows > 1 else tuple(places)
        alone = opening.select(torch.tensor([row], device=device), candidates)
        drawings += OpenDrawing(job, shared, given, *alone).parted()
    return drawings
