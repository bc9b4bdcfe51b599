"""The command `sketch-rnn`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer

import sketch_rnn
from sketch_rnn.cli.complete import complete
from sketch_rnn.cli.data import data_app
from sketch_rnn.cli.demo import demo
from sketch_rnn.cli.draw import draw
from sketch_rnn.cli.evaluate import evaluate
from sketch_rnn.cli.export import export
from sketch_rnn.cli.importing import import_model
from sketch_rnn.cli.info import info
from sketch_rnn.cli.interpolate import interpolate
from sketch_rnn.cli.list_runs import runs
from sketch_rnn.cli.models import models
from sketch_rnn.cli.recognize import recognize
from sketch_rnn.cli.reconstruct import reconstruct
from sketch_rnn.cli.status import exit_status
from sketch_rnn.cli.train import train

PROGRAM: Final = "sketch-rnn"
_COLLECT_SELDOM: Final = (100_000, 50, 100)

app: Final = typer.Typer(
    help="Train Sketch-RNN on vector drawings, then draw with it.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (demo, train, draw, reconstruct, interpolate, complete, evaluate, info, models):
    app.command()(command)
app.command("import")(import_model)
app.command()(export)
app.command()(recognize)
app.command()(runs)
app.add_typer(data_app, name="data")


def main() -> None:
    """Runs the command line and exits."""
    # Importing PyTorch makes very many objects and no garbage. Looking for some, then and at the
    # end, takes a fifth of the time that a first drawing takes.
    gc.set_threshold(*_COLLECT_SELDOM)
    status = run(sys.argv[1:])
    gc.freeze()
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Returns the exit status of the command with these arguments."""
    # Without any, what can be done is more helpful than an error.
    words = list(arguments) or ["--help"]
    return exit_status(PROGRAM, lambda: app(words, prog_name=PROGRAM, standalone_mode=False))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {sketch_rnn.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Train Sketch-RNN on vector drawings, then draw with it."""
