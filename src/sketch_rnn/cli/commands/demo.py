"""`sketch-rnn demo`: from nothing to drawings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli.options import Seed


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the page and its pictures.")] = Path("demo"),
    seed: Seed = 0,
    steps: Annotated[
        int | None,
        typer.Option(help="Training steps.", show_default="those of the preset demo"),
    ] = None,
) -> None:
    """Train on doodles for a few minutes, and show what the model can do."""
    from sketch_rnn.demo import run_demo

    run_demo(out, seed=seed, num_steps=steps, report=typer.echo)
