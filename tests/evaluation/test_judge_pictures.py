from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sketch_rnn.evaluation.raster import INK_WIDTH, LONGER_SIDE, SIZE, fitted, paint, rasterise
from sketch_rnn.lines import Lines
from sketch_rnn.sketch import Sketch


def scribble(seed: int, num_lines: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(-50, 80, (int(rng.integers(1, 6)), 2)) for _ in range(num_lines)]


def by_definition(lines: list[np.ndarray]) -> np.ndarray:
    """The picture by the rule in the module's docstring, pixel by pixel."""
    points = np.concatenate(lines)
    low, high = points.min(0), points.max(0)
    lines = [
        (line - (low + high) / 2) * LONGER_SIDE / (high - low).max() + (SIZE - 1) / 2
        for line in lines
    ]
    picture = np.zeros((SIZE, SIZE))
    for y in range(SIZE):
        for x in range(SIZE):
            nearest = min(
                distance(np.array([x, y]), start, end)
                for line in lines
                for start, end in pairwise(line if len(line) > 1 else [*line, *line])
            )
            picture[y, x] = np.clip(INK_WIDTH / 2 + 0.5 - nearest, 0, 1)
    return picture * 255


def distance(pixel: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    along = end - start
    square = along @ along
    share = np.clip((pixel - start) @ along / square, 0, 1) if square else 0.0
    return float(np.hypot(*(start + share * along - pixel)))


@pytest.mark.parametrize("seed", range(3))
def test_every_pixel_is_the_distance_to_the_nearest_ink(seed):
    lines = scribble(seed)
    picture = rasterise([Sketch.from_polylines(lines)])[0]
    assert np.abs(picture - by_definition(lines)).max() <= 1  # rounding of float32 offsets


def test_neither_order_nor_direction_nor_scale_nor_place_changes_a_picture():
    lines = scribble(5)
    changed = [7 * line[::-1] + [300, -20] for line in reversed(lines)]
    one, other = rasterise([Sketch.from_polylines(lines), Sketch.from_polylines(changed)])
    assert np.abs(one.astype(int) - other.astype(int)).max() <= 1


def test_a_mirrored_drawing_has_the_mirrored_picture():
    lines = scribble(6)
    one, other = rasterise(
        [Sketch.from_polylines(lines), Sketch.from_polylines([line * [-1, 1] for line in lines])]
    )
    assert np.abs(one[:, ::-1].astype(int) - other.astype(int)).max() <= 1


def test_a_picture_does_not_depend_on_the_others():
    sketches = [Sketch.from_polylines(scribble(seed)) for seed in range(300)]
    together = rasterise(sketches)
    assert np.array_equal(together[280], rasterise([sketches[280]])[0])


def test_the_longer_side_fills_the_picture_and_the_drawing_is_centred():
    picture = rasterise([Sketch.from_polylines([np.array([[0, 0], [100, 20]])])])[0]
    columns, rows = np.flatnonzero(picture.any(0)), np.flatnonzero(picture.any(1))
    assert (columns[0], columns[-1]) == (2, SIZE - 3)
    assert rows[0] == SIZE - 1 - rows[-1]


def test_an_empty_sketch_is_blank_and_a_dot_is_in_the_middle():
    empty = Sketch(np.zeros((0, 3)))
    dot = Sketch.from_polylines([np.array([[9.0, 9.0]])])
    blank, spot = rasterise([empty, dot])
    assert not blank.any()
    ys, xs = np.nonzero(spot)
    assert set(xs) == set(ys) == {SIZE // 2 - 1, SIZE // 2}
    assert rasterise([]).shape == (0, SIZE, SIZE)


def test_painting_takes_drawings_placed_by_hand():
    lines = fitted(Lines.from_polylines([scribble(1), scribble(2)]))
    assert np.array_equal(paint(lines)[1], paint(lines.select(np.array([False, True])))[0])
