"""What tests of SVG files read them with."""

from __future__ import annotations

import numpy as np

from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.svg import read_svg_file

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
PEN = 'fill="none" stroke="black"'


def chunk_of(path, **options):
    (chunk,) = read_svg_file(path, ReadingOptions(**options))
    return chunk


def notes_of(path):
    return [note.text for note in chunk_of(path).notes]


def box_of(lines):
    points = np.concatenate(lines)
    return [*points.min(axis=0).round(3).tolist(), *points.max(axis=0).round(3).tolist()]
