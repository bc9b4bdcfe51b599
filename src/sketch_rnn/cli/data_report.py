"""A preparation as the terminal shows it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from sketch_rnn.cli.output import check_picture, note
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.run import prepare_files
from sketch_rnn.preparation.sheets import before_and_after
from sketch_rnn.render.files import save
from sketch_rnn.sources.options import ReadingOptions


def run_preparation(
    inputs: Sequence[Path],
    out: Path,
    reading: ReadingOptions,
    options: PrepareOptions,
    *,
    sheet: Path | None,
    strict: bool,
    workers: int | None,
) -> None:
    """Prepares drawings, and writes what was done to the terminal and into a picture."""
    picture = sheet or out.with_suffix(".svg")
    if sheet is not None:
        check_picture(sheet)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("preparing")
        report = prepare_files(
            inputs,
            out,
            reading=reading,
            options=options,
            strict=strict,
            workers=num_cores() if workers is None else workers,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    for text in report.warnings():
        note(text)
    typer.echo(report.text())
    typer.echo(f"wrote {out}")
    if report.examples:
        typer.echo(f"wrote {save(before_and_after(report), picture)}")
    typer.echo(f"train with it: {shlex.join(['sketch-rnn', 'train', str(out)])}")


def num_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
