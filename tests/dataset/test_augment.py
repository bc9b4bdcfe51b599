"""Point dropping against a loop written from its description, and the laws of both changes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sketch_rnn.config import TrainConfig
from sketch_rnn.dataset.augment import augment, drop_points

LENGTHS = [30, 1, 2, 3, 4, 60, 5, 40]


def batch(lift: float = 0.15, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(LENGTHS)])
    # Eighths add up exactly, so that equality of positions is exact.
    moves = rng.integers(-40, 40, (offsets[-1], 2)) / 8
    return np.column_stack([moves, rng.random(offsets[-1]) < lift]).astype(np.float32), offsets


def augmented(
    rows: np.ndarray, offsets: np.ndarray, seed: int = 0, **settings: float
) -> tuple[np.ndarray, np.ndarray]:
    """The drawings after these settings alone, all others being off."""
    config = TrainConfig(**{"random_scale_factor": 0, "augment_stroke_prob": 0, **settings})
    return augment(rows, offsets, np.random.default_rng(seed), config)


def dropped_by_loop(sketch: np.ndarray, drops: np.ndarray) -> np.ndarray:
    """Drops points numbered 3 or more within a stroke that do not lift the pen, one by one."""
    result: list[np.ndarray] = []
    number = 0
    for row, drop in zip(sketch, drops, strict=True):
        if drop and number >= 3 and row[2] == 0:
            result[-1][:2] += row[:2]
        else:
            result.append(row.copy())
        number = 0 if row[2] == 1 else number + 1
    return np.array(result)


def positions(sketch: np.ndarray) -> list[tuple[float, float]]:
    return [tuple(point) for point in np.cumsum(sketch[:, :2], axis=0).tolist()]


@pytest.mark.parametrize("lift", [0.0, 0.15, 0.6])
@pytest.mark.parametrize("probability", [0.1, 0.5, 1.0])
def test_equals_the_loop(lift: float, probability: float) -> None:
    for seed in range(20):
        rows, offsets = batch(lift, seed)
        drops = np.random.default_rng(seed).random(len(rows)) < probability
        found, ends = drop_points(rows, offsets, drops)
        pieces = [slice(*pair) for pair in pairwise(offsets)]
        expected = [dropped_by_loop(rows[piece], drops[piece]) for piece in pieces]
        np.testing.assert_array_equal(np.diff(ends), [len(sketch) for sketch in expected])
        np.testing.assert_array_equal(found, np.concatenate(expected))


def test_positions_ends_and_lifts_are_kept() -> None:
    rows, offsets = batch()
    found, ends = augmented(rows, offsets, 1, augment_stroke_prob=0.5)
    assert len(found) < len(rows)
    for index in range(len(LENGTHS)):
        before = rows[offsets[index] : offsets[index + 1]]
        after = found[ends[index] : ends[index + 1]]
        remaining = iter(positions(before))
        assert all(point in remaining for point in positions(after))
        assert positions(after)[-1] == positions(before)[-1]
        lifts = [p for p, row in zip(positions(before), before, strict=True) if row[2]]
        assert lifts == [p for p, row in zip(positions(after), after, strict=True) if row[2]]


def test_certain_dropping_leaves_the_safe_points() -> None:
    sketch = np.array([[1, 0, 0]] * 8 + [[1, 0, 1]] + [[0, 1, 0]] * 5, np.float32)
    found, ends = augmented(sketch, np.array([0, 14]), augment_stroke_prob=1)
    assert ends.tolist() == [0, 5 + 2]
    expected = [[1, 0, 0], [1, 0, 0], [6, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 0], [0, 3, 0]]
    np.testing.assert_array_equal(found, expected)


def test_the_share_of_dropped_points_is_the_probability() -> None:
    rows = np.tile(np.array([1, 0, 0], np.float32), (100_000, 1))
    found, _ = augmented(rows, np.array([0, len(rows)]), augment_stroke_prob=0.1)
    assert len(found) / len(rows) == pytest.approx(0.9, abs=0.005)


def test_each_axis_of_each_drawing_is_stretched_by_its_own_factor() -> None:
    offsets = np.arange(0, 3001, 3)
    rows = np.tile(np.array([[2, -4, 0]], np.float32), (3000, 1))
    rows[2::3, 2] = 1
    found, ends = augmented(rows, offsets, random_scale_factor=0.15)
    np.testing.assert_array_equal(ends, offsets)
    np.testing.assert_array_equal(found[:, 2], rows[:, 2])
    factors = (found[:, :2] / rows[:, :2]).reshape(1000, 3, 2)
    assert np.ptp(factors, axis=1).max() == 0
    assert len(np.unique(factors[:, 0])) > 1900
    assert factors.min() == pytest.approx(0.85, abs=0.002)
    assert factors.max() == pytest.approx(1.15, abs=0.002)
    assert factors.mean() == pytest.approx(1, abs=0.01)


def test_each_drawing_is_mirrored_or_not() -> None:
    offsets = np.arange(0, 3001, 3)
    rows = np.tile(np.array([[2, -4, 0]], np.float32), (3000, 1))
    found, _ = augmented(rows, offsets, mirror_prob=0.3)
    np.testing.assert_array_equal(found[:, 1:], rows[:, 1:])
    signs = (found[:, 0] / rows[:, 0]).reshape(1000, 3)
    assert np.ptp(signs, axis=1).max() == 0
    assert set(signs[:, 0]) == {-1, 1}
    assert (signs[:, 0] < 0).mean() == pytest.approx(0.3, abs=0.05)


def test_a_rotation_keeps_lengths_and_turns_each_drawing_by_one_angle() -> None:
    rows, _ = batch(lift=0)
    offsets = np.arange(0, len(rows) + 1, 5)
    found, _ = augmented(rows, offsets, random_rotation=10)
    before, after = (part[:, 0] + 1j * part[:, 1] for part in (rows, found))
    np.testing.assert_allclose(abs(after), abs(before), rtol=1e-5)
    moved = abs(before) > 0
    turns = np.degrees(np.angle(after[moved] / before[moved]))
    drawing = np.repeat(np.arange(len(offsets) - 1), 5)[: len(rows)][moved]
    angles = [turns[drawing == number] for number in np.unique(drawing)]
    assert max(np.ptp(same) for same in angles) < 1e-3
    assert np.ptp([same[0] for same in angles]) > 10
    assert abs(turns).max() <= 10.001


def test_a_shear_slants_by_a_share_of_the_height() -> None:
    offsets = np.arange(0, 3001, 3)
    rows = np.tile(np.array([[2, -4, 0]], np.float32), (3000, 1))
    found, _ = augmented(rows, offsets, random_shear=0.2)
    np.testing.assert_array_equal(found[:, 1:], rows[:, 1:])
    shares = ((found[:, 0] - 2) / -4).reshape(1000, 3)
    assert np.ptp(shares, axis=1).max() == 0
    assert shares.min() == pytest.approx(-0.2, abs=0.002)
    assert shares.max() == pytest.approx(0.2, abs=0.002)


def test_the_generator_decides_and_the_input_stays() -> None:
    rows, offsets = batch()
    before = rows.copy()
    settings = {
        "random_scale_factor": 0.15,
        "augment_stroke_prob": 0.3,
        "mirror_prob": 0.5,
        "random_rotation": 8,
        "random_shear": 0.1,
    }
    one, two, other = (augmented(rows, offsets, s, **settings) for s in (1, 1, 2))
    np.testing.assert_array_equal(one[0], two[0])
    assert one[0].shape != other[0].shape or not np.array_equal(one[0], other[0])
    np.testing.assert_array_equal(rows, before)


def test_switched_off_it_changes_nothing() -> None:
    rows, offsets = batch()
    found, ends = augmented(rows, offsets)
    np.testing.assert_array_equal(found, rows)
    np.testing.assert_array_equal(ends, offsets)
