"""What a run leaves for people and programs beside its checkpoints: `metrics.csv`, `run.json`."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import write_atomically, write_error, write_json
from sketch_rnn.profile import DataProfile
from sketch_rnn.sources.doodles import doodle_sources
from sketch_rnn.training.observers import (
    RunReport,
    StepReport,
    TrainingObserver,
    TrainResult,
    ValidationReport,
)
from sketch_rnn.training.validation import SplitCosts

METRICS_FILE: Final = "metrics.csv"
RUN_FILE: Final = "run.json"
NOTICES_FILE: Final = "notices.txt"
COLUMNS: Final = (
    *("step", "split", "cost", "reconstruction", "kl", "learning_rate", "kl_weight"),
    "sketches_per_second",
)


class RunRecord(TrainingObserver):
    """Writes `metrics.csv`, `run.json` and `notices.txt` into the run's folder.

    `metrics.csv` has a row for each logged step (split `train`) and for each split that a
    validation measured. `run.json` says what made the run, one entry for each time it was started,
    and how far it came. Rows after the step that a resumed run goes on from are dropped.
    """

    def __init__(self) -> None:
        self._folder = Path()
        self._record: dict[str, Any] = {}
        self._run: RunReport | None = None
        self._seconds, self._num_timed = 0.0, 0

    def on_start(self, run: RunReport) -> None:
        """Begins or goes on with the files."""
        self._folder, self._run = run.folder, run
        self._seconds, self._num_timed = 0.0, 0
        before = _read_record(run.folder / RUN_FILE) if run.first_step else {}
        starts, best = before.get("starts"), before.get("best")
        if before.get("data_fingerprint") != run.fingerprint:
            best = None
        entry = {"step": run.first_step, **surroundings(), "workers": run.num_workers}
        entry["precision"] = run.precision
        self._record = {
            "data": _data_names(run.model.profile),
            "data_fingerprint": run.fingerprint,
            "seed": run.config.seed,
            "num_steps": run.num_steps,
            "starts": [*(starts if isinstance(starts, list) else []), entry],
            "outcome": "running",
            "step": run.first_step,
            "best": best,
        }
        self._write_record()
        rows = _rows_until(run.folder / METRICS_FILE, run.first_step)
        text = io.StringIO(newline="")
        csv.writer(text).writerows([COLUMNS, *rows])
        write_atomically(run.folder / METRICS_FILE, text.getvalue().encode(), make_folder=False)

    @property
    def best(self) -> dict[str, SplitCosts]:
        """Returns the costs of the best model, by the name of the split; none before there is one.

        Those of a run that was resumed are known from its file.
        """
        best = self._record.get("best")
        if not isinstance(best, dict):
            return {}
        try:
            return {name: SplitCosts(**best[name]) for name in ("valid", "test")}
        except (KeyError, TypeError):
            return {}

    def on_notice(self, notice: str) -> None:
        """Writes it down with the time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._append(NOTICES_FILE, f"{now} {notice}\n")

    def on_step(self, step: StepReport) -> None:
        """Adds a row at every `log_every`-th step."""
        if self._run is None:
            return
        self._seconds += step.seconds
        self._num_timed += 1
        if step.step % self._run.config.log_every:
            return
        losses = step.losses
        values = [losses.total.item(), losses.reconstruction.item(), losses.kl.item()]
        speed = self._num_timed * self._run.config.batch_size / max(self._seconds, 1e-9)
        self._seconds, self._num_timed = 0.0, 0
        rates = [step.learning_rate, step.kl_weight, round(speed, 1)]
        self._append_rows([[step.step, "train", *values, *rates]])

    def on_validation(self, validation: ValidationReport) -> None:
        """Adds a row for each split, and says how far the run came."""
        splits = {"valid": validation.valid, "test": validation.test}
        measured = {name: costs for name, costs in splits.items() if costs is not None}
        empty = ["", "", ""]
        self._append_rows(
            [[validation.step, name, *_costs(costs), *empty] for name, costs in measured.items()]
        )
        self._record["step"] = validation.step
        if validation.test is not None:
            best = {name: asdict(costs) for name, costs in measured.items()}
            self._record["best"] = {"step": validation.step, **best}
        self._write_record()

    def on_end(self, result: TrainResult | None) -> None:
        """Says how the run ended."""
        if self._run is None:
            return
        self._record["outcome"] = "failed" if result is None else result.outcome
        if result is not None:
            self._record["step"] = result.step
        try:
            self._write_record()
        except SketchRNNError:
            # What ended the run matters more.
            if result is not None:
                raise

    def _write_record(self) -> None:
        write_json(self._folder / RUN_FILE, self._record, make_folder=False)

    def _append_rows(self, rows: list[list[Any]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        self._append(METRICS_FILE, text.getvalue())

    def _append(self, name: str, text: str) -> None:
        path = self._folder / name
        try:
            with path.open("a", encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError as error:
            raise write_error(path, error) from error


def _data_names(profile: DataProfile) -> list[str]:
    """Returns what the data is, the kinds of doodles by name: runs on others look alike else."""
    kinds = doodle_sources(profile.labels)
    return [
        part for name in profile.sources for part in (kinds if name == "doodles" else []) or [name]
    ]


def surroundings() -> dict[str, Any]:
    """Returns what a run's result may depend on beside its settings, ready for JSON."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
        "git_revision": _git_revision(),
        "versions": {
            "sketch_rnn": _version(),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "machine": {
            "host": platform.node(),
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "gpus": gpus,
        },
        "process": os.getpid(),
    }


def read_record(folder: Path) -> dict[str, Any] | None:
    """Returns what `run.json` in a run's folder says; None if there is none to be read."""
    return _read_record(folder / RUN_FILE) or None


def _read_record(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _rows_until(path: Path, step: int) -> list[list[str]]:
    """Returns the whole rows of a run's metrics up to a step."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    rows = list(csv.reader(io.StringIO(text)))[1:]
    whole = [row for row in rows if len(row) == len(COLUMNS) and row[0].isdigit()]
    return [row for row in whole if int(row[0]) <= step and step]


def _costs(costs: SplitCosts) -> list[float]:
    return [costs.cost, costs.reconstruction, costs.kl]


def _version() -> str:
    try:
        return version("sketch-rnn")
    except PackageNotFoundError:
        return "unknown"


def _git_revision() -> str | None:
    """Returns the commit of this program, where it runs from a checkout."""
    folder = Path(__file__).parent
    words = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        found = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
