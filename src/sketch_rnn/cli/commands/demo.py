"""`sketch-rnn demo`: train a small model and show what it can do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli.options import Seed


def demo(
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the page and its pictures.")
    ] = Path("demo"),
    seed: Seed = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Train again, and replace the demo in --out.")
    ] = False,
    steps: Annotated[
        int | None,
        typer.Option(help="Training steps.", show_default="those of preset demo"),
    ] = None,
) -> None:
    """Train on doodles for a few minutes, and show what the model can do on a page.

    An interrupted demo resumes; a finished one draws its page again.

    Example: sketch-rnn demo --seed 1 -o another_demo
    """
    from sketch_rnn.demo import run_demo

    run_demo(out, seed=seed, num_steps=steps, overwrite=overwrite, report=typer.echo)
