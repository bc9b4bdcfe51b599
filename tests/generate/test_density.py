from __future__ import annotations

import numpy as np
import pytest

from sketch_rnn.generate.density import simplified, with_density

SQUARE = np.array([[0, 0], [100, 0], [100, 100], [0, 100], [0, 0.0]])


def spacing(lines):
    return np.median(np.concatenate([np.hypot(*np.diff(line, axis=0).T) for line in lines]))


def wave(num_points):
    x = np.linspace(0, 200, num_points)
    return np.column_stack([x, 20 * np.sin(x / 12)])


@pytest.mark.parametrize("points_apart", [6.0, 10.0, 40.0])
def test_lines_of_about_the_right_density_stay(points_apart):
    line = wave(int(200 / points_apart))
    assert with_density([line], 10, 100) is None


def test_dense_lines_become_about_as_sparse_as_the_data():
    dense = wave(2000)
    (line,) = with_density([dense], 10, 250)
    assert 5 <= spacing([line]) <= 30
    assert np.array_equal(line[[0, -1]], dense[[0, -1]])
    heights = np.interp(dense[:, 0], *line.T)
    assert np.abs(heights - dense[:, 1]).max() <= 0.02 * 200


def test_repeated_points_disappear():
    line = np.repeat(wave(20), 4, axis=0)
    (found,) = with_density([line], 10, 250)
    assert len(found) <= 20


def test_far_sparser_lines_are_divided_evenly():
    (line,) = with_density([SQUARE], 5, 250)
    assert len(line) == 1 + 4 * 5
    assert np.allclose(np.hypot(*np.diff(line, axis=0).T), 20)
    assert np.allclose(line[::5], SQUARE)


def test_dense_straight_lines_are_neither_dense_nor_far_sparser_afterwards():
    straight = np.linspace([0, 0], [200, 0], 3000)
    (line,) = with_density([straight], 5, 250)
    assert spacing([line]) == pytest.approx(20)


def test_dividing_stops_at_the_cap():
    (line,) = with_density([SQUARE], 1, 12)
    assert 5 <= len(line) <= 12


def test_a_simplified_data_sets_straight_lines_stay():
    assert with_density([SQUARE], 13, 250) is None


def test_dots_stay():
    assert with_density([np.array([[3.0, 4.0]]), np.array([[5.0, 6.0]])], 10, 250) is None


def test_lines_without_a_known_density_are_only_shortened():
    assert with_density([wave(100)], 0, 100) is None
    (line,) = with_density([wave(101)], 0, 100)
    assert len(line) < 101


def test_simplified_drops_what_lies_within_the_tolerance():
    line = np.array([[0, 0], [5, 0.9], [10, 0], [15, 1.1], [20, 0.0]])
    (found,) = simplified([line], 1.0)
    assert found.tolist() == [[0, 0], [15, 1.1], [20, 0]]
