# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.
"""`sketch-rnn info`: what is in a model."""

from __future__ import annotations

import typer

from sketch_rnn.cli import arguments


def info(model: arguments.Model) -> None:
    """Show a model's settings, layers, arrays and what it knows of its drawings."""
    from sketch_rnn.cli.contents import describe

    typer.echo(describe(model))
