"""`sketch-rnn complete`: endings of a drawing that was begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sketch_rnn.cli.options import (
    DRAWING_FILES,
    Animate,
    Count,
    Label,
    Model,
    Out,
    Rows,
    with_flags,
)
from sketch_rnn.cli.terminal import check_out, write_result
from sketch_rnn.generate.options import DrawingOptions

if TYPE_CHECKING:
    from sketch_rnn.generate.completion import CompletionLatent
    from sketch_rnn.generate.recognition import Guess
else:
    CompletionLatent = str  # typer reads texts; what is called checks them.

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
        help="Where z comes from: likely (makes the given part likely), encode (the given part put "
        "through the encoder) or prior (chance)."
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
        bool, typer.Option("--pen-down", help="The last line of the drawing may go on.")
    ] = False,
    latent: Latent = "likely",
    options: DrawingOptions,
    out: Out = Path("completions.svg"),
    animate: Animate = False,
) -> None:
    """Finish a drawing that was begun, in many ways."""
    from sketch_rnn.generate import completion
    from sketch_rnn.generate.files import beginning, read_drawing
    from sketch_rnn.generate.recognition import recognize
    from sketch_rnn.render.tables import grid
    from sketch_rnn.trained import SketchRNN

    check_out(out, animate=animate)
    completion.check_latent(latent)
    loaded = SketchRNN.from_pretrained(model)
    given = read_drawing(drawing)
    partial, fit = beginning(given, rows), given.needs_fit(loaded.profile)
    if loaded.config.num_labels and not label:
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
        samples, lambda: grid(samples.sketches, prefix=samples.prefix_rows), out, animate=animate
    )


def _announce(guesses: Sequence[Guess]) -> None:
    """Says which labels an unlabelled beginning looks like; it is completed without any."""
    shown = ", ".join(f"{guess.label} {guess.probability:.0%}" for guess in guesses[:_NUM_SHOWN])
    typer.echo(f"looks like: {shown}; --label completes it as one of them")
