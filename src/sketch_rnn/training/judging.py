"""Log how good a model's drawings are while it trains."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from torch.utils.tensorboard import SummaryWriter

from sketch_rnn.dataset.dataset import Dataset
from sketch_rnn.errors import expect_whole
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
        self._next = self._every
        self._lowest = math.inf

    def on_start(self, run: RunStart) -> None:
        """Drops figures of steps that a resumed run takes again."""
        self._folder = run.folder
        self._next = (run.first_step // self._every + 1) * self._every
        kept = [row for row in self._rows() if int(row["step"]) <= run.first_step]
        self._lowest = min((float(row["frechet"]) for row in kept), default=math.inf)
        self._write(kept)

    def on_validation(self, validation: ValidationReport) -> None:
        """Measures, if it is time."""
        if validation.step < self._next:
            return
        self._next = (validation.step // self._every + 1) * self._every
        model = validation.model
        drawn = self._judged.sampled(model, _NUM_DRAWINGS, DRAWING)
        figures = self._measured_against().measure(drawn, seed=0)
        if figures["frechet"].value < self._lowest:
            self._lowest = figures["frechet"].value
            model.save_pretrained(self._folder / BEST_DRAWINGS_FILE)
        values = {name: f"{figure.value:.6g}" for name, figure in figures.items()}
        self._write([*self._rows(), {"step": str(validation.step), **values}])
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

    def _rows(self) -> list[dict[str, str]]:
        path = self._folder / FIGURES_FILE
        if not path.exists():
            return []
        with opened(path, "report") as (file, _), TextIOWrapper(file, "utf-8", newline="") as text:
            return list(csv.DictReader(text))

    def _write(self, rows: Sequence[Mapping[str, str]]) -> None:
        if not rows:
            return
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        write_atomically(self._folder / FIGURES_FILE, "\n".join([*lines, ""]).encode())


def judge_logs(dataset: Dataset, every: int | None) -> list[Callback]:
    """The log of a training that measures its drawings; none where `every` is None."""
    return [] if every is None else [JudgeLog(dataset, every)]
