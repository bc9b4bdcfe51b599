"""`sketch-rnn draw`: new drawings."""

# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sketch_rnn.cli import arguments
from sketch_rnn.cli.output import (
    DATA_SUFFIXES,
    check_out,
    with_progress,
    write_parts,
    write_result,
)

if TYPE_CHECKING:
    from sketch_rnn.checkpoint import SketchRNN

Steps = Annotated[
    Path | None,
    typer.Option(
        help="Also write each step's decision, distribution and log-likelihood (.json, .npz).",
        show_default="none",
    ),
]


def draw(
    model: arguments.Model,
    *,
    count: arguments.Count = 10,
    label: arguments.Label = None,
    temperature: arguments.Temperature = 0.4,
    temperature_rule: arguments.Rule = None,
    seed: arguments.Seed = 0,
    max_len: arguments.MaxLen = None,
    out: arguments.Out = Path("drawings.svg"),
    animate: arguments.Animate = False,
    steps: Steps = None,
) -> None:
    """Make new drawings."""
    from sketch_rnn.checkpoint import SketchRNN
    from sketch_rnn.cli.threads import limit_threads
    from sketch_rnn.generate.sampling import Samples, iter_samples
    from sketch_rnn.render.tables import grid, single

    check_out(out, animate=animate, steps=steps)
    if steps is not None:
        from sketch_rnn.generate.trace import check_trace_file, write_traces

        check_trace_file(steps)
    limit_threads()
    loaded = SketchRNN.from_pretrained(model)
    parts = iter_samples(
        loaded,
        count,
        label=label or None,
        temperature=temperature,
        rule=temperature_rule,
        seed=seed,
        max_len=max_len,
    )
    shown = with_progress(parts, _num_batches(loaded, count, label), "drawing")
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


def _num_batches(model: SketchRNN, count: int, label: list[str] | None) -> int:
    """The batches in which `count` drawings, of each label if there are any, are made."""
    from sketch_rnn.generate.labels import label_vectors
    from sketch_rnn.generate.sampling import DEFAULT_BATCH_SIZE

    total = count * (len(label_vectors(model, label)) if label else 1)
    return -(-total // DEFAULT_BATCH_SIZE)
