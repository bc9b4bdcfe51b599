"""`sketch-rnn interpolate`: drawings between drawings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sketch_rnn.cli.options import DRAWING_FILES, Animate, Label, Model, Out, with_flags
from sketch_rnn.cli.terminal import check_out, write_result
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.text import in_words

if TYPE_CHECKING:
    from sketch_rnn.generate.latent import InterpolationMode
else:
    InterpolationMode = str  # typer reads texts; what is called checks them.

Mode = Annotated[
    InterpolationMode,
    typer.Option(help="The way between two z: linear, or spherical (an arc)."),
]
OptionalDrawings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DRAWING",
        help=f"Files ({DRAWING_FILES}), or DATA:split/index such as doodles:test/3; none to go "
        "from label to label.",
        show_default=False,
    ),
]
Steps = Annotated[int, typer.Option(help="Drawings in the strip, or along each side of the grid.")]


@with_flags
def interpolate(
    model: Model,
    drawings: OptionalDrawings = None,
    *,
    label: Label = None,
    steps: Steps = 8,
    mode: Mode = "linear",
    options: DrawingOptions = DrawingOptions(temperature=0.1),
    out: Out = Path("interpolation.svg"),
    animate: Animate = False,
) -> None:
    """Draw what lies between two drawings or labels (a strip), or between four (a grid)."""
    from sketch_rnn.generate.files import encode_given, read_drawings
    from sketch_rnn.generate.labels import label_vectors
    from sketch_rnn.generate.latent import between
    from sketch_rnn.generate.sampling import Samples, sample
    from sketch_rnn.render.tables import grid, strip
    from sketch_rnn.trained import SketchRNN

    check_out(out, animate=animate)
    corners = _num_corners(drawings or (), label or (), steps)
    loaded = SketchRNN.from_pretrained(model)
    z = encode_given(loaded, read_drawings(drawings)) if drawings else None
    labels = label_vectors(loaded, label) if label else None
    z, labels = (
        None if ends is None or len(ends) < 2 else between(ends, steps, mode)
        for ends in (z, labels)
    )
    draw = partial(sample, loaded, options=options)
    if z is not None:
        samples = draw(len(z), z=z, label=label if labels is None else labels)
    else:
        assert labels is not None  # noqa: S101
        # The same random numbers all along, so that only the label changes.
        samples = Samples.concatenate([draw(1, label=row) for row in labels])
    is_strip = corners == 2
    write_result(
        samples,
        lambda: strip(samples.sketches) if is_strip else grid(samples.sketches, columns=steps),
        out,
        animate=animate,
    )


def _num_corners(drawings: Sequence[str], labels: Sequence[str], steps: int) -> int:
    """The number of ends, 2 or 4, of the drawings or the labels."""
    if steps < 2:
        raise SketchRNNError(f"steps={steps} must be a whole number of at least 2, for both ends")
    counts = {len(ends) for ends in (drawings, labels) if ends}
    if drawings and len(labels) == 1:
        counts = {len(drawings)}
    if len(counts) == 1 and counts <= {2, 4}:
        return counts.pop()
    what = in_words(len(drawings), "drawing")
    if labels:
        what += f" and {in_words(len(labels), 'label')}"
    raise SketchRNNError(f"{what}: give two for a strip, or the four corners of a grid")
