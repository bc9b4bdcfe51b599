"""TensorBoard logs under the original's tags."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
from torch.utils.tensorboard import SummaryWriter

from sketch_rnn.io.atomic import write_error
from sketch_rnn.model.numbers import num_parameters
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.callbacks import (
    Callback,
    RunStart,
    StepReport,
    TrainResult,
    ValidationReport,
)
from sketch_rnn.training.validation import SplitCosts

DrawSamples = Callable[[SketchRNN], npt.NDArray[Any]]


class TensorBoardLog(Callback):
    """Writes event files into the run's folder.

    The tags are the original's, at the number of steps taken. `Valid_*` and `Eval_*` (the test
    split) have the original's meaning only in its own validation form; otherwise they cover every
    drawing, in the training's loss form, at the final `kl_weight`: see `split_costs`.
    `Time_Taken_Train` is the time of `log_every` steps.

    Args:
        draw: makes a picture, a uint8 `(height, width, 3)` array, of drawings by the model; it is
            logged as `Samples` at every validation.
    """

    def __init__(self, draw: DrawSamples | None = None) -> None:
        self._draw = draw
        self._writer: SummaryWriter | None = None
        self._log_every, self._folder = 1, Path()
        self._seconds = 0.0
        self._excepthook = threading.excepthook

    def on_start(self, run: RunStart) -> None:
        """Opens the log; entries after the step that a resumed run starts from are dropped."""
        purge_step = run.first_step + 1 if run.first_step else None
        self._log_every, self._folder = run.config.log_every, run.folder
        self._seconds = 0.0
        self._excepthook, threading.excepthook = threading.excepthook, self._note_exception
        with self._write_errors():
            self._writer = SummaryWriter(str(run.folder), purge_step=purge_step)
        if not run.first_step:
            self._write({"Num_Trainable_Params": num_parameters(run.model.network)}, 0)

    def on_step(self, step: StepReport) -> None:
        """Logs the training losses at every `log_every`-th step."""
        self._seconds += step.seconds
        if step.step % self._log_every:
            return
        values = {
            "Train_Cost": step.losses.total.item(),
            "Train_Reconstr_Cost": step.losses.reconstruction.item(),
            "Train_KL_Cost": step.losses.kl.item(),
            "Learning_Rate": step.learning_rate,
            "KL_Weight": step.kl_weight,
            "Time_Taken_Train": self._seconds,
        }
        self._write(values, step.step)
        self._seconds = 0.0

    def on_validation(self, validation: ValidationReport) -> None:
        """Logs the costs of the validation split, those of the test split if new, and samples."""
        step = validation.step
        self._write(_named_costs("Valid", validation.valid), step)
        self._write({"Best_Valid_Cost": validation.best_cost}, step)
        if validation.test is not None:
            self._write(_named_costs("Eval", validation.test), step)
        if self._writer is not None:
            picture = None if self._draw is None else self._draw(validation.model)
            with self._write_errors():
                if picture is not None:
                    self._writer.add_image("Samples", picture, step, dataformats="HWC")
                self._writer.flush()

    def on_end(self, result: TrainResult | None) -> None:
        """Closes the log."""
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
            self._writer = None
            threading.excepthook = self._excepthook

    @contextlib.contextmanager
    def _write_errors(self) -> Iterator[None]:
        """Raises a SketchRNNError for an earlier error of the writing thread."""
        try:
            yield
        except OSError as error:
            raise write_error(self._folder, error) from error

    def _note_exception(self, arguments: threading.ExceptHookArgs) -> None:
        # The writing thread hands its errors over; Python would print them with a traceback.
        if not issubclass(arguments.exc_type, OSError):
            self._excepthook(arguments)

    def _write(self, values: Mapping[str, float], step: int) -> None:
        if self._writer is None:
            return
        with self._write_errors():
            for tag, value in values.items():
                self._writer.add_scalar(tag, value, step)


def _named_costs(split: str, costs: SplitCosts) -> dict[str, float]:
    return {
        f"{split}_Cost": costs.cost,
        f"{split}_Reconstr_Cost": costs.reconstruction,
        f"{split}_KL_Cost": costs.kl,
        f"Time_Taken_{split}": costs.seconds or 0.0,
    }
