"""`sketch-rnn complete`: several endings of a partial drawing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sketch_rnn.cli.options import (
    DRAWING_FILES,
    Animate,
    Columns,
    Count,
    Device,
    Label,
    Model,
    Out,
    Overwrite,
    Rows,
    with_flags,
)
from sketch_rnn.cli.terminal import check_out, load_model, note_temperature, write_result
from sketch_rnn.generate.options import LATENT, DrawingOptions
from sketch_rnn.render.style import Style

if TYPE_CHECKING:
    from sketch_rnn.generate.options import CompletionLatent
    from sketch_rnn.generate.recognition import Guess
else:
    CompletionLatent = str  # typer reads strings; the functions that are called check them.

_OUT: Final = Path("completions.svg")
_NUM_SHOWN: Final = 3

Partial = Annotated[
    str,
    typer.Argument(
        metavar="DRAWING",
        help=f"A file ({DRAWING_FILES}), or DATA:split/index such as doodles:test/3.",
        show_default=False,
    ),
]
Latent = Annotated[
    CompletionLatent,
    typer.Option(
        help="How z is chosen: likely (fitted so that the given part is likely), encode (the given "
        "part through the encoder) or prior (at random)."
    ),
]


@with_flags
def complete(
    model: Model,
    drawing: Partial,
    *,
    count: Count = 10,
    label: Label = None,
    rows: Rows = None,
    pen_down: Annotated[
        bool, typer.Option("--pen-down", help="Let the last stroke of the drawing continue.")
    ] = False,
    latent: Latent = LATENT,
    options: DrawingOptions,
    style: Style,
    out: Out = _OUT,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    columns: Columns = None,
    animate: Animate = False,
) -> None:
    """Complete a partial drawing several times.

    Example: sketch-rnn complete doodles doodles/sun:test/2 --rows 12 -o endings.png
    """
    from sketch_rnn.generate import completion
    from sketch_rnn.generate.files import beginning, read_drawing
    from sketch_rnn.generate.recognition import recognize
    from sketch_rnn.render.tables import grid

    check_out(out, default=_OUT, overwrite=overwrite, animate=animate)
    note_temperature(options)
    completion.check_latent(latent)
    loaded = load_model(model, device)
    given = read_drawing(drawing)
    partial, fit = beginning(given, rows), given.needs_fit(loaded.profile)
    if loaded.config.num_labels > 1 and not label:
        _announce(recognize(loaded, partial, part=True, fit=fit))
    samples = completion.complete(
        loaded,
        partial,
        count,
        options=options,
        label=label or None,
        latent=latent,
        pen_down=pen_down,
        fit=fit,
    )
    write_result(
        samples,
        lambda: grid(samples.sketches, columns=columns, prefix=samples.prefix_rows, style=style),
        out,
        animate=animate,
    )


def _announce(guesses: Sequence[Guess]) -> None:
    """Names the most likely labels of a partial drawing that is completed without a label."""
    shown = ", ".join(f"{guess.label} {guess.probability:.0%}" for guess in guesses[:_NUM_SHOWN])
    typer.echo(f"looks like: {shown}; --label completes it as one of them")
