"""`sketch_rnn_train`: the original's training command, with its flags."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import typer

from sketch_rnn.cli.commands.train import say_what_next
from sketch_rnn.cli.terminal import INTERRUPTED, exit_status, note
from sketch_rnn.interop.flags import HELP, parse_flags
from sketch_rnn.threads import wait_passively

PROGRAM: Final = "sketch_rnn_train"


def main() -> None:
    """Runs the command line and exits."""
    wait_passively()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit status of the command with these arguments."""
    return exit_status(PROGRAM, lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    flags = parse_flags(arguments)
    if flags.help:
        typer.echo(HELP, nl=False)
        return 0
    from sketch_rnn.training.original import train_as_original

    result = train_as_original(flags, report=typer.echo, note=note)
    say_what_next(result, [PROGRAM, *arguments, "--resume_training"])
    return INTERRUPTED if result.interrupted else 0
