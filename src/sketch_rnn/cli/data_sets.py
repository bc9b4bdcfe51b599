"""Data sets as the terminal shows them, and fetches them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)

from sketch_rnn.cli.output import aligned, note
from sketch_rnn.dataset.dataset import Dataset, load_dataset
from sketch_rnn.dataset.published import fetch_published, is_fetched, is_published
from sketch_rnn.preparation.survey import survey
from sketch_rnn.sketch import FirstRow


def load(data: Sequence[str], *, first_row: FirstRow | None = None) -> Dataset:
    """Returns a data set, fetched with a progress bar if need be."""
    fetch_missing(data)
    return load_dataset(data, first_row=first_row)


def print_survey(dataset: Dataset) -> None:
    """Writes the statistics of a data set, and what looks wrong."""
    found = survey(dataset)
    for text in found.warnings:
        note(text)
    typer.echo(aligned(found.rows))


def fetch_missing(data: Sequence[str]) -> None:
    """Fetches those of these data sets that are published, and not here yet."""
    fetch_all([n for n in data if is_published(n) and not is_fetched(n) and not Path(n).exists()])


def fetch_all(names: Sequence[str]) -> list[Path]:
    """Returns the files of published data sets, downloaded with a progress bar each."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    paths = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        for name in names:
            task = bar.add_task(f"fetching {name}", total=None)

            def advance(done: int, total: int | None, task: TaskID = task) -> None:
                bar.update(task, completed=done, total=total)

            paths.append(fetch_published(name, advance))
    return paths
