"""Round lines to whole pixels, convert them to stroke-3 rows, and hash drawings."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sketch_rnn.lines import Indices, Lines, Polyline, starts_of
from sketch_rnn.preparation.steps import without_repeats
from sketch_rnn.sketch import FirstRow

Rows = npt.NDArray[np.int16]
Keys = npt.NDArray[np.uint64]


def rounded(lines: Lines) -> Lines:
    """The lines on whole pixels, without points that fall together."""
    return without_repeats(replace(lines, points=np.rint(lines.points)))


def rows_of(lines: Lines, first_row: FirstRow) -> tuple[Rows, Indices]:
    """Lines on whole pixels as `(N, 3)` stroke-3 rows, and the `(D + 1,)` starts of drawings.

    Args:
        lines: the drawings, on whole pixels; their offsets must fit in int16.
        first_row: what row 0 shall mean. With `line` the first point becomes the origin.
    """
    points = lines.points
    offsets = np.diff(points, axis=0, prepend=np.zeros((1, 2)))
    firsts = lines.point_starts[:-1]
    offsets[firsts] = points[firsts]
    lifted = np.zeros(len(points))
    lifted[lines.line_starts[1:] - 1] = 1
    rows = np.column_stack([offsets, lifted])
    counts = lines.point_counts
    if first_row == "line":
        rows[firsts, :2] = 0
        # A dot needs its row; any other first stroke begins at the origin without one.
        kept = np.ones(len(rows), bool)
        kept[firsts] = lifted[firsts] > 0
        rows, counts = rows[kept], counts - ~kept[firsts]
    return rows.astype(np.int16), starts_of(counts)


def keys_of(rows: Rows, offsets: Indices) -> Keys:
    """A 64-bit hash of each drawing's rows `(D,)`."""
    data, places = rows.tobytes(), (offsets * 6).tolist()
    digests = b"".join(
        hashlib.blake2b(data[start:stop], digest_size=8).digest()
        for start, stop in pairwise(places)
    )
    return np.frombuffer(digests, np.uint64) if digests else np.zeros(0, np.uint64)


def cut(drawing: list[Polyline], most: int) -> list[list[Polyline]]:
    """A drawing in parts of at most `most` points each, in order.

    It is cut between strokes where that is possible; a stroke that is too long itself is cut at a
    point that both parts then have.
    """
    parts: list[list[Polyline]] = [[]]
    room = most
    for line in drawing:
        rest = line
        if len(rest) > room and parts[-1]:
            parts.append([])
            room = most
        while len(rest) > room:
            parts[-1].append(rest[:room])
            rest = rest[room - 1 :]
            parts.append([])
            room = most
        parts[-1].append(rest)
        room -= len(rest)
    return [part for part in parts if part]
