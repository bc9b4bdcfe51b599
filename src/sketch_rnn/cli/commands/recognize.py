"""`sketch-rnn recognize`: the most likely labels of drawings."""

from __future__ import annotations

from typing import Annotated

import typer

from sketch_rnn.cli.options import Device, Drawings, Rows
from sketch_rnn.cli.terminal import load_model
from sketch_rnn.text import aligned


def recognize(
    drawings: Drawings,
    *,
    model: Annotated[str, typer.Option(help="A class-conditional model.")] = "quickdraw",
    count: Annotated[int, typer.Option("--count", "-n", help="Number of labels to show.")] = 5,
    rows: Rows = None,
    part: Annotated[
        bool, typer.Option("--part", help="The drawing is unfinished; implied by --rows.")
    ] = False,
    device: Device = "cpu",
) -> None:
    """Name the most likely labels of drawings, by a class-conditional model.

    Example: sketch-rnn recognize my_drawing.svg
    """
    from sketch_rnn.errors import expect_whole
    from sketch_rnn.generate import recognition
    from sketch_rnn.generate.files import beginning, read_drawings

    expect_whole(count, 1, "count")
    loaded = load_model(model, device)
    for drawing in read_drawings(drawings):
        guesses = recognition.recognize(
            loaded,
            beginning(drawing, rows),
            part=part or rows is not None,
            fit=drawing.needs_fit(loaded.profile),
        )
        table = [(f"{guess.probability:.1%}", guess.label) for guess in guesses[:count]]
        typer.echo(f"{drawing.name}\n{aligned(table, right=(0,))}")
