"""The command `sketch-rnn`."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated, Any, Final

import typer

import sketch_rnn
from sketch_rnn.cli.commands.complete import complete
from sketch_rnn.cli.commands.data_fetch import fetch
from sketch_rnn.cli.commands.data_info import info as data_info
from sketch_rnn.cli.commands.data_prepare import prepare
from sketch_rnn.cli.commands.data_show import show
from sketch_rnn.cli.commands.demo import demo
from sketch_rnn.cli.commands.draw import draw
from sketch_rnn.cli.commands.evaluate import evaluate
from sketch_rnn.cli.commands.export import export
from sketch_rnn.cli.commands.import_model import import_model
from sketch_rnn.cli.commands.info import info
from sketch_rnn.cli.commands.interpolate import interpolate
from sketch_rnn.cli.commands.models import models
from sketch_rnn.cli.commands.recognize import recognize
from sketch_rnn.cli.commands.reconstruct import reconstruct
from sketch_rnn.cli.commands.runs import runs
from sketch_rnn.cli.commands.studio import studio
from sketch_rnn.cli.commands.train import train
from sketch_rnn.cli.terminal import exit_status
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.threads import wait_passively

Command = Callable[..., None]

COMMANDS: Final[dict[str, Command]] = {
    "demo": demo,
    "train": train,
    "draw": draw,
    "reconstruct": reconstruct,
    "interpolate": interpolate,
    "complete": complete,
    "evaluate": evaluate,
    "info": info,
    "models": models,
    "import": import_model,
    "export": export,
    "recognize": recognize,
    "runs": runs,
    "studio": studio,
}
DATA_COMMANDS: Final[dict[str, Command]] = {
    "prepare": prepare,
    "show": show,
    "info": data_info,
    "fetch": fetch,
}

PROGRAM: Final = "sketch-rnn"
# Names that people try, and those that the commands have.
_OTHER_NAMES: Final = {"sample": "draw", "generate": "draw", "resume": "train --resume"}
_NO_VALUE: Final = re.compile("--[^=]+=")
_COLLECT_SELDOM: Final = (100_000, 50, 100)

_SETTINGS: Final = {"help_option_names": ["-h", "--help"]}
app: Final = typer.Typer(
    help="Train Sketch-RNN on vector drawings, then draw with it.",
    context_settings=_SETTINGS,
    pretty_exceptions_enable=False,
)
data_app: Final = typer.Typer(
    help="Make, show and download datasets.", context_settings=_SETTINGS, no_args_is_help=True
)
for name, command in COMMANDS.items():
    app.command(name, context_settings=_SETTINGS)(command)
for name, command in DATA_COMMANDS.items():
    data_app.command(name, context_settings=_SETTINGS)(command)
app.add_typer(data_app, name="data")


def main() -> None:
    """Runs the command line and exits."""
    wait_passively()
    # Importing PyTorch makes many objects and no garbage. Collecting then and at exit would take a
    # fifth of the time of a first drawing.
    gc.set_threshold(*_COLLECT_SELDOM)
    status = run(sys.argv[1:])
    gc.freeze()
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """The exit status of the command with these arguments; without any it shows its help."""
    return exit_status(PROGRAM, lambda: _called(list(arguments) or ["--help"]))


def _called(words: list[str]) -> Any:
    if words[0] in _OTHER_NAMES:
        known = f"{PROGRAM} {_OTHER_NAMES[words[0]]}"
        raise SketchRNNError(f"no such command '{words[0]}'; use: {known}")
    for before, word in pairwise([PROGRAM, *words]):
        if not word or _NO_VALUE.fullmatch(word):
            place = word.removesuffix("=") or before
            raise SketchRNNError(f"an empty argument at {place}; give a value, or leave it out")
    return app(words, prog_name=PROGRAM, standalone_mode=False)


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
    """Train Sketch-RNN on vector drawings, then draw with it.

    Start with: sketch-rnn draw cat, or sketch-rnn demo
    """
