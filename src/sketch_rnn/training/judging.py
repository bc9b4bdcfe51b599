"""Log how good a model's drawings are while it trains."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import Final

from torch.utils.tensorboard import SummaryWriter

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import SketchRNNError, expect_whole
from sketch_rnn.evaluation.drawings import require_enough
from sketch_rnn.evaluation.figures import MOST_TRAIN, JudgedDataset, Reference
from sketch_rnn.evaluation.judge import load_judge
from sketch_rnn.generate.options import DRAWING
from sketch_rnn.io.atomic import write_atomically, write_error
from sketch_rnn.io.budget import opened
from sketch_rnn.training.callbacks import Callback, RunStart, ValidationReport

FIGURES_FILE: Final = "judge.csv"
BEST_DRAWINGS_FILE: Final = "best_drawings.safetensors"
_NUM_DRAWINGS: Final = 300
# A row without values would become as many entries as there are columns.
_MOST_COLUMNS: Final = 100


class JudgeLog(Callback):
    """Measures the model's drawings against validation drawings, and keeps the best model.

    At the first validation after every `every` steps it makes 300 drawings, and writes their
    figures (see `evaluate_drawings`) to TensorBoard and to `judge.csv` in the run's folder. The
    model with the lowest Fréchet distance so far is in `best_drawings.safetensors`.

    Args:
        dataset: of the training.
        every: steps between measurements.

    Raises:
        SketchRNNError: if `every` is not a whole number of at least 1, or there are too few
            validation drawings to measure against.
    """

    def __init__(self, dataset: Dataset, every: int) -> None:
        self._every = expect_whole(every, 1, "judge_every")
        require_enough(len(dataset.valid), "validation drawings")
        self._judged = JudgedDataset(load_judge(), dataset, seed=0)
        self._reference: Reference | None = None
        self._folder = Path()
        self._rows: list[dict[str, str]] = []
        self._first_step = 0

    def on_start(self, run: RunStart) -> None:
        """Drops figures of steps that a resumed run takes again, and lines that are damaged."""
        self._folder, self._first_step, self._rows = run.folder, run.first_step, []
        path = run.folder / FIGURES_FILE
        if run.first_step and path.exists():
            rows, notice = read_figures(path)
            if notice:
                run.notify(notice)
            self._rows = [row for row in rows if int(row["step"]) <= run.first_step]
            self._write()

    def on_validation(self, validation: ValidationReport) -> None:
        """Measures, if it is time."""
        step = validation.step
        # A run that was rolled back takes steps again.
        self._rows = [row for row in self._rows if int(row["step"]) < step]
        measured = max([self._first_step, *(int(row["step"]) for row in self._rows)])
        if step // self._every <= measured // self._every:
            return
        model = validation.model
        drawn = self._judged.sampled(model, _NUM_DRAWINGS, DRAWING)
        figures = self._measured_against().measure(drawn, seed=0)
        lowest = min((float(row["frechet"]) for row in self._rows), default=math.inf)
        if figures["frechet"].value < lowest:
            model.save_pretrained(self._folder / BEST_DRAWINGS_FILE)
        values = {name: f"{figure.value:.6g}" for name, figure in figures.items()}
        self._rows.append({"step": str(step), **values})
        self._write()
        try:
            with SummaryWriter(str(self._folder), filename_suffix=".judge") as log:
                for name, figure in figures.items():
                    log.add_scalar(f"Drawings/{name}", figure.value, validation.step)
        except OSError as error:
            raise write_error(self._folder, error) from error

    def _measured_against(self) -> Reference:
        if self._reference is None:
            valid = self._judged.real("valid", _NUM_DRAWINGS)
            self._reference = Reference(valid, self._judged.real("train", MOST_TRAIN))
        return self._reference

    def _write(self) -> None:
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        text = StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        write_atomically(self._folder / FIGURES_FILE, text.getvalue().encode())


def judge_logs(dataset: Dataset, every: int | None) -> list[Callback]:
    """The log of a training that measures its drawings; none where `every` is None."""
    return [] if every is None else [JudgeLog(dataset, every)]


def read_figures(path: Path) -> tuple[list[dict[str, str]], str]:
    """The rows of `judge.csv`, and a sentence about what is wrong with it, which may be empty."""
    try:
        with opened(path, "report") as (file, _), TextIOWrapper(file, "utf-8", newline="") as text:
            reader = csv.DictReader(text)
            num_columns = len(reader.fieldnames or ())
            if num_columns > _MOST_COLUMNS:
                raise ValueError(f"{num_columns:,} columns")
            found = list(reader)
    except SketchRNNError as error:
        return [], f"{error}; its earlier figures are lost"
    rows = [row for row in found if _is_whole(row)]
    num_damaged = len(found) - len(rows)
    return rows, f"{path}: {num_damaged} damaged lines were left out" if num_damaged else ""


def _is_whole(row: Mapping[str, str]) -> bool:
    """Whether a row has a step, a Fréchet distance, and only numbers."""
    try:
        int(row["step"])
        for value in (row["frechet"], *filter(None, row.values())):
            float(value)
    except (KeyError, TypeError, ValueError):
        return False
    return None not in row.values()
