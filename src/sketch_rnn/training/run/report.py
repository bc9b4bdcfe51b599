"""The report of a run for people and programs: `metrics.csv`, `run.json` and `notices.txt`."""

from __future__ import annotations

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
from sketch_rnn.io.atomic import write_json
from sketch_rnn.io.budget import opened
from sketch_rnn.kernels.choice import ARITHMETIC
from sketch_rnn.profile import DataProfile
from sketch_rnn.sources.doodles import doodle_sources
from sketch_rnn.training.callbacks import (
    Callback,
    RunStart,
    StepReport,
    TrainResult,
    ValidationReport,
)
from sketch_rnn.training.run.files import (
    METRICS_FILE,
    NOTICES_FILE,
    RUN_FILE,
    append_text,
    remove_irregular,
)
from sketch_rnn.training.run.metrics import (
    Row,
    append_rows,
    drop_rows,
    new_metrics,
    repair_metrics,
    validation_rows,
)
from sketch_rnn.training.validation import SplitCosts, Validation

# The key in `run.json` of where the data was read from.
ORIGINS: Final = "data_from"


class RunReport(Callback):
    """Writes `metrics.csv`, `run.json` and `notices.txt` into the run's folder.

    `metrics.csv` has a row for each logged step (split `train`) and for each split of a
    validation. `run.json` holds the circumstances of the run, with an entry for each start, and
    its results. On resume both are made to agree with the checkpoint, also if they are damaged.
    """

    def __init__(self) -> None:
        self._folder = Path()
        self._report: dict[str, Any] = {}
        self._best: Validation | None = None
        self._run: RunStart | None = None
        self._last_step = self._num_timed = 0
        self._seconds = 0.0

    @property
    def best(self) -> dict[str, SplitCosts]:
        """The costs of the best model by split; empty before the first validation."""
        if self._best is None or self._best.test is None:
            return {}
        return {"valid": self._best.valid, "test": self._best.test}

    def on_start(self, run: RunStart) -> None:
        """Starts the files, or repairs them."""
        self._folder, self._run, self._last_step = run.folder, run, run.first_step
        self._seconds, self._num_timed = 0.0, 0
        if remove_irregular(run.folder / NOTICES_FILE):
            run.notify(f"{run.folder / NOTICES_FILE}: not a regular file; removed")
        before = self._earlier_report(run) if run.first_step else {}
        starts = before.get("starts")
        start = {"step": run.first_step, **environment(), "workers": run.num_workers}
        start |= {name: getattr(run.config, name) for name in ARITHMETIC}
        self._best = run.best_validation
        if self._best is None and before.get("data_fingerprint") == run.fingerprint:
            # A checkpoint of version 0.1 does not hold it.
            self._best = Validation.from_dict(before.get("best"))
        self._report = {
            "data": _data_names(run.model.profile),
            ORIGINS: list(run.origins) or before.get(ORIGINS, []),
            "data_fingerprint": run.fingerprint,
            "seed": run.config.seed,
            "num_steps": run.num_steps,
            "starts": [*(starts if isinstance(starts, list) else []), start],
            "outcome": "running",
            "step": run.first_step,
        }
        self._write_report()
        self._start_metrics(run)

    def on_notice(self, notice: str) -> None:
        """Writes the notice with the time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        append_text(self._folder / NOTICES_FILE, f"{now} {notice}\n")

    def on_step(self, step: StepReport) -> None:
        """Adds a row at every `log_every`-th step."""
        if self._run is None:
            return
        if step.step <= self._last_step:  # The run was rolled back.
            drop_rows(self._folder / METRICS_FILE, step.step - 1)
        self._last_step = step.step
        self._seconds += step.seconds
        self._num_timed += 1
        if step.step % self._run.config.log_every:
            return
        losses = step.losses
        values = [losses.total.item(), losses.reconstruction.item(), losses.kl.item()]
        speed = self._num_timed * self._run.config.batch_size / max(self._seconds, 1e-9)
        self._seconds, self._num_timed = 0.0, 0
        rates = [step.learning_rate, step.kl_weight, round(speed, 1)]
        append_rows(self._folder / METRICS_FILE, [Row.of(step.step, "train", values + rates)])

    def on_validation(self, validation: ValidationReport) -> None:
        """Adds a row for each split, and updates the step and the best model."""
        measured = Validation(validation.step, validation.valid, validation.test)
        append_rows(self._folder / METRICS_FILE, validation_rows(measured), sync=True)
        self._report["step"] = validation.step
        if validation.test is not None:
            self._best = validation.best
        self._write_report()

    def on_end(self, result: TrainResult | None) -> None:
        """Writes how the run ended."""
        if self._run is None:
            return
        self._report["outcome"] = "failed" if result is None else result.outcome
        if result is not None:
            self._report["step"] = result.step
        try:
            self._write_report()
        except SketchRNNError:
            # The error that ended the run matters more.
            if result is not None:
                raise

    def _earlier_report(self, run: RunStart) -> dict[str, Any]:
        """What `run.json` said before the resume; empty, with a notice, if it cannot be read."""
        try:
            return read_report(run.folder)
        except SketchRNNError as error:
            run.notify(f"{error}; its entries of earlier starts are lost")
            return {}

    def _start_metrics(self, run: RunStart) -> None:
        path = run.folder / METRICS_FILE
        if not run.first_step:
            new_metrics(path)
            return
        known = [v for v in (run.last_validation, run.best_validation) if v is not None]
        for notice in repair_metrics(path, run.first_step, known):
            run.notify(notice)

    def _write_report(self) -> None:
        best = None if self._best is None else asdict(self._best)
        write_json(self._folder / RUN_FILE, {**self._report, "best": best}, make_folder=False)


def read_report(folder: Path) -> dict[str, Any]:
    """The content of `run.json` in a run's folder.

    Raises:
        SketchRNNError: if it is missing or damaged.
    """
    path = folder / RUN_FILE
    if not os.path.lexists(path):
        raise SketchRNNError(f"{path}: missing")
    with opened(path, "report") as (file, _):
        values = json.load(file)
    if not isinstance(values, dict):
        raise SketchRNNError(f"{path}: damaged: not a JSON object")
    return values


def recorded_origins(run: str | os.PathLike[str]) -> list[str]:
    """The `Dataset.origins` in the `run.json` of a run, or beside one of its checkpoints.

    Empty if the file is missing or cannot be read; the user can still name the data.
    """
    if not os.path.exists(run):
        return []  # The name of a model.
    folder = Path(run) if os.path.isdir(run) else Path(run).parent
    try:
        origins = read_report(folder).get(ORIGINS)
    except SketchRNNError:
        return []
    return [one for one in origins if isinstance(one, str)] if isinstance(origins, list) else []


def _data_names(profile: DataProfile) -> list[str]:
    """The names of the data; those of doodles with their kinds, to tell runs on them apart."""
    kinds = doodle_sources(profile.labels)
    return [
        part for name in profile.sources for part in (kinds if name == "doodles" else []) or [name]
    ]


def environment() -> dict[str, Any]:
    """What the result may depend on besides the settings: time, versions, machine; JSON-ready."""
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


def _version() -> str:
    try:
        return version("sketch-rnn")
    except PackageNotFoundError:
        return "unknown"


def _git_revision() -> str | None:
    """The commit of this program, if it runs from a checkout."""
    folder = Path(__file__).parent
    words = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        found = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
