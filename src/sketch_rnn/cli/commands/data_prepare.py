"""`sketch-rnn data prepare`: make a dataset of drawings in any format."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli.options import DRAWING_FILES, with_flags
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.sources.options import ReadingOptions

Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT",
        help=f"Files ({DRAWING_FILES}) and folders of them.",
        show_default=False,
    ),
]
DataOut = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="Where to write: NAME.npz, or a folder (a store, for large datasets).",
        show_default=False,
    ),
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        help="Picture of drawings before and after (.svg, .png).",
        show_default="beside --out, as .svg",
    ),
]


@with_flags
def prepare(
    inputs: Inputs,
    *,
    options: PrepareOptions,
    reading: ReadingOptions,
    out: DataOut,
    sheet: Sheet = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Treat every warning as an error.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="Number of processes.", show_default="one per core")
    ] = None,
) -> None:
    """Make a dataset of drawings: SVG, QuickDraw, JSON, .npz, .npy, CSV, and folders of them.

    Example: sketch-rnn data prepare my_svgs/ -o mine.npz
    """
    from sketch_rnn.cli.terminal import check_picture, counting_bar, note
    from sketch_rnn.preparation.run import prepare_files
    from sketch_rnn.preparation.sheets import before_and_after
    from sketch_rnn.render.files import save
    from sketch_rnn.threads import granted_processors

    if sheet is not None:
        check_picture(sheet)
    with counting_bar("preparing") as on_progress:
        report = prepare_files(
            inputs,
            out,
            reading=reading,
            options=options,
            strict=strict,
            workers=granted_processors() if workers is None else workers,
            on_progress=on_progress,
        )
    for text in report.warnings():
        note(text)
    typer.echo(report.text())
    typer.echo(f"wrote {out}")
    if report.examples:
        picture = sheet or out.with_suffix(".svg")
        figure = before_and_after(report, files=picture.suffix.lower() == ".svg")
        typer.echo(f"wrote {save(figure, picture)}")
    _say_what_next(out, report.measures.splits["train"])


def _say_what_next(data: Path, num_train: int) -> None:
    """Writes the command that trains on the new dataset."""
    from sketch_rnn.training.presets import FEW_DRAWINGS, suggested_flags

    train = ["sketch-rnn", "train", str(data)]
    typer.echo(f"train with it: {shlex.join([*train, *suggested_flags(num_train)])}")
    if num_train < FEW_DRAWINGS:
        scratch = shlex.join([*train, "--preset", "small"])
        typer.echo(f"or from scratch, to encode drawings too: {scratch}")
