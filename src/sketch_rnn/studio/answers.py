"""The tasks of the requests that draw, and the answers to the others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.completion import completion_task
from sketch_rnn.generate.fitting import Fit, fit_drawing
from sketch_rnn.generate.labels import label_condition, label_vectors
from sketch_rnn.generate.latent import between, encode
from sketch_rnn.generate.loop import Task, latent_noise
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.generate.recognition import recognize
from sketch_rnn.generate.sampling import checked_latents, sampling_task
from sketch_rnn.generate.trace import Trace, trace
from sketch_rnn.io.budget import unpacking_at_most
from sketch_rnn.render.files import to_gif
from sketch_rnn.render.gif import FRAME_MS
from sketch_rnn.render.style import Style
from sketch_rnn.render.tables import grid, single
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.formats import Piece, format_of, read_piece
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.studio.jobs import TOO_LARGE
from sketch_rnn.studio.limits import FILE_DRAWINGS, FILE_POINTS, GIF_PIXELS, UNPACKED_BYTES
from sketch_rnn.studio.requests import (
    CombineRequest,
    Corner,
    DrawRequest,
    GifRequest,
    GuessRequest,
    InsideRequest,
    Manner,
    MorphRequest,
    VaryRequest,
    parsed_corners,
)
from sketch_rnn.text import in_words, shortened
from sketch_rnn.trained import SketchRNN

_NUM_GUESSES: Final = 5
_PENS: Final = ("down", "up", "end")
_DECIMALS: Final = 4
_GIF_SCALE: Final = 1.5


def draw_task(model: SketchRNN, request: DrawRequest) -> Task:
    """New drawings, or endings of the beginning that is given."""
    options, label = request.options(model.profile.max_seq_len), request.labels or None
    if not request.lines:
        return sampling_task(model, request.count, None, label, options)
    part = Sketch.from_polylines(request.lines)
    task = completion_task(
        model,
        part,
        request.count,
        options,
        label=label,
        latent=request.latent,
        pen_down=request.continues,
    )
    most = task.plan.max_steps if request.add is None else min(request.add, task.plan.max_steps)
    return task._replace(plan=task.plan._replace(max_steps=most))


def morph_task(model: SketchRNN, request: MorphRequest) -> Task:
    """Drawings between corners that are all labels, or all have a z; all get the same numbers."""
    corners, is_label = _corner_vectors(model, request.corners)
    vectors = between(corners, request.steps, request.path)
    task = _task_of(model, request, vectors, is_label=is_label)
    return task._replace(numbers=[0] * len(task.numbers))


def combine_task(model: SketchRNN, request: CombineRequest) -> Task:
    """Drawings of a weighted sum of corners, with different numbers."""
    corners, is_label = _corner_vectors(model, request.corners)
    total = (torch.tensor(request.weights) @ corners).expand(request.count, -1)
    return _task_of(model, request, total, is_label=is_label)


def _task_of(model: SketchRNN, request: Manner, vectors: Tensor, *, is_label: bool) -> Task:
    """A drawing of each label vector, or of each latent vector."""
    options = request.options(model.profile.max_seq_len)
    z, label = (None, vectors) if is_label else (vectors, None)
    return sampling_task(model, len(vectors), z, label, options)


def _corner_vectors(model: SketchRNN, given: Sequence[Any]) -> tuple[Tensor, bool]:
    """The label vector of each corner, or the z of each, and whether they are label vectors."""
    corners = parsed_corners(given)
    names = [corner.label for corner in corners if corner.label is not None]
    if len(names) == len(corners):
        return label_vectors(model, names), True
    if names:
        raise SketchRNNError("corners are either all labels or all drawings; change some of them")
    return torch.cat([_corner_latent(model, corner) for corner in corners]), False


def _corner_latent(model: SketchRNN, corner: Corner) -> Tensor:
    if corner.lines is not None:
        return encode(model, [Sketch.from_polylines(corner.lines)])
    size = model.config.z_size
    if not model.config.conditional:
        raise SketchRNNError("this model has no z to morph; choose labels, or another model")
    if corner.seed is not None:
        return latent_noise(corner.seed, [0], size)
    return checked_latents(torch.tensor(corner.z), 1, model)


def vary_task(model: SketchRNN, request: VaryRequest) -> Task:
    """Drawings whose z is near that of the given one."""
    z = encode(model, [Sketch.from_polylines(request.lines)])
    noise = latent_noise(request.seed, range(request.count), model.config.z_size)
    options = request.options(model.profile.max_seq_len)
    return sampling_task(model, request.count, z + request.spread * noise, None, options)


def guesses(model: SketchRNN, request: GuessRequest) -> list[dict[str, Any]]:
    """The likeliest labels of a drawing that may be unfinished."""
    found = recognize(model, Sketch.from_polylines(request.lines), part=True)
    return [guess._asdict() for guess in found[:_NUM_GUESSES]]


def inside(model: SketchRNN, request: InsideRequest) -> list[dict[str, Any]]:
    """The distribution of each movement of a drawing: `Step` of `page/js/backend.js`."""
    sketch, profile = Sketch.from_polylines(request.lines), model.profile
    fitted = fit_drawing(sketch, profile, part=not request.ended)
    z = encode(model, [fitted.sketch], fit=False) if model.config.conditional else None
    options = DrawingOptions(label_strength=request.strength)
    condition = label_condition(model, request.label, 1, options).with_z(z)
    traced = trace(model, fitted.sketch, condition, ended=request.ended)
    if not all(np.isfinite(part).all() for part in vars(traced).values()):
        raise SketchRNNError(f"{TOO_LARGE}; draw less, or choose another model")
    return list(_steps(traced, fitted.sketch, fitted.fit))


def _steps(traced: Trace, sketch: Sketch, fit: Fit) -> Iterator[dict[str, Any]]:
    size = 1 / fit.factor
    ends = np.vstack([[0.0, 0.0], sketch.positions()]) * size + fit.origin
    drew = sketch.first_row == "line"
    for number, row in enumerate(traced.movements):
        pen = _PENS[int(row[2:].argmax())]
        yield {
            "from": _rounded(ends[number]),
            "to": _rounded(ends[min(number + 1, len(ends) - 1)]),
            "pen": pen,
            "drew": drew and pen != "end",
            "pi": _rounded(traced.pi[number]),
            "mean": _rounded(np.float64(size) * traced.mean[number]),
            "sigma": _rounded(np.float64(size) * traced.sigma[number]),
            "rho": _rounded(traced.rho[number]),
            "pens": _rounded(traced.pen_probs[number]),
            "logp": round(float(traced.log_likelihood[number]), _DECIMALS),
        }
        drew = pen == "down"


def _rounded(values: Any) -> Any:
    return np.round(np.asarray(values, np.float64), _DECIMALS).tolist()


def gif(request: GifRequest) -> bytes:
    """A moving picture of the drawings being drawn, smaller where all its frames would be large."""
    sketches = [Sketch.from_polylines(lines) for lines in request.drawings]
    style = Style() if request.color is None else Style(ink=request.color)
    figure = single(sketches[0], style=style) if len(sketches) == 1 else grid(sketches, style=style)
    pixels = figure.width * figure.height * request.seconds * 1000 / FRAME_MS
    scale = min(_GIF_SCALE, (GIF_PIXELS / max(pixels, 1)) ** 0.5)
    return to_gif(figure, seconds=request.seconds, scale=scale)


def read_file(name: str, content: bytes) -> dict[str, Any]:
    """The first drawings of a file, and a note about those that cannot be read.

    The readers take files: it lies in a folder of its own for a moment, under a name of ours.
    """
    name = Path(name).name
    given = format_of(Path(name))
    if given is None:
        raise SketchRNNError(
            f"{shortened(name, 80)!r} holds no drawings; give SVG, JSON, ndjson, npz or CSV"
        )
    suffix = next(suffix for suffix in given.suffixes if name.lower().endswith(suffix))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"drawing{suffix}")
        path.write_bytes(content)
        with unpacking_at_most(UNPACKED_BYTES):
            drawings, faults = _drawings_of(path)
    if not drawings:
        reason = faults[0] if faults else "nothing is drawn in it"
        raise SketchRNNError(reason.replace(str(path), name[:80]))
    note = f"{in_words(len(faults), 'drawing')} could not be read" if faults else ""
    return {"drawings": drawings, "note": note}


def _drawings_of(path: Path) -> tuple[list[Any], list[str]]:
    drawings: list[Any] = []
    faults: list[str] = []
    left = FILE_POINTS
    for chunk in read_piece(Piece((path,)), ReadingOptions()):
        faults += [str(fault) for fault in chunk.faults]
        for number in range(len(chunk.numbers)):
            lines = chunk.lines.drawing(number)
            count = sum(map(len, lines))
            if count > FILE_POINTS:
                faults.append(f"{path}: a drawing of {count:,} points; {FILE_POINTS:,} are shown")
                continue
            left -= count
            if left < 0 or len(drawings) == FILE_DRAWINGS:
                return drawings, faults
            drawings.append([line.round(2).tolist() for line in lines])
    return drawings, faults
