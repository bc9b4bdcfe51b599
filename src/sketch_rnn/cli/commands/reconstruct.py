"""`sketch-rnn reconstruct`: drawings beside what the model makes of them."""

from __future__ import annotations

from pathlib import Path

from sketch_rnn.cli.options import Animate, Drawings, Model, OneLabel, Out, with_flags
from sketch_rnn.cli.terminal import check_out, write_result
from sketch_rnn.generate.options import DrawingOptions


@with_flags
def reconstruct(
    model: Model,
    drawings: Drawings,
    *,
    label: OneLabel = None,
    options: DrawingOptions,
    out: Out = Path("reconstructions.svg"),
    animate: Animate = False,
) -> None:
    """Draw given drawings again, from what the model's encoder says about them."""
    from sketch_rnn.generate.files import read_drawings, reconstruct_given
    from sketch_rnn.render.tables import pairs
    from sketch_rnn.trained import SketchRNN

    check_out(out, animate=animate)
    loaded = SketchRNN.from_pretrained(model)
    given = read_drawings(drawings)
    samples = reconstruct_given(loaded, given, options, label)
    originals = [drawing.sketch for drawing in given]
    write_result(samples, lambda: pairs(originals, samples.sketches), out, animate=animate)
