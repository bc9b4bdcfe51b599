"""Drawings that a user names: read, encoded, redrawn; and files of drawings that a model made."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from sketch_rnn.dataset.dataset import Dataset, assemble, load_dataset
from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.errors import SketchRNNError, named_in_errors
from sketch_rnn.generate.labels import LabelLike
from sketch_rnn.generate.latent import encode, reconstruct
from sketch_rnn.generate.options import DRAWING, DrawingOptions
from sketch_rnn.generate.sampling import Samples, Tally
from sketch_rnn.io.atomic import write_atomically
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.formats import format_of, read_drawing_of
from sketch_rnn.sources.npz import read_npz
from sketch_rnn.sources.splits import SPLITS, Splits
from sketch_rnn.sources.table import SUFFIXES
from sketch_rnn.trained import SketchRNN

_PLACE: Final = re.compile(r"(?P<source>.+):((?P<split>\w+)/)?(?P<index>\d+)")
_MAX_SHOWN: Final = 200
_JSON_START: Final = b'[\n{"polylines":'
_FORMS: Final = (
    f"a drawing is a file ({', '.join(SUFFIXES)}), or DATA:split/index such as doodles:test/3"
)


@dataclass(frozen=True, eq=False)
class NamedSketch:
    """A drawing that was read.

    Attributes:
        sketch: the drawing, in pixels.
        name: how the user named it.
        source: the dataset it belongs to, None for a drawing in a file of its own.
    """

    sketch: Sketch
    name: str
    source: str | None = None

    def needs_fit(self, profile: DataProfile) -> bool:
        """Whether it comes from elsewhere than the data that `profile` describes."""
        return self.source is None or self.source not in profile.sources


def read_drawing(argument: str) -> NamedSketch:
    """The drawing that `argument` names, see `read_drawings`."""
    return read_drawings([argument])[0]


def read_drawings(arguments: Sequence[str]) -> list[NamedSketch]:
    """The drawings that these arguments name; a dataset is read once.

    An argument is a file of a known format, of which the first drawing is taken, or `FILE:index`;
    or `DATA:split/index`, such as `doodles:test/3` or `sheep.npz:valid/12`. Indices count from 0.

    Raises:
        SketchRNNError: if a file is missing or cannot be read, there is no such drawing, or nothing
            is drawn in it.
    """
    datasets: dict[str, _Source] = {}
    drawings = []
    for argument in arguments:
        drawing = _read(argument, datasets)
        if not len(drawing.sketch):
            raise SketchRNNError(f"{argument}: nothing is drawn in it")
        drawings.append(drawing)
    return drawings


def write_drawings(path: str | os.PathLike[str], parts: Iterable[Samples]) -> Tally:
    """Writes drawings as `.json`, see `json_pieces`, or as `.npz`, and returns their tally.

    A `.json` file is written while the parts are made, in memory that does not grow with them. For
    an `.npz` file all movements are held, 12 bytes each; the drawings are in its train split, as
    float32 pixels, valid and test are empty. Either file appears complete or not at all.

    Args:
        path: the file.
        parts: the drawings, such as `iter_samples` makes.

    Raises:
        SketchRNNError: if the name ends otherwise, or the file cannot be written.
    """
    path = Path(path)
    written = Tally()
    drawings = written.counting(parts)
    suffix = path.suffix.lower()
    if suffix == ".json":
        write_atomically(path, json_pieces(drawings))
    elif suffix == ".npz":
        _write_npz(path, [sketch for sketch, _ in drawings])
    else:
        raise SketchRNNError(f"{path}: drawings are written as .npz or .json, not {path.suffix!r}")
    return written


def _write_npz(path: Path, sketches: Sequence[Sketch]) -> None:
    if len({sketch.first_row for sketch in sketches}) > 1:
        sketches = [Sketch.from_polylines(sketch.polylines()) for sketch in sketches]
    strokes = [sketch.strokes for sketch in sketches]
    first_row = sketches[0].first_row if sketches else "move"
    write_npz(path, strokes, [], [], first_row=first_row, dtype=np.float32)


def is_drawings_file(path: Path) -> bool:
    """Whether `write_drawings` wrote this file, as far as it can be told."""
    if path.suffix.lower() == ".json":
        with path.open("rb") as file:
            return file.read(len(_JSON_START)) in (_JSON_START, b"[\n]\n")
    try:
        splits = read_npz(path).by_name()
    except SketchRNNError:
        return False
    return not len(splits["valid"]) and not len(splits["test"])


def json_pieces(drawings: Iterable[tuple[Sketch, bool]]) -> Iterator[bytes]:
    """Yields, piece by piece, a JSON list with an object for each drawing, one a line.

    Each has `"polylines"`, positions rounded to 0.001 pixels, and `"ended"`, whether the model
    ended the drawing itself.
    """
    separator = "[\n"
    for sketch, ended in drawings:
        lines = [line.round(3).tolist() for line in sketch.polylines()]
        item = {"polylines": lines, "ended": bool(ended)}
        yield f"{separator}{json.dumps(item, separators=(',', ':'))}".encode()
        separator = ",\n"
    yield b"[\n]\n" if separator == "[\n" else b"\n]\n"


@dataclass(frozen=True, eq=False)
class _Source:
    """A dataset, or the splits of a file of new drawings, which may be empty."""

    name: str
    content: Dataset | Splits

    @classmethod
    def read(cls, source: str) -> _Source:
        if not Path(source).is_file():
            dataset = load_dataset([source])
            return cls(dataset.profile.sources[0], dataset)
        splits = read_npz(source)
        is_dataset = all(map(len, splits.by_name().values()))
        return cls(splits.name, assemble([splits]) if is_dataset else splits)

    def sketch(self, split: str, index: int) -> Sketch:
        if isinstance(self.content, Dataset):
            return self.content.sketch(split, index)
        sketches = self.content.by_name()[split]
        if index >= len(sketches):
            raise SketchRNNError(
                f"{split} sketch {index} does not exist; the split has {len(sketches)}, counted "
                "from 0"
            )
        return Sketch(sketches[index], self.content.first_row or "move")


def _read(argument: str, datasets: dict[str, _Source]) -> NamedSketch:
    place = None if _exists(argument) else _PLACE.fullmatch(argument)
    if place is None:
        return _read_file(argument, datasets)
    source, split, index = place["source"], place["split"], int(place["index"])
    if split is None:
        if format_of(Path(source)) is None or _is_dataset(source):
            raise SketchRNNError(f"{argument}: give the split too, as in {source}:test/{index}")
        return _drawing_of_file(source, index, argument)
    if split not in SPLITS:
        raise SketchRNNError(f"{argument}: split '{split}' must be one of {', '.join(SPLITS)}")
    if source not in datasets:
        datasets[source] = _Source.read(source)
    with named_in_errors(argument):
        sketch = datasets[source].sketch(split, index)
    return NamedSketch(sketch, argument, datasets[source].name)


def _exists(argument: str) -> bool:
    try:
        return Path(argument).exists()
    except OSError as error:  # such as a name that is too long for any file
        reason = error.strerror or str(error)
        raise SketchRNNError(f"{argument[:_MAX_SHOWN]}: cannot be read: {reason}") from error


def _read_file(path: str, datasets: dict[str, _Source]) -> NamedSketch:
    if not Path(path).is_file():
        raise SketchRNNError(f"no file {path}; {_FORMS}")
    if not _is_dataset(path):
        return _drawing_of_file(path, 0, path)
    if path not in datasets:
        datasets[path] = _Source.read(path)
    return NamedSketch(datasets[path].sketch("train", 0), path, datasets[path].name)


def _is_dataset(path: str) -> bool:
    return path.lower().endswith(".npz")


def _drawing_of_file(path: str, index: int, argument: str) -> NamedSketch:
    """One drawing of a file that is not a dataset."""
    if format_of(Path(path)) is None:
        raise SketchRNNError(f"{path}: not a drawing; {_FORMS}")
    return NamedSketch(Sketch.from_polylines(read_drawing_of(Path(path), index)), argument)


def own_and_foreign(
    drawings: Sequence[NamedSketch], profile: DataProfile
) -> Iterator[tuple[bool, list[Sketch]]]:
    """Yields runs of consecutive drawings that all need fitting, or all do not, in order."""
    for fit, group in groupby(drawings, lambda drawing: drawing.needs_fit(profile)):
        yield fit, [drawing.sketch for drawing in group]


def encode_given(model: SketchRNN, drawings: Sequence[NamedSketch]) -> Tensor:
    """The latent vectors `(B, Z)` of given drawings."""
    groups = own_and_foreign(drawings, model.profile)
    return torch.cat([encode(model, sketches, fit=fit) for fit, sketches in groups])


def reconstruct_given(
    model: SketchRNN,
    drawings: Sequence[NamedSketch],
    options: DrawingOptions = DRAWING,
    label: LabelLike | None = None,
) -> Samples:
    """Draws each given drawing again from its latent vector.

    Args:
        model: a model with an encoder.
        drawings: the drawings.
        options: how they are drawn.
        label: what all of them show, by name or as one vector.
    """
    groups = own_and_foreign(drawings, model.profile)
    return Samples.concatenate(
        [
            reconstruct(model, sketches, options=options, fit=fit, label=label)
            for fit, sketches in groups
        ]
    )


def beginning(drawing: NamedSketch, rows: int | None) -> Sketch:
    """The first `rows` rows of a drawing; all of it for None.

    Raises:
        SketchRNNError: if the drawing has fewer rows.
    """
    sketch = drawing.sketch
    if rows is None:
        return sketch
    if not 1 <= rows <= len(sketch):
        raise SketchRNNError(f"rows={rows} must be 1 to {len(sketch)}, all of {drawing.name}")
    return Sketch(sketch.strokes[:rows], sketch.first_row)
