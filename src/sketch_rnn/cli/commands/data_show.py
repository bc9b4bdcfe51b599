"""`sketch-rnn data show`: a picture and the statistics of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli.options import Count, RowZero, Seed, SomeData


def show(
    data: SomeData,
    *,
    count: Count = 50,
    split: Annotated[str, typer.Option(help="Split: train, valid or test.")] = "train",
    label: Annotated[
        str, typer.Option(help="Only drawings of this label.", show_default="all")
    ] = "",
    seed: Seed = 0,
    first_row: RowZero = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Picture to write: .svg or .png.")
    ] = Path("data.svg"),
) -> None:
    """Show drawings of a dataset and its statistics.

    Example: sketch-rnn data show mine.npz -n 100 -o mine.png
    """
    from sketch_rnn.cli.terminal import check_picture, fetch_missing, print_survey
    from sketch_rnn.dataset.dataset import load_dataset
    from sketch_rnn.preparation.sheets import contact_sheet
    from sketch_rnn.preparation.survey import survey
    from sketch_rnn.render.files import save

    check_picture(out)
    fetch_missing(data)
    dataset = load_dataset(data, first_row=first_row)
    figure = contact_sheet(dataset, split=split, count=count, seed=seed, label=label)
    print_survey(survey(dataset))
    typer.echo(f"wrote {save(figure, out)}")
