"""`sketch-rnn reconstruct`: drawings beside their reconstructions."""

from __future__ import annotations

from pathlib import Path

from sketch_rnn.cli.options import (
    Animate,
    Columns,
    Device,
    Drawings,
    Model,
    OneLabel,
    Out,
    Overwrite,
    with_flags,
)
from sketch_rnn.cli.terminal import check_out, load_model, note_temperature, write_result
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.render.style import Style

_OUT = Path("reconstructions.svg")


@with_flags
def reconstruct(
    model: Model,
    drawings: Drawings,
    *,
    label: OneLabel = None,
    options: DrawingOptions,
    style: Style,
    out: Out = _OUT,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    columns: Columns = None,
    animate: Animate = False,
) -> None:
    """Encode drawings and redraw them from their latent vectors.

    Example: sketch-rnn reconstruct doodles doodles:test/0 doodles:test/1 -t 0.1 -o pairs.png
    """
    from sketch_rnn.generate.files import read_drawings, reconstruct_given
    from sketch_rnn.render.tables import pairs

    check_out(out, default=_OUT, overwrite=overwrite, animate=animate)
    note_temperature(options)
    loaded = load_model(model, device, encoder=True)
    given = read_drawings(drawings)
    samples = reconstruct_given(loaded, given, options, label)
    originals = [drawing.sketch for drawing in given]
    write_result(
        samples,
        lambda: pairs(originals, samples.sketches, columns=columns, style=style),
        out,
        animate=animate,
    )
