"""Drawings from anywhere, to be measured."""

from __future__ import annotations

import os
from typing import NamedTuple

from sketch_rnn.errors import SketchRNNError, expect_path
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.formats import pieces_of, read_piece
from sketch_rnn.sources.options import ReadingOptions


class GivenDrawings(NamedTuple):
    """Drawings of a file or folder.

    Attributes:
        sketches: the drawings, in pixels.
        labels: what each should show: a QuickDraw record's word, a stored label, or the name of the
            folder or file.
        faults: one line for each drawing that could not be read.
    """

    sketches: list[Sketch]
    labels: list[str]
    faults: list[str]


def read_given(path: str | os.PathLike[str]) -> GivenDrawings:
    """The drawings in a file or folder of any format that `prepare` reads.

    Raises:
        SketchRNNError: if it cannot be read, or holds no drawing.
    """
    given = GivenDrawings([], [], [])
    for piece in pieces_of([expect_path(path, "path")]):
        for chunk in read_piece(piece, ReadingOptions()):
            lines = chunk.lines
            given.sketches.extend(
                Sketch.from_polylines(lines.drawing(row)) for row in range(len(lines))
            )
            given.labels.extend(chunk.labels)
            given.faults.extend(chunk.faults)
    if not given.sketches:
        reason = f": {given.faults[0]}" if given.faults else ""
        raise SketchRNNError(f"{path}: no drawing could be read{reason}")
    return given
