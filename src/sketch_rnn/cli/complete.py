# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.
"""`sketch-rnn complete`: endings of a drawing that was begun."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli import arguments
from sketch_rnn.cli.output import check_out, write_result


def complete(
    model: arguments.Model,
    drawing: arguments.Drawing,
    *,
    count: arguments.Count = 10,
    label: arguments.Label = None,
    rows: Annotated[
        int | None,
        typer.Option(help="Take only the first rows of the drawing.", show_default="all"),
    ] = None,
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
    from sketch_rnn.render.tables import grid

    check_out(out, animate=animate)
    completion.check_latent(latent)
    loaded = SketchRNN.from_pretrained(model)
    given = read_drawing(drawing)
    samples = completion.complete(
        loaded,
        beginning(given, rows),
        count,
        temperature=temperature,
        seed=seed,
        rule=temperature_rule,
        latent=latent,
        label=label or None,
        pen_down=pen_down,
        fit=given.needs_fit(loaded.profile),
        max_len=max_len,
    )
    write_result(
        samples, lambda: grid(samples.sketches, prefix=samples.prefix_rows), out, animate=animate
    )
