"""Curves computed all at once are those computed one by one."""

from __future__ import annotations

import numpy as np
import pytest
import svgelements

from sketch_rnn.sources.svg.flattening import box_of, flattened
from sketch_rnn.sources.svg.outline import LINE, Outline, hulls_of, points_on
from sketch_rnn.sources.svg.shapes import SHAPES
from sketch_rnn.sources.svg.viewport import Viewport

PATHS = (
    "M1 2C3 9 8-4 9 5S2 1 4 4",
    "M0 0Q5 9 9 0T3 3M2 2Q2 9 9 9",
    "M0 0A5 3 30 1 1 9 4a2 2 0 0 0-3 1A1e3 2 80 0 1 5 5",
    "M0 0H5V7ZL3 3M8 8ZM1 1L1 1",
    "M0 0L9 0L9 9A1 0 0 0 0 3 3",
)
VIEWPORT = Viewport(24, 24)


def outline(data):
    return SHAPES["path"]({"d": data}, VIEWPORT)


def matrix(rng):
    return np.concatenate([rng.normal(size=(2, 3)), [[0, 0, 1]]])


@pytest.mark.parametrize("data", PATHS[:3])
def test_points_on_curves_are_those_of_another_implementation(data):
    segments = [s for s in svgelements.Path(data) if not isinstance(s, svgelements.Move)]
    given = outline(data)
    curves = Outline(*(part[given.kinds > LINE] for part in given))
    shares = np.linspace(0, 1, 17)
    for index, segment in enumerate(segments):
        found = points_on(curves, np.full(17, index), shares)
        np.testing.assert_allclose(found, segment.npoint(shares), atol=1e-12)
        low, high = (
            reduced(np.concatenate([hulls_of(curves)[index], found[[0, -1]]]), axis=0)
            for reduced in (np.min, np.max)
        )
        assert ((found >= low - 1e-12) & (found <= high + 1e-12)).all()


def test_shapes_are_the_paths_that_they_stand_for():
    given = {"cx": "5", "cy": "6", "rx": "3", "ry": "2"}
    ellipse = SHAPES["ellipse"](given, VIEWPORT)
    path = Outline.of_path(svgelements.Path(svgelements.Ellipse(**given)))
    np.testing.assert_array_equal(ellipse.kinds, path.kinds)
    shares, owners = np.tile(np.linspace(0, 1, 9), 4), np.repeat(np.arange(1, 5), 9)
    np.testing.assert_allclose(
        points_on(ellipse, owners, shares), points_on(path, owners, shares), atol=1e-12
    )


@pytest.mark.parametrize("tolerance", [0.0, 1e-3, 0.3])
def test_an_outline_is_flattened_alike_alone_and_among_others(tolerance, monkeypatch):
    rng = np.random.default_rng(0)
    placed = [(outline(data), matrix(rng)) for data in PATHS * 5]
    placed.insert(7, (outline("M0 0L1 1"), np.full((3, 3), np.nan)))
    together = flattened(placed, tolerance)
    alone = [flattened([each], tolerance)[0] for each in placed]
    monkeypatch.setattr("sketch_rnn.sources.svg.flattening._BLOCK", 40)
    in_blocks = flattened(placed, tolerance)
    assert not together[7]
    for lines in (alone, in_blocks):
        assert [list(map(len, own)) for own in lines] == [list(map(len, own)) for own in together]
        for own, other in zip(lines, together, strict=True):
            for line, same in zip(own, other, strict=True):
                np.testing.assert_array_equal(line, same)


def test_the_box_is_around_all_curves():
    rng = np.random.default_rng(1)
    placed = [(outline(data), matrix(rng)) for data in PATHS]
    low, high = box_of(placed)
    points = np.concatenate([line for lines in flattened(placed, 1e-4) for line in lines])
    size = np.ptp(points, axis=0).max()
    np.testing.assert_allclose(low, points.min(axis=0), atol=2e-3 * size)
    np.testing.assert_allclose(high, points.max(axis=0), atol=2e-3 * size)
    assert np.array_equal(box_of([]), np.zeros((2, 2)))
