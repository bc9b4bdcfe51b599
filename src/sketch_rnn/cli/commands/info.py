"""`sketch-rnn info`: the contents of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli.options import Model

Diagram = Annotated[
    Path | None,
    typer.Option(help="Write a diagram of the network (.svg, .png).", show_default="none"),
]
Arrays = Annotated[
    Path | None,
    typer.Option(help="Write the table of arrays (.csv).", show_default="none"),
]


def info(model: Model, *, diagram: Diagram = None, arrays: Arrays = None) -> None:
    """Show a model's settings, layers, arrays and data profile.

    Example: sketch-rnn info doodles --diagram network.svg
    """
    from sketch_rnn.cli.terminal import check_picture, load_model
    from sketch_rnn.contents import array_table, describe
    from sketch_rnn.io.atomic import check_place, write_atomically
    from sketch_rnn.render import network_diagram, save

    if diagram is not None:
        check_picture(diagram)
    if arrays is not None:
        check_place(arrays)
    typer.echo(describe(model))
    if diagram is None and arrays is None:
        return
    loaded = load_model(model)
    if diagram is not None:
        typer.echo(f"\nwrote {save(network_diagram(loaded.config), diagram)}")
    if arrays is not None:
        write_atomically(arrays, array_table(loaded).encode())
        typer.echo(f"\nwrote {arrays}")
