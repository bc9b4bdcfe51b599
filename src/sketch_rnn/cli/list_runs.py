# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.
"""`sketch-rnn runs`: what was trained so far, and how well."""

from __future__ import annotations

from pathlib import Path

import typer

from sketch_rnn.cli import arguments
from sketch_rnn.cli.output import aligned


def runs(folder: arguments.RunsFolder = Path("runs")) -> None:
    """List training runs, the best first."""
    from sketch_rnn.training.listing import find_runs

    found = find_runs(folder)
    rows = [["run", "data", "step", "valid cost", "at step", "test cost", "state", "started"]]
    rows += [run.texts() for run in found]
    typer.echo(aligned(rows, right=(2, 3, 4, 5)))
