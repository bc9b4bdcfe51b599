"""The progress of a run on the terminal."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sketch_rnn.errors import expect_list, expect_switch, wrong_type
from sketch_rnn.model.loss import LossTerms
from sketch_rnn.training.callbacks import (
    Callback,
    RunStart,
    StepReport,
    TrainResult,
    ValidationReport,
)
from sketch_rnn.training.validation import SplitCosts

_SHOW_EVERY: Final = 0.5  # seconds
_STEPS_TIMED: Final = 20
_UNITS: Final = {"days": 86_400, "hours": 3600, "minutes": 60}
_LONGEST: Final = 10**12  # seconds


class ProgressBar(Callback):
    """Shows losses, speed and time left: a live bar, and a line for every validation.

    Where the output is not a terminal there are only the lines.

    Args:
        console: where to write; standard error by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._progress = Progress(
            TextColumn("step"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[losses]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("train", total=None, losses="")
        self._batch_size = self._num_steps = self._num_timed = 0
        self._seconds = 0.0
        self._last: LossTerms | None = None
        self._shown = -math.inf

    def on_start(self, run: RunStart) -> None:
        """Shows the bar."""
        self._batch_size, self._num_steps = run.config.batch_size, run.num_steps
        self._progress.reset(self._task, total=run.num_steps, completed=run.first_step)
        self._progress.start()

    def on_notice(self, notice: str) -> None:
        """Writes it above the bar."""
        self._console.print(f"note: {notice}", highlight=False, soft_wrap=True, markup=False)

    def on_step(self, step: StepReport) -> None:
        """Moves the bar on."""
        self._seconds += step.seconds
        self._num_timed += 1
        self._last = step.losses
        now = time.monotonic()
        # Each look at a loss makes the program wait for a GPU.
        if now - self._shown >= _SHOW_EVERY or step.step == self._num_steps:
            self._shown = now
            text = f"{_losses(self._last)}, {self._speed():,.0f} sketches/s,"
            self._progress.update(self._task, completed=step.step, losses=text)

    def on_validation(self, validation: ValidationReport) -> None:
        """Writes a line, and begins a new average of the speed."""
        parts = [f"step {validation.step:,} of {self._num_steps:,}", *self._train()]
        parts.append(_costs("valid", validation.valid))
        if validation.test is None:
            parts.append(f"best {validation.best_cost:.4f}")
        else:
            parts += ["best so far", _costs("test", validation.test)]
        if not self._console.is_terminal:
            parts.append(
                f"{self._speed():,.0f} sketches/s, {self._time_left(validation.step)} left"
            )
        self._console.print(" · ".join(parts), highlight=False, soft_wrap=True)
        self._num_timed, self._seconds = 0, 0.0

    def on_end(self, result: TrainResult | None) -> None:
        """Leaves the bar as it is."""
        self._progress.stop()

    def _train(self) -> list[str]:
        return [] if self._last is None else [f"train {_losses(self._last)}"]

    def _speed(self) -> float:
        """The drawings trained on in a second, since the last validation."""
        return self._num_timed * self._batch_size / self._seconds if self._seconds else 0.0

    def _time_left(self, step: int) -> timedelta:
        pace = self._seconds / self._num_timed if self._num_timed else 0.0
        return timedelta(seconds=min(round((self._num_steps - step) * pace), _LONGEST))


def with_progress(callbacks: Sequence[Callback], *, is_wanted: bool) -> tuple[Callback, ...]:
    """The callbacks, with a progress bar added if it is wanted and they have none.

    Raises:
        SketchRNNError: if one of them is no `Callback`.
    """
    callbacks = expect_list(callbacks, "callbacks", "objects with the methods of Callback")
    for number, callback in enumerate(callbacks):
        if not hasattr(callback, "on_step"):
            raise wrong_type(callback, f"callbacks[{number}]", "a Callback")
    has_bar = any(isinstance(callback, ProgressBar) for callback in callbacks)
    wanted = expect_switch(is_wanted, "progress")
    return (*callbacks, *([ProgressBar()] if wanted and not has_bar else []))


class TimeEstimate(Callback):
    """Says once how long the run will take, from the time of its first steps.

    Args:
        report: takes the sentence.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._num_steps = self._taken = 0
        self._seconds = 0.0

    def on_start(self, run: RunStart) -> None:
        """Notes the number of steps."""
        self._num_steps = run.num_steps

    def on_step(self, step: StepReport) -> None:
        """Times the steps after the first, which compiles."""
        self._taken += 1
        self._seconds += step.seconds if self._taken > 1 else 0.0
        if self._taken == _STEPS_TIMED + 1:
            pace = self._seconds / _STEPS_TIMED
            left = _in_units((self._num_steps - step.step) * pace)
            self._report(f"{self._num_steps:,} steps take about {left} at {pace:.2g} s a step")


def _in_units(seconds: float) -> str:
    """A duration in the largest unit of which there are at least two."""
    for unit, size in _UNITS.items():
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _losses(losses: LossTerms | SplitCosts) -> str:
    """The losses as text; this waits for the device."""
    reconstruction, kl = float(losses.reconstruction), float(losses.kl)
    return f"L_R {reconstruction:.4f} L_KL {kl:.4f}"


def _costs(split: str, costs: SplitCosts) -> str:
    return f"{split} {_losses(costs)} total {costs.cost:.4f}"
