"""Distorted drawings as pictures, for `train_judge.py` to learn from."""

from __future__ import annotations

import math

import numpy as np

from sketch_rnn.evaluation.raster import SIZE, fitted, paint
from sketch_rnn.lines import Lines, starts_of


def take(lines, rows):
    """Returns the drawings at these rows."""
    first, counts = lines.drawing_starts[rows], lines.line_counts[rows]
    chosen = ranges(first, counts)
    lengths = np.diff(lines.line_starts)[chosen]
    points = lines.points[ranges(lines.line_starts[chosen], lengths)]
    return Lines(points, starts_of(lengths), starts_of(counts))


def ranges(starts, counts):
    ends = np.cumsum(counts)
    return np.repeat(starts - ends + counts, counts) + np.arange(ends[-1] if len(ends) else 0)


def augmented(lines, rows, rng, strength):
    """Returns pictures of distorted drawings: strokes lost and moved, turned, stretched, bent."""
    lines = fitted(take(lines, rows))
    points = lines.points - (SIZE - 1) / 2
    number = lines.line_drawings()
    # Each stroke moves and changes its size a little.
    of_line = np.repeat(np.arange(len(number)), np.diff(lines.line_starts))
    low, high = lines.line_boxes()
    centre = ((low + high) / 2 - (SIZE - 1) / 2)[of_line]
    num_lines = len(number)
    size = np.exp(rng.normal(0, 0.05 * strength, (num_lines, 1)))[of_line]
    points = (
        centre + (points - centre) * size + rng.normal(0, 0.6 * strength, (num_lines, 2))[of_line]
    )
    # The drawing is turned, stretched, slanted and mirrored.
    count = len(lines)
    of_drawing = np.repeat(np.arange(count), lines.point_counts)
    angle = rng.normal(0, 0.13 * strength, count)
    x_factor = np.exp(rng.normal(0, 0.12 * strength, count)) * rng.choice([-1, 1], count)
    matrix = np.zeros((count, 2, 2))
    matrix[:, 0, 0], matrix[:, 1, 1] = x_factor, np.exp(rng.normal(0, 0.12 * strength, count))
    matrix[:, 0, 1] = rng.normal(0, 0.12 * strength, count)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], 1)
    matrix = turn.reshape(-1, 2, 2) @ matrix
    points = np.einsum("pij,pj->pi", matrix[of_drawing], points)
    # It is bent by two slow waves.
    for _ in range(2):
        wave = rng.normal(0, 0.09, (count, 2))[of_drawing]
        phase = rng.uniform(0, 2 * np.pi, count)[of_drawing]
        swing = np.sin((points * wave).sum(1) + phase)
        points = points + swing[:, None] * rng.normal(0, 0.7 * strength, (count, 2))[of_drawing]
    lines = Lines(points, lines.line_starts, lines.drawing_starts)
    lines, _ = lines.select_lines(kept_strokes(lines, number, rng, strength))
    lines = fitted(lines)
    # It is not always as large as it could be, nor in the middle.
    of_drawing = np.repeat(np.arange(count), lines.point_counts)
    factor = np.exp(rng.uniform(math.log(0.85), 0.03, count))[of_drawing, None]
    shift = rng.uniform(-1.5, 1.5, (count, 2))[of_drawing]
    points = (lines.points - (SIZE - 1) / 2) * factor + (SIZE - 1) / 2 + shift
    points = np.clip(points, 2, SIZE - 3)
    return paint(Lines(points, lines.line_starts, lines.drawing_starts))


def kept_strokes(lines, number, rng, strength):
    """Returns the strokes that stay: each drawing keeps its largest, and most others."""
    low, high = lines.line_boxes()
    extent = (high - low).max(1)
    largest = np.maximum.reduceat(extent, lines.drawing_starts[:-1])[number]
    loses = rng.random(len(lines))[number] < 0.5 * strength
    return (extent >= largest) | ~loses | (rng.random(len(number)) > 0.12)
