# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.
"""`sketch-rnn interpolate`: drawings between drawings."""

from __future__ import annotations

from pathlib import Path

from sketch_rnn.cli import arguments
from sketch_rnn.cli.output import check_out, in_words, write_result
from sketch_rnn.errors import SketchRNNError


def interpolate(
    model: arguments.Model,
    drawings: arguments.Drawings,
    *,
    steps: arguments.Steps = 8,
    mode: arguments.Mode = "linear",
    temperature: arguments.Temperature = 0.1,
    temperature_rule: arguments.Rule = None,
    seed: arguments.Seed = 0,
    max_len: arguments.MaxLen = None,
    out: arguments.Out = Path("interpolation.svg"),
    animate: arguments.Animate = False,
) -> None:
    """Draw what lies between two drawings (a strip), or between four (a grid)."""
    from sketch_rnn.checkpoint import SketchRNN
    from sketch_rnn.cli.given import encode_given
    from sketch_rnn.generate import latent
    from sketch_rnn.generate.drawings import read_drawings
    from sketch_rnn.generate.sampling import sample
    from sketch_rnn.render.tables import grid, strip

    check_out(out, animate=animate)
    if steps < 2:
        raise SketchRNNError(f"steps={steps} must be a whole number of at least 2, for both ends")
    if len(drawings) not in (2, 4):
        raise SketchRNNError(
            f"{in_words(len(drawings), 'drawing')}: give two for a strip, or the four corners of a "
            "grid"
        )
    loaded = SketchRNN.from_pretrained(model)
    z = encode_given(loaded, read_drawings(drawings))
    is_strip = len(z) == 2
    if is_strip:
        between = latent.interpolate(z[0], z[1], steps, mode)
    else:
        between = latent.interpolate_grid(z, steps, steps, mode)
    samples = sample(
        loaded,
        len(between),
        temperature=temperature,
        rule=temperature_rule,
        seed=seed,
        z=between,
        max_len=max_len,
    )
    write_result(
        samples,
        lambda: strip(samples.sketches) if is_strip else grid(samples.sketches, columns=steps),
        out,
        animate=animate,
    )
