"""Drawings that a user names, and files of drawings that a model made."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from sketch_rnn.data.dataset import Dataset, build_dataset, load_dataset
from sketch_rnn.data.prepare import read_split
from sketch_rnn.data.sources.npz import SPLITS, read_npz, write_npz
from sketch_rnn.data.sources.polylines import json_pieces, read_json
from sketch_rnn.data.sources.raw import RawDataset
from sketch_rnn.data.sources.svg import read_svg
from sketch_rnn.durable import write_atomically
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.sampling import Samples, Tally
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import Sketch

_PLACE: Final = re.compile(r"(?P<source>.+):((?P<split>\w+)/)?(?P<index>\d+)")
_MAX_SHOWN: Final = 200
_FORMS: Final = (
    "a drawing is an .svg, .json or .npz file, or DATA:split/index such as doodles:test/3"
)


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawing that was read.

    Attributes:
        sketch: the drawing, in pixels.
        name: how the user named it.
        source: the data set it belongs to, None for a drawing in a file of its own.
    """

    sketch: Sketch
    name: str
    source: str | None = None

    def needs_fit(self, profile: DataProfile) -> bool:
        """Returns whether it comes from elsewhere than the data that `profile` describes."""
        return self.source is None or self.source not in profile.sources


def read_drawing(argument: str) -> Drawing:
    """Returns the drawing that `argument` names, see `read_drawings`."""
    return read_drawings([argument])[0]


def read_drawings(arguments: Sequence[str]) -> list[Drawing]:
    """Returns the drawings that these arguments name; a data set is read once.

    An argument is an `.svg` file; a `.json` or `.npz` file, of which the first drawing is taken,
    or `FILE.json:index`; or `DATA:split/index`, such as `doodles:test/3` or `sheep.npz:valid/12`,
    with indices counted from 0.

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
    """Returns the tally of the drawings it wrote as `.json`, see `json_pieces`, or as `.npz`.

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


@dataclass(frozen=True, eq=False)
class _Source:
    """A data set, or the one split that a file of new drawings has."""

    name: str
    content: Dataset | RawDataset

    @classmethod
    def read(cls, source: str) -> _Source:
        if not Path(source).is_file():
            dataset = load_dataset([source])
            return cls(dataset.profile.sources[0], dataset)
        raw = read_npz(source)
        if not all(len(getattr(raw, split)) for split in SPLITS):
            return cls(raw.name, raw)
        splits = (raw.train, raw.valid, raw.test)
        return cls(raw.name, build_dataset(*splits, first_row=raw.first_row, name=raw.name))

    def sketch(self, split: str, index: int) -> Sketch:
        if isinstance(self.content, Dataset):
            return self.content.sketch(split, index)
        store = read_split(self.content, split)
        if index >= len(store):
            raise SketchRNNError(
                f"{split} sketch {index} does not exist; the split has {len(store)}, counted from 0"
            )
        return Sketch(store[index], self.content.first_row or "move")


def _read(argument: str, datasets: dict[str, _Source]) -> Drawing:
    place = None if _exists(argument) else _PLACE.fullmatch(argument)
    if place is None:
        return _read_file(argument, datasets)
    source, split, index = place["source"], place["split"], int(place["index"])
    if split is None:
        return Drawing(_numbered(source, index), argument)
    if split not in SPLITS:
        raise SketchRNNError(f"{argument}: split '{split}' must be one of {', '.join(SPLITS)}")
    if source not in datasets:
        datasets[source] = _Source.read(source)
    try:
        sketch = datasets[source].sketch(split, index)
    except SketchRNNError as error:
        raise SketchRNNError(f"{argument}: {error}") from error
    return Drawing(sketch, argument, datasets[source].name)


def _exists(argument: str) -> bool:
    try:
        return Path(argument).exists()
    except OSError as error:  # such as a name that is too long for any file
        reason = error.strerror or str(error)
        raise SketchRNNError(f"{argument[:_MAX_SHOWN]}: cannot be read: {reason}") from error


def _read_file(path: str, datasets: dict[str, _Source]) -> Drawing:
    suffix = Path(path).suffix.lower()
    if not Path(path).is_file():
        raise SketchRNNError(f"no file {path}; {_FORMS}")
    if suffix == ".svg":
        return Drawing(Sketch.from_polylines(read_svg(path)), path)
    if suffix == ".json":
        return Drawing(_numbered(path, 0), path)
    if suffix != ".npz":
        raise SketchRNNError(f"{path}: not a drawing; {_FORMS}")
    if path not in datasets:
        datasets[path] = _Source.read(path)
    return Drawing(datasets[path].sketch("train", 0), path, datasets[path].name)


def _numbered(path: str, index: int) -> Sketch:
    """Returns one drawing of a JSON file."""
    if Path(path).suffix.lower() != ".json":
        raise SketchRNNError(f"{path}:{index}: give the split too, as in {path}:test/{index}")
    drawings = read_json(path)
    if index >= len(drawings):
        raise SketchRNNError(
            f"{path}: has no drawing {index}; it holds {len(drawings)}, counted from 0"
        )
    return drawings[index]
