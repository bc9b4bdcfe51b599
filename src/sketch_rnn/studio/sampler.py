"""One thread that draws for all open requests at once, some steps at a time.

Between two calls of the drawing loop, requests join and leave. Each drawing has its own state and
its own random numbers, so it does not depend on the drawings beside it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.loop import device_of
from sketch_rnn.model.decoder import Decoder
from sketch_rnn.model.drawing import DrawingLoop, drawing_loop, rows_each
from sketch_rnn.model.mixture import StrokeNoise
from sketch_rnn.sketch import FloatArray
from sketch_rnn.studio.jobs import Inputs, Job, OpenDrawing, opened
from sketch_rnn.studio.limits import MOST_MODELS

# Drawings that advance in one call; more gain little, and make those that wait for it wait longer.
MOST_ROWS: Final = 64
# A call lasts about this long, so that a new request waits no longer for its first step.
CALL_SECONDS: Final = 0.01
# With fewer steps, what is done between calls would take as long as they do.
LEAST_STEPS: Final = 4
MOST_STEPS: Final = 16
# Below this many rows a step takes as long as with this many.
_LEAST_ROWS: Final = 4

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Sampler:
    """Draws what `add` hands over, in a thread of its own."""

    _ready: threading.Condition = field(default_factory=threading.Condition)
    _waiting: deque[OpenDrawing] = field(default_factory=deque)
    _loops: OrderedDict[Decoder, DrawingLoop] = field(default_factory=OrderedDict)
    _row_seconds: dict[Decoder, float] = field(default_factory=dict)
    _thread: threading.Thread | None = None
    _stopping: bool = False
    _num_called: int = 0

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the current call; open jobs end with an error."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        if self._thread:
            self._thread.join()

    @property
    def num_open(self) -> int:
        """Drawings that wait for their next movement."""
        return len(self._waiting) + self._num_called

    def add(self, job: Job) -> None:
        """Opens the drawings of a job; they go first once, then take turns with the others."""
        drawings = opened(job)
        with self._ready:
            self._waiting.extendleft(reversed(drawings))
            self._ready.notify()

    def _run(self) -> None:
        while chosen := self._next():
            try:
                self._advance(chosen)
            except Exception:
                logger.exception("drawing failed")
                for drawing in chosen:
                    drawing.job.end(
                        SketchRNNError("the model failed to draw; see the server's log")
                    )
                self._put_back([])
        for drawing in self._waiting:
            drawing.job.end(SketchRNNError("the server is shutting down"))

    def _next(self) -> list[OpenDrawing]:
        """The drawings of the next call, none when stopping."""
        with self._ready:
            while True:
                self._drop_dead()
                if self._stopping:
                    return []
                if self._waiting:
                    break
                self._ready.wait()
            group = self._waiting[0].group
            chosen: list[OpenDrawing] = []
            rest: deque[OpenDrawing] = deque()
            for drawing in self._waiting:
                fits = len(chosen) < MOST_ROWS and drawing.group == group
                (chosen if fits else rest).append(drawing)
            self._waiting, self._num_called = rest, len(chosen)
            return chosen

    def _drop_dead(self) -> None:
        """Forgets the drawings of jobs that were cancelled or took too long."""
        now = time.monotonic()
        for drawing in self._waiting:
            if now > drawing.job.deadline:
                drawing.job.end(
                    SketchRNNError("drawing took too long and was stopped; ask for less")
                )
        self._waiting = deque(d for d in self._waiting if not d.job.cancelled)

    @torch.inference_mode()
    def _advance(self, chosen: Sequence[OpenDrawing]) -> None:
        """Draws some more movements of these drawings, of one group."""
        model, num_candidates = chosen[0].group
        decoder, device = model.network.decoder, device_of(model)
        num_steps = self._steps(decoder, chosen)
        uniforms, normals, given = _inputs(chosen, num_steps)
        begin = time.monotonic()
        drawn = self._loop(decoder)(
            torch.cat([drawing.stroke for drawing in chosen]),
            _joined([drawing.context for drawing in chosen]),
            _joined([drawing.state for drawing in chosen]),
            StrokeNoise(uniforms.to(device), normals.to(device)),
            torch.tensor([drawing.job.task.plan.scales for drawing in chosen], device=device),
            given.to(device),
        )
        seconds = (time.monotonic() - begin) / (num_steps * _num_rows(chosen))
        self._row_seconds[decoder] = seconds
        running = drawn.running.tolist()
        shape = len(running), rows_each(num_candidates)
        states = (part.unflatten(0, shape).unbind() for part in drawn.state)
        for number, stroke, *state in zip(running, drawn.stroke, *states, strict=True):
            chosen[number].stroke, chosen[number].state = stroke[None], tuple(state)
        self._hand_out(chosen, drawn.rows.numpy(force=True), set(running))

    def _hand_out(self, chosen: Sequence[OpenDrawing], rows: FloatArray, running: set[int]) -> None:
        """Sends new movements to those who asked, and puts unfinished drawings back."""
        unfinished: list[OpenDrawing] = []
        for number, (drawing, strokes) in enumerate(zip(chosen, rows, strict=True)):
            new = drawing.advance(strokes, runs=number in running)
            if len(new.strokes) or new.ended:
                drawing.job.take(new)
            if not (new.ended or new.cut):
                unfinished += drawing.parted()
        self._put_back(unfinished)
        for job in dict.fromkeys(drawing.job for drawing in chosen):
            job.tell()

    def _put_back(self, unfinished: Sequence[OpenDrawing]) -> None:
        with self._ready:
            self._waiting.extend(unfinished)
            self._num_called = 0

    def _loop(self, decoder: Decoder) -> DrawingLoop:
        """The decoder's loop; as many are kept as the shelf keeps models, those last used."""
        if decoder not in self._loops:
            self._loops[decoder] = drawing_loop(decoder, MOST_ROWS)
        self._loops.move_to_end(decoder)
        while len(self._loops) > MOST_MODELS:
            gone, _ = self._loops.popitem(last=False)
            self._row_seconds.pop(gone, None)
        return self._loops[decoder]

    def _steps(self, decoder: Decoder, chosen: Sequence[OpenDrawing]) -> int:
        """Steps that take about `CALL_SECONDS`, as far as each drawing may go in one call.

        The call ends earlier with the first movement of a drawing, so that it is sent at once.
        """
        row_seconds = self._row_seconds.get(decoder, CALL_SECONDS)
        affordable = int(CALL_SECONDS / (row_seconds * _num_rows(chosen)))
        left = min(drawing.most_steps for drawing in chosen)
        most = min(max(affordable, LEAST_STEPS), MOST_STEPS, left)
        firsts = [len(drawing.given) + 1 for drawing in chosen if not drawing.step]
        return min((steps for steps in firsts if LEAST_STEPS <= steps < most), default=most)


def _num_rows(chosen: Sequence[OpenDrawing]) -> int:
    """The rows that a step takes as long as."""
    return max(len(chosen) * rows_each(chosen[0].group.num_candidates), _LEAST_ROWS)


def _inputs(chosen: Sequence[OpenDrawing], num_steps: int) -> tuple[Tensor, ...]:
    """The parts `(S, ..., B, W)` of the drawings' inputs."""
    noise = len(chosen), num_steps, chosen[0].group.num_candidates, 2
    shapes = (noise, noise, (len(chosen), num_steps, 5))
    parts = [np.zeros(shape, np.float32) for shape in shapes]
    for row, drawing in enumerate(chosen):
        drawing.write(Inputs(*(part[row] for part in parts)))
    return tuple(torch.from_numpy(np.moveaxis(part, 0, -2).copy()) for part in parts)


def _joined(parts: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    return tuple(torch.cat(part) for part in zip(*parts, strict=True))
