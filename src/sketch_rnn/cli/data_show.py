# ruff: noqa: PLC0415
# What reads data is loaded when a command runs, not for its help.
"""`sketch-rnn data show` and `data info`: a data set in pictures and in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli import arguments

SomeData = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA",
        help="A name such as doodles or quickdraw/cat, .npz files, or a store.",
        show_default=False,
    ),
]


def show(
    data: SomeData,
    *,
    count: arguments.Count = 50,
    split: Annotated[str, typer.Option(help="Which drawings: train, valid or test.")] = "train",
    label: Annotated[
        str, typer.Option(help="Only drawings of this label.", show_default="all")
    ] = "",
    seed: arguments.Seed = 0,
    first_row: arguments.RowZero = None,
    out: Annotated[Path, typer.Option(help="The picture: .svg or .png.")] = Path("data.svg"),
) -> None:
    """Show drawings of a data set and its statistics."""
    from sketch_rnn.cli.data_sets import load, print_survey
    from sketch_rnn.cli.output import check_picture
    from sketch_rnn.preparation.sheets import contact_sheet
    from sketch_rnn.render.files import save

    check_picture(out)
    dataset = load(data, first_row=first_row)
    figure = contact_sheet(dataset, split=split, count=count, seed=seed, label=label)
    print_survey(dataset)
    typer.echo(f"wrote {save(figure, out)}")


def info(data: SomeData, *, first_row: arguments.RowZero = None) -> None:
    """Print the statistics of a data set, with the scale that training would use."""
    from sketch_rnn.cli.data_sets import load, print_survey

    print_survey(load(data, first_row=first_row))
