"""`sketch-rnn draw`: new drawings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sketch_rnn.cli.options import Animate, Count, Label, Model, Out, with_flags
from sketch_rnn.cli.terminal import (
    DATA_SUFFIXES,
    check_out,
    with_progress,
    write_parts,
    write_result,
)
from sketch_rnn.generate.options import DrawingOptions

Steps = Annotated[
    Path | None,
    typer.Option(
        help="Also write each step's decision, distribution and log-likelihood (.json, .npz).",
        show_default="none",
    ),
]


@with_flags
def draw(
    model: Model,
    *,
    count: Count = 10,
    label: Label = None,
    options: DrawingOptions,
    out: Out = Path("drawings.svg"),
    animate: Animate = False,
    steps: Steps = None,
) -> None:
    """Make new drawings."""
    from sketch_rnn.generate.labels import label_vectors
    from sketch_rnn.generate.sampling import Samples, iter_samples
    from sketch_rnn.render.tables import grid, single
    from sketch_rnn.threads import limit_threads
    from sketch_rnn.trained import SketchRNN

    check_out(out, animate=animate, steps=steps)
    if steps is not None:
        from sketch_rnn.generate.trace import check_trace_file, write_traces

        check_trace_file(steps)
    limit_threads()
    loaded = SketchRNN.from_pretrained(model)
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
        lambda: single(*sketches) if len(sketches) == 1 else grid(sketches),
        out,
        animate=animate,
    )
