"""`sketch-rnn data fetch`: download published datasets."""

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
    """Download published datasets. Interrupted downloads resume; existing files are kept.

    Example: sketch-rnn data fetch aaron_sheep quickdraw/cat
    """
    from sketch_rnn.cli.terminal import fetch_all

    for name, path in zip(names, fetch_all(names), strict=True):
        typer.echo(f"{name}: {path}")
