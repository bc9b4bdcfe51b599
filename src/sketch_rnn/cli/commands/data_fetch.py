"""`sketch-rnn data fetch`: the published data sets."""

from __future__ import annotations

from typing import Annotated

import typer


def fetch(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="aaron_sheep, kanji, omniglot, or quickdraw/CATEGORY such as quickdraw/cat.",
            show_default=False,
        ),
    ],
) -> None:
    """Download published data sets; what broke off goes on, and what is there stays."""
    from sketch_rnn.cli.terminal import fetch_all

    for name, path in zip(names, fetch_all(names), strict=True):
        typer.echo(f"{name}: {path}")
