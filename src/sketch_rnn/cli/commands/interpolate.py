"""`sketch-rnn interpolate`: drawings between drawings or labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sketch_rnn.cli.options import (
    DRAWING_FILES,
    Animate,
    Device,
    Label,
    Model,
    Out,
    Overwrite,
    with_flags,
)
from sketch_rnn.cli.terminal import check_out, load_model, note_temperature, write_result
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.options import MODE, DrawingOptions
from sketch_rnn.render.style import Style
from sketch_rnn.text import in_words

if TYPE_CHECKING:
    from sketch_rnn.generate.options import InterpolationMode
    from sketch_rnn.render.figure import Figure
    from sketch_rnn.sketch import Sketch
else:
    InterpolationMode = str  # typer reads strings; the functions that are called check them.

Mode = Annotated[
    InterpolationMode,
    typer.Option(help="Path between two z: linear, or spherical (along an arc)."),
]
OptionalDrawings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DRAWING",
        help=f"Files ({DRAWING_FILES}), or DATA:split/index such as doodles:test/3; without "
        "any, the path goes from label to label.",
        show_default=False,
    ),
]
_OUT = Path("interpolation.svg")
Steps = Annotated[int, typer.Option(help="Drawings in the strip, or along each side of the grid.")]


@with_flags
def interpolate(
    model: Model,
    drawings: OptionalDrawings = None,
    *,
    label: Label = None,
    steps: Steps = 8,
    mode: Mode = MODE,
    options: DrawingOptions = DrawingOptions(temperature=0.1),
    style: Style,
    out: Out = _OUT,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    animate: Animate = False,
) -> None:
    """Interpolate between two drawings or labels (a strip), or between four (a grid).

    Example: sketch-rnn interpolate doodles doodles/cat:test/0 doodles/bus:test/0 -o between.png
    """
    from sketch_rnn.generate.files import encode_given, read_drawings
    from sketch_rnn.generate.labels import label_vectors
    from sketch_rnn.generate.latent import between
    from sketch_rnn.generate.sampling import Samples, sample

    check_out(out, default=_OUT, overwrite=overwrite, animate=animate)
    note_temperature(options)
    corners = _num_corners(drawings or (), label or (), steps)
    loaded = load_model(model, device, encoder=bool(drawings))
    given = read_drawings(drawings or ())
    z = encode_given(loaded, given) if given else None
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
        # The same random numbers at every step, so that only the label changes.
        samples = Samples.concatenate([draw(1, label=row) for row in labels])
    ends = [drawing.sketch for drawing in given]
    # One drawing for several labels is not an end of the path.
    names = [drawing.name for drawing in given] if len(ends) == corners else list(label or ())
    figure = partial(_figure, samples.sketches, ends, names, steps, style)
    write_result(samples, figure, out, animate=animate)


def _figure(
    sketches: Sequence[Sketch],
    ends: Sequence[Sketch],
    names: Sequence[str],
    steps: int,
    style: Style,
) -> Figure:
    """The strip or the grid, with the given drawings beside it, or the labels under its ends."""
    from sketch_rnn.render.tables import between, grid

    if len(ends) == len(names):
        return between(sketches, ends, names, style=style)
    at = [0, steps - 1, len(sketches) - steps, len(sketches) - 1][: len(names)]
    texts = dict(zip(at, names, strict=True))
    labels = [texts.get(number, "") for number in range(len(sketches))]
    return grid(sketches, columns=steps, labels=labels, style=style)


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
