"""`sketch-rnn models`: list or download models by name."""

from __future__ import annotations

from typing import Annotated

import typer

from sketch_rnn.cli.terminal import download_bar
from sketch_rnn.text import aligned

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Models to download and describe.", show_default=False),
]


def models(names: Names = None) -> None:
    """List the models that have a name, or download some and show their settings.

    Example: sketch-rnn models quickdraw
    """
    from sketch_rnn.zoo.listing import family_texts, model_rows
    from sketch_rnn.zoo.table import load_table

    if names:
        typer.echo("\n\n".join(_described(name) for name in names))
        return
    table = load_table()
    typer.echo(aligned([("NAME", "WHERE", "WHAT"), *model_rows(table)]))
    for text in family_texts(table):
        typer.echo(f"\n{text}")
    typer.echo(
        "\nsketch-rnn draw NAME draws with one; sketch-rnn models NAME downloads it and shows its "
        "settings"
    )


def _described(name: str) -> str:
    from sketch_rnn.contents import summary
    from sketch_rnn.zoo.locate import find_model

    with download_bar(name) as on_progress:
        find_model(name, on_progress)
    return f"{name}\n{summary(name)}"
