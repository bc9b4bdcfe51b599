"""Finds the runs in a folder, and what they say about themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sketch_rnn.checkpoint import LAST_FILE, PREVIOUS_FILE
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.training.folder import RunFolder
from sketch_rnn.training.record import RUN_FILE, read_record
from sketch_rnn.training.saved import read_state


@dataclass(frozen=True)
class FoundRun:
    """A run as `sketch-rnn runs` shows it; what is not known is empty.

    Attributes:
        folder: where it is.
        data: names of its data sets.
        step: steps taken at its last validation or end.
        valid: cost of its best model on the validation split.
        best_step: steps taken then.
        test: cost of that model on the test split.
        state: finished, running, interrupted, no_improvement, failed, or killed: neither running
            nor ended.
        started: when it was first started.
    """

    folder: Path
    data: str
    step: int | None
    valid: float | None
    best_step: int | None
    test: float | None
    state: str
    started: str

    def texts(self) -> list[str]:
        """Returns the fields as texts for people."""
        costs = ["" if cost is None else f"{cost:.4f}" for cost in (self.valid, self.test)]
        steps = ["" if step is None else f"{step:,}" for step in (self.step, self.best_step)]
        names = [str(self.folder), self.data]
        return [*names, steps[0], costs[0], steps[1], costs[1], self.state, self.started]


def find_runs(folder: Path) -> list[FoundRun]:
    """Returns the runs in a folder and the folders in it, those with the lowest cost first.

    Raises:
        SketchRNNError: if there is none.
    """
    names = (RUN_FILE, LAST_FILE, PREVIOUS_FILE)
    folders = sorted({path.parent for name in names for path in folder.rglob(name)})
    if not folders:
        raise SketchRNNError(f"no runs in {folder}; name the folder that they are in")
    found = [_found(run) for run in folders]
    return sorted(found, key=lambda run: math.inf if run.valid is None else run.valid)


def _found(folder: Path) -> FoundRun:
    record = read_record(folder)
    if record is None:
        return _from_state(folder)
    best, starts = _mapping(record.get("best")), record.get("starts")
    first = _mapping(starts[0]) if isinstance(starts, list) and starts else {}
    state, data = str(record.get("outcome", "")), record.get("data")
    if state == "running" and not RunFolder(folder).is_claimed():
        state = "killed"
    return FoundRun(
        folder=folder,
        data=", ".join(map(str, data)) if isinstance(data, list) else "",
        step=_whole(record.get("step")),
        valid=_real(_mapping(best.get("valid")).get("cost")),
        best_step=_whole(best.get("step")),
        test=_real(_mapping(best.get("test")).get("cost")),
        state=state,
        started=str(first.get("time", ""))[:16].replace("T", " "),
    )


def _from_state(folder: Path) -> FoundRun:
    """Returns what the checkpoint says, of a run without `run.json`."""
    try:
        header = read_state(folder)[0].header
    except SketchRNNError:
        return FoundRun(folder, "", None, None, None, None, "damaged", "")
    training, profile = _mapping(header["training"]), _mapping(header.get("profile"))
    progress, sources = _mapping(training["progress"]), profile.get("sources")
    return FoundRun(
        folder=folder,
        data=", ".join(map(str, sources)) if isinstance(sources, list) else "",
        step=_whole(training["step"]),
        valid=_real(progress.get("best_cost")),
        best_step=_whole(progress.get("best_step")),
        test=None,
        state="",
        started="",
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _real(value: Any) -> float | None:
    return value if isinstance(value, float) else None
