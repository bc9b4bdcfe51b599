# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.
"""`sketch-rnn reconstruct`: drawings beside what the model makes of them."""

from __future__ import annotations

from pathlib import Path

from sketch_rnn.cli import arguments
from sketch_rnn.cli.output import check_out, write_result


def reconstruct(
    model: arguments.Model,
    drawings: arguments.Drawings,
    *,
    label: arguments.OneLabel = None,
    temperature: arguments.Temperature = 0.4,
    temperature_rule: arguments.Rule = None,
    seed: arguments.Seed = 0,
    max_len: arguments.MaxLen = None,
    out: arguments.Out = Path("reconstructions.svg"),
    animate: arguments.Animate = False,
) -> None:
    """Draw given drawings again, from what the model's encoder says about them."""
    from sketch_rnn.checkpoint import SketchRNN
    from sketch_rnn.cli.given import own_and_foreign
    from sketch_rnn.generate import reconstruction
    from sketch_rnn.generate.drawings import read_drawings
    from sketch_rnn.generate.sampling import Samples
    from sketch_rnn.render.tables import pairs

    check_out(out, animate=animate)
    loaded = SketchRNN.from_pretrained(model)
    given = read_drawings(drawings)
    parts = [
        reconstruction.reconstruct(
            loaded,
            sketches,
            temperature=temperature,
            rule=temperature_rule,
            seed=seed,
            max_len=max_len,
            fit=fit,
            label=label,
        )
        for fit, sketches in own_and_foreign(given, loaded.profile)
    ]
    samples = Samples.concatenate(parts)
    originals = [drawing.sketch for drawing in given]
    write_result(samples, lambda: pairs(originals, samples.sketches), out, animate=animate)
