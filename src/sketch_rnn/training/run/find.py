"""Find the runs in a folder, and read their results from their checkpoints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.header import read_header_only
from sketch_rnn.text import printable
from sketch_rnn.training.run.files import CHECKPOINT_FILES, RUN_FILE, is_locked
from sketch_rnn.training.run.report import read_report
from sketch_rnn.training.run.resume import training_section
from sketch_rnn.training.run.state import read_progress
from sketch_rnn.training.validation import Validation


@dataclass(frozen=True)
class FoundRun:
    """A run as `sketch-rnn runs` lists it; unknown values are None or empty.

    Attributes:
        folder: of the run.
        data: names of its data.
        step: steps taken at its checkpoint.
        valid: cost of its best model on the validation split.
        best_step: steps taken then.
        test: cost of that model on the test split.
        state: finished, running, interrupted, no_improvement, failed, damaged, or killed: neither
            running nor ended.
        started: time of the first start.
        settings: of the model and of its training, by name.
    """

    folder: Path
    data: str
    step: int | None
    valid: float | None
    best_step: int | None
    test: float | None
    state: str
    started: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def texts(self) -> list[str]:
        """The fields as texts for people."""
        costs = ["" if cost is None else f"{cost:.4f}" for cost in (self.valid, self.test)]
        steps = ["" if step is None else f"{step:,}" for step in (self.step, self.best_step)]
        names = [str(self.folder), self.data]
        texts = [*names, steps[0], costs[0], steps[1], costs[1], self.state, self.started]
        return [printable(text) for text in texts]


def differences(runs: Sequence[FoundRun]) -> list[str]:
    """The settings of each run that are not the same in all of them, as text."""
    known = [run.settings for run in runs if run.settings]
    names = dict.fromkeys(name for settings in known for name in settings)
    varied = [n for n in names if any(s.get(n) != known[0].get(n) for s in known)]
    return [
        printable(", ".join(f"{n}={run.settings[n]}" for n in varied if n in run.settings))
        for run in runs
    ]


def find_runs(folder: Path) -> list[FoundRun]:
    """The runs in a folder and its subfolders, lowest validation cost first.

    Raises:
        SketchRNNError: if there is none.
    """
    names = (RUN_FILE, *CHECKPOINT_FILES)
    folders = sorted({path.parent for name in names for path in folder.rglob(name)})
    if not folders:
        raise SketchRNNError(f"no runs in {folder}; name the folder that they are in")
    found = [_found(run) for run in folders]
    return sorted(found, key=lambda run: math.inf if run.valid is None else run.valid)


def _found(folder: Path) -> FoundRun:
    """The run in a folder: its results from the checkpoint, the rest from `run.json`."""
    report, header = _report(folder), _newest_header(folder)
    training = header.get("training", {})
    progress = read_progress(training) if header else None
    best = progress.best_validation if progress else None
    if best is None:
        # A checkpoint of version 0.1 does not hold it.
        best = Validation.from_dict(report.get("best"))
    sources = report.get("data") or _mapping(header.get("profile")).get("sources")
    return FoundRun(
        folder=folder,
        data=", ".join(map(str, sources)) if isinstance(sources, list) else "",
        step=training.get("step"),
        valid=progress.best_cost if progress else None,
        best_step=progress.best_step if progress else None,
        test=best.test.cost if progress and best and best.test else None,
        state=_state(folder, report) if header else "damaged",
        started=_started(report),
        settings={**_mapping(header.get("config")), **_mapping(training.get("config"))},
    )


def _report(folder: Path) -> Mapping[str, Any]:
    try:
        return read_report(folder)
    except SketchRNNError:
        return {}


def _newest_header(folder: Path) -> Mapping[str, Any]:
    """The header of the newest checkpoint that can be read; empty if there is none."""
    for name in CHECKPOINT_FILES:
        try:
            header = read_header_only(folder / name)
            read_progress(training_section(_mapping(header.get("training"))))
        except SketchRNNError:
            continue
        return header
    return {}


def _state(folder: Path, report: Mapping[str, Any]) -> str:
    state = str(report.get("outcome", ""))
    return "killed" if state == "running" and not is_locked(folder) else state


def _started(report: Mapping[str, Any]) -> str:
    starts = report.get("starts")
    first = _mapping(starts[0]) if isinstance(starts, list) and starts else {}
    return str(first.get("time", ""))[:16].replace("T", " ")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
