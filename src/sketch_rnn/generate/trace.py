"""The model's distribution at each movement of drawings that it made."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.completion import prefix_rows
from sketch_rnn.generate.loop import device_of, open_drawings
from sketch_rnn.generate.sampling import Samples
from sketch_rnn.io.atomic import write_atomically
from sketch_rnn.model.condition import Condition
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN

TRACE_SUFFIXES: Final = (".json", ".npz")
_PENS: Final = ("down", "up", "end")
_END_ROW: Final = np.array([[0, 0, 0, 0, 1]], np.float32)

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Trace:
    """The n movements of one drawing and the distributions they were taken from, in pixels.

    The distributions are those of temperature 1. M is the number of mixture components.

    Attributes:
        movements: `(n, 5)` rows: dx, dy, pen down, pen lifted, ended. If the drawing finished, the
            last row is the end, with offset 0.
        log_likelihood: `(n,)` log density of each, per square pixel; for an end, of its pen state.
        pi: `(n, M)` weights of the components.
        mean: `(n, M, 2)` their centres.
        sigma: `(n, M, 2)` their standard deviations.
        rho: `(n, M)` the correlations of dx and dy.
        pen_probs: `(n, 3)` probabilities of pen down, lifted and ended.
    """

    movements: FloatArray
    log_likelihood: FloatArray
    pi: FloatArray
    mean: FloatArray
    sigma: FloatArray
    rho: FloatArray
    pen_probs: FloatArray


def trace_samples(model: SketchRNN, samples: Samples) -> Iterator[Trace]:
    """Yields the trace of each drawing that the model made with `sample`."""
    for number, sketch in enumerate(samples.sketches):
        condition = samples.condition.select(slice(number, number + 1))
        yield trace(model, sketch, condition, ended=bool(samples.ended[number]))


def write_traces(path: str | os.PathLike[str], model: SketchRNN, samples: Samples) -> None:
    """Writes the traces of drawings as `.json`, a list of steps for each, or as `.npz`.

    In the `.npz` file the arrays of all drawings follow each other; drawing i has the rows from
    `offsets[i]` to `offsets[i + 1]`.

    Raises:
        SketchRNNError: if the name ends otherwise, or the file cannot be written.
    """
    path = Path(path)
    check_trace_file(path)
    traces = list(trace_samples(model, samples))
    if path.suffix.lower() == ".json":
        write_atomically(path, json.dumps([list(_steps(trace)) for trace in traces]).encode())
        return
    names = list(Trace.__dataclass_fields__)
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(trace, name) for trace in traces]) for name in names
    }
    lengths = [len(trace.movements) for trace in traces]
    arrays["offsets"] = np.cumsum([0, *lengths])
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    write_atomically(path, stream.getvalue())


def check_trace_file(path: Path) -> None:
    """Raises SketchRNNError if traces cannot be written to a file of this name."""
    if path.suffix.lower() not in TRACE_SUFFIXES:
        raise SketchRNNError(f"{path}: steps are written as .json or .npz, not {path.suffix!r}")


@torch.no_grad()
def trace(model: SketchRNN, sketch: Sketch, condition: Condition, *, ended: bool) -> Trace:
    """What the model thinks at each movement of a drawing that it is shown.

    Args:
        model: the model.
        sketch: a drawing in the model's pixels.
        condition: of one drawing.
        ended: whether the drawing is finished, so that its end is the last movement.
    """
    device, decoder = device_of(model), model.network.decoder
    rows = prefix_rows(sketch, model).to(device)
    context, state, stroke = _opened(model, rows, condition)
    mixtures = []
    targets = [*rows[1:], *torch.from_numpy(_END_ROW if ended else _END_ROW[:0]).to(device)]
    log_likelihood = []
    for target in targets:
        mixture, state = decoder.step(stroke, context, state)
        pixels = mixture.rescaled(model.profile.scale)
        stroke = target[None]
        density = pixels.pen_log_prob(stroke[:, 2:])
        if not target[4]:
            density = density + pixels.offset_log_prob(stroke[:, :2] * model.profile.scale)
        mixtures.append(pixels)
        log_likelihood.append(density)
    end = _END_ROW if ended else _END_ROW[:0]
    count, size = len(targets), model.config.num_mixture

    def stacked(parts: list[torch.Tensor], *shape: int) -> FloatArray:
        joined = torch.cat(parts) if parts else torch.zeros(0)
        return joined.cpu().numpy().reshape(count, *shape)

    return Trace(
        movements=np.vstack([sketch.stroke5(), end]),
        log_likelihood=stacked(log_likelihood),
        pi=stacked([m.pi for m in mixtures], size),
        mean=stacked([m.mean for m in mixtures], size, 2),
        sigma=stacked([m.sigma for m in mixtures], size, 2),
        rho=stacked([m.rho for m in mixtures], size),
        pen_probs=stacked([m.pen_probs for m in mixtures], 3),
    )


def _opened(model: SketchRNN, rows: torch.Tensor, condition: Condition) -> Any:
    on_device = condition.to(device_of(model))
    opening = open_drawings(model.network.decoder, rows[:1], on_device)
    return opening.context, opening.state, opening.stroke


def _steps(trace: Trace) -> Iterator[dict[str, Any]]:
    """Yields one object for each movement, ready for JSON."""
    for number, (dx, dy, *pen) in enumerate(trace.movements.tolist()):
        names = ("log_likelihood", "pi", "mean", "sigma", "rho", "pen_probs")
        values = {name: getattr(trace, name)[number].tolist() for name in names}
        yield {"dx": dx, "dy": dy, "pen": _PENS[pen.index(1.0)], **values}
