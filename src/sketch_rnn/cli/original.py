# ruff: noqa: PLC0415
# PyTorch is loaded when there is something to train, not for help.
"""`sketch_rnn_train`: the original's command, with its flags and its training."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import typer

from sketch_rnn.cli.original_flags import HELP, parse_flags
from sketch_rnn.cli.status import exit_status

PROGRAM: Final = "sketch_rnn_train"


def main() -> None:
    """Runs the command line and exits."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Returns the exit status of the command with these arguments."""
    return exit_status(PROGRAM, lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    flags = parse_flags(arguments)
    if flags.help:
        typer.echo(HELP, nl=False)
        return 0
    from sketch_rnn.cli.original_run import train_as_original

    return train_as_original(flags, again=[PROGRAM, *arguments, "--resume_training"])
