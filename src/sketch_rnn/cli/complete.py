# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.
"""`sketch-rnn complete`: endings of a drawing that was begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sketch_rnn.cli import arguments
from sketch_rnn.cli.output import check_out, write_result

if TYPE_CHECKING:
    from sketch_rnn.generate.recognition import Guess

_NUM_SHOWN: Final = 3


def complete(
    model: arguments.Model,
    drawing: arguments.Drawing,
    *,
    count: arguments.Count = 10,
    label: arguments.Label = None,
    rows: arguments.Rows = None,
    pen_down: Annotated[
        bool, typer.Option("--pen-down", help="The last line of the drawing may go on.")
    ] = False,
    latent: arguments.Latent = "likely",
    temperature: arguments.Temperature = 0.4,
    temperature_rule: arguments.Rule = None,
    seed: arguments.Seed = 0,
    max_len: arguments.MaxLen = None,
    out: arguments.Out = Path("completions.svg"),
    animate: arguments.Animate = False,
) -> None:
    """Finish a drawing that was begun, in many ways."""
    from sketch_rnn.checkpoint import SketchRNN
    from sketch_rnn.cli.given import beginning
    from sketch_rnn.generate import completion
    from sketch_rnn.generate.drawings import read_drawing
    from sketch_rnn.generate.recognition import recognize
    from sketch_rnn.render.tables import grid

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
        temperature=temperature,
        seed=seed,
        rule=temperature_rule,
        latent=latent,
        label=label or None,
        pen_down=pen_down,
        fit=fit,
        max_len=max_len,
    )
    write_result(
        samples, lambda: grid(samples.sketches, prefix=samples.prefix_rows), out, animate=animate
    )


def _announce(guesses: Sequence[Guess]) -> None:
    """Says which labels an unlabelled beginning looks like; it is completed without any."""
    shown = ", ".join(f"{guess.label} {guess.probability:.0%}" for guess in guesses[:_NUM_SHOWN])
    typer.echo(f"looks like: {shown}; --label completes it as one of them")
