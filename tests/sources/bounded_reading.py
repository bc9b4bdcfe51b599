"""Read a file as `data prepare` does, within limits of time and memory."""

from __future__ import annotations

import numpy as np

from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.pipeline import prepare_lines
from sketch_rnn.sources.formats import pieces_of, read_piece
from sketch_rnn.sources.options import ReadingOptions

SECONDS = 20.0


MEGABYTES = 600


OPTIONS = PrepareOptions(max_points=40)


def read(path, **options):
    """Returns the faults and the number of drawings of a file, having looked at every drawing."""
    faults, count = [], 0
    reading = ReadingOptions(**options)
    for piece in pieces_of([path]):
        for chunk in read_piece(piece, reading):
            faults += chunk.faults
            count += len(chunk.lines)
            assert len(chunk.labels) == len(chunk.splits) == len(chunk.lines)
            assert np.isfinite(chunk.lines.points).all()
            assert (np.diff(chunk.lines.line_starts) > 0).all()
            assert (chunk.lines.line_counts > 0).all()
            prepared = prepare_lines(chunk.lines, OPTIONS)
            assert len(prepared.lines) + sum(prepared.dropped.values()) == len(chunk.lines)
            assert np.isin(prepared.rows[:, 2], [0, 1]).all()
    assert all("\n" not in fault.partition(str(path))[0] for fault in faults)
    return faults, count
