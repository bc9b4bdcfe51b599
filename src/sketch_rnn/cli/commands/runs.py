"""`sketch-rnn runs`: list training runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.text import aligned

RunsFolder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Folder to search for runs, with subfolders.")
]


def runs(folder: RunsFolder = Path("runs")) -> None:
    """List training runs, best first, with the settings in which they differ.

    Example: sketch-rnn runs runs/
    """
    from sketch_rnn.training.run.find import differences, find_runs

    found = find_runs(folder)
    head = ["run", "data", "step", "valid cost", "at step", "test cost", "state", "started"]
    rows = [[*head, "differs in"]] if len(found) > 1 else [head]
    for run, differing in zip(found, differences(found), strict=True):
        rows.append(run.texts() + ([differing] if len(found) > 1 else []))
    typer.echo(aligned(rows, right=(2, 3, 4, 5)))
