"""`sketch-rnn draw`: new drawings."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli.options import (
    Animate,
    Columns,
    Count,
    Device,
    Each,
    Label,
    Model,
    Out,
    Overwrite,
    with_flags,
)
from sketch_rnn.cli.terminal import (
    DATA_SUFFIXES,
    check_out,
    load_model,
    note_temperature,
    with_progress,
    write_parts,
    write_result,
)
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.render.style import Style

Steps = Annotated[
    Path | None,
    typer.Option(
        help="Also write each step's stroke, distribution and log-likelihood (.json, .npz).",
        show_default="none",
    ),
]
_OUT = Path("drawings.svg")


@with_flags
def draw(
    model: Model,
    *,
    count: Count = 10,
    label: Label = None,
    options: DrawingOptions,
    style: Style,
    out: Out = _OUT,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    columns: Columns = None,
    each: Each = False,
    animate: Animate = False,
    steps: Steps = None,
) -> None:
    """Make new drawings.

    Example: sketch-rnn draw cat -n 20 -o cats.png

    For a plotter, one 80 mm drawing a file: sketch-rnn draw cat --plain --size 80 --each -o cat.svg
    """
    from sketch_rnn.generate.labels import label_vectors
    from sketch_rnn.generate.sampling import Samples, iter_samples
    from sketch_rnn.render.tables import grid, single

    check_out(out, default=_OUT, overwrite=overwrite, animate=animate, each=each, steps=steps)
    note_temperature(options)
    if steps is not None:
        from sketch_rnn.generate.trace import check_trace_file, write_traces

        check_trace_file(steps)
    loaded = load_model(model, device)
    parts = iter_samples(loaded, count, options=options, label=label or None)
    num_labels = len(label_vectors(loaded, label)) if label else 1
    shown = with_progress(parts, -(-count * num_labels // options.batch_size), "drawing")
    if out.suffix.lower() in DATA_SUFFIXES and steps is None:
        write_parts(shown, out)
        return
    samples = Samples.concatenate(list(shown))
    if steps is not None:
        write_traces(steps, loaded, samples)
        typer.echo(f"wrote {steps}")
    sketches = samples.sketches
    write_result(
        samples,
        lambda: (
            single(*sketches, style=style)
            if len(sketches) == 1
            else grid(sketches, columns=columns, style=style)
        ),
        out,
        animate=animate,
        each=partial(single, style=style) if each else None,
    )
