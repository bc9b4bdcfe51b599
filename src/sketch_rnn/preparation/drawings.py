"""Prepare drawings in memory, with the same steps as for files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.dataset.dataset import Dataset, load_dataset
from sketch_rnn.errors import (
    SketchRNNError,
    expect_list,
    expect_names,
    expect_one_of,
    expect_path,
    expect_switch,
)
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.pieces import prepare_chunks
from sketch_rnn.preparation.report import Report
from sketch_rnn.preparation.run import finish
from sketch_rnn.preparation.writing import NpzWriter, writer_for
from sketch_rnn.sketch import FIRST_ROWS, FirstRow, Sketch
from sketch_rnn.sources.chunk import Chunk, ChunkBuilder
from sketch_rnn.sources.strokes import chunk_of_strokes

DrawingLike = Sketch | npt.NDArray[Any] | Sequence[npt.ArrayLike]

_CHUNK_SIZE = 5000


class PreparedDataset(NamedTuple):
    """Prepared drawings and the report on them.

    Attributes:
        dataset: the drawings, ready for training.
        report: counts of drawings read, changed and dropped; `text()` and `warnings()`.
    """

    dataset: Dataset
    report: Report


def prepare_dataset(
    drawings: Sequence[DrawingLike],
    out: str | os.PathLike[str] | None = None,
    *,
    labels: Sequence[str] | None = None,
    rows: FirstRow = "move",
    absolute: bool = False,
    strict: bool = False,
    **options: Any,
) -> PreparedDataset:
    """Makes a dataset of drawings: scaled, simplified, without duplicates, in splits.

    Args:
        drawings: each a `Sketch`, a stroke-3 or stroke-5 array `(n, 3)` or `(n, 5)`, or a list of
            polylines `(n, 2)` in pixels, y downwards.
        out: a `.npz` file, or a folder for a store, to write them to; only in memory if None.
        labels: the class of each.
        rows: what row 0 of stroke arrays means, see `Sketch.first_row`.
        absolute: the first two columns of stroke arrays are positions instead of offsets.
        strict: raise instead of warning.
        **options: steps of the preparation by name, see `PrepareOptions`.

    Raises:
        SketchRNNError: if an option is invalid, or there are too few drawings.
    """
    drawings = expect_list(drawings, "drawings", "sketches, stroke rows or lists of polylines")
    names = expect_names(labels, "labels") if labels is not None else ["drawings"] * len(drawings)
    if len(names) != len(drawings):
        raise SketchRNNError(f"{len(names)} labels for {len(drawings)} drawings; give one for each")
    expect_one_of(rows, FIRST_ROWS, "rows")
    expect_switch(absolute, "absolute")
    expect_switch(strict, "strict")
    chosen = PrepareOptions.from_dict(options)
    chunks = (
        chunk
        for start in range(0, len(drawings), _CHUNK_SIZE)
        for chunk in _chunks(drawings, names, start, rows, absolute)
    )
    path = None if out is None else Path(expect_path(out, "out"))
    writer = (
        NpzWriter(None, chosen.first_row) if path is None else writer_for(path, chosen.first_row)
    )
    with tempfile.TemporaryDirectory() as folder:
        result = prepare_chunks(chunks, chosen, Path(folder) / "piece")
        if result.faults and not result.num_prepared:
            raise SketchRNNError(f"no drawing can be used: {result.faults[0]}")
        name = "drawings" if path is None else path.stem
        report = finish([result], writer, chosen, name=name, strict=strict)
    dataset = writer.dataset if isinstance(writer, NpzWriter) else None
    return PreparedDataset(dataset or load_dataset([str(out)]), report)


def _chunks(
    drawings: Sequence[DrawingLike], names: list[str], start: int, rows: FirstRow, absolute: bool
) -> list[Chunk]:
    """Some of the drawings, those given as lines before those given as stroke rows."""
    builder = ChunkBuilder()
    arrays, labels = [], []
    for number in range(start, min(start + _CHUNK_SIZE, len(drawings))):
        drawing = drawings[number]
        place = f"drawing {number}"
        if isinstance(drawing, np.ndarray) and drawing.ndim == 2:
            arrays.append(drawing)
            labels.append(names[number])
            continue
        try:
            sketch = drawing if isinstance(drawing, Sketch) else Sketch.from_polylines(drawing)
        except SketchRNNError as error:
            builder.add_fault(place, f"{place}: {error}")
            continue
        builder.add_lines(sketch.polylines(), names[number], place)
    chunks = [builder.finish()]
    if arrays:
        chunks.append(
            chunk_of_strokes(
                arrays,
                labels,
                name="drawings",
                first_row=rows,
                absolute=absolute,
            )
        )
    return chunks
