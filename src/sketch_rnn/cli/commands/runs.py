"""`sketch-rnn runs`: what was trained so far, and how well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.text import aligned

RunsFolder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Where to look for runs, in all its folders.")
]


def runs(folder: RunsFolder = Path("runs")) -> None:
    """List training runs, the best first."""
    from sketch_rnn.training.run.find import find_runs

    found = find_runs(folder)
    rows = [["run", "data", "step", "valid cost", "at step", "test cost", "state", "started"]]
    rows += [run.texts() for run in found]
    typer.echo(aligned(rows, right=(2, 3, 4, 5)))
