"""Many drawings in one flat array behave as a list of drawings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import Sketch
from sketch_rnn.sketches import Sketches


def drawings(lengths: list[int], seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [
        np.column_stack([rng.normal(size=(n, 2)), rng.integers(0, 2, n)]).astype(np.float32)
        for n in lengths
    ]


@given(st.lists(st.integers(0, 5), max_size=6), st.randoms(use_true_random=False))
def test_sketches_behave_like_a_list(lengths: list[int], random: object) -> None:
    arrays = drawings(lengths)
    store = Sketches.from_arrays(arrays, range(len(arrays)))
    assert len(store) == len(arrays)
    assert store.lengths.tolist() == lengths
    chosen = [random.randrange(len(arrays)) for _ in range(4)] if arrays else []  # type: ignore[attr-defined]
    picked = store.select(chosen)
    assert picked.labels.tolist() == chosen
    for place, index in enumerate(chosen):
        np.testing.assert_array_equal(picked[place], arrays[index])


def test_rows_are_views() -> None:
    store = Sketches.from_arrays(drawings([2, 3]))
    assert np.shares_memory(store[1], store.rows)
    np.testing.assert_array_equal(store[-1], store[1])
    with pytest.raises(IndexError):
        store[2]


def test_concatenated_sketches_keep_their_order_and_labels() -> None:
    arrays = drawings([2, 0, 3, 1])
    parts = [Sketches.from_arrays(arrays[:1], [5]), Sketches.from_arrays(arrays[1:], [0, 1, 2])]
    whole = Sketches.concatenate(parts)
    assert whole.labels.tolist() == [5, 0, 1, 2]
    assert whole.labels.dtype == np.int32
    for index, array in enumerate(arrays):
        np.testing.assert_array_equal(whole[index], array)


def test_numbers_of_any_type_and_sketches() -> None:
    rows = [[1, 2, 0], [-3, 4, 1]]
    mixed = [np.array(rows, ">i2"), np.array(rows, np.float64), Sketch(rows), rows, np.array([])]
    store = Sketches.from_arrays(mixed)  # type: ignore[arg-type]
    assert store.rows.dtype == np.float32
    assert store.lengths.tolist() == [2, 2, 2, 2, 0]
    assert store.labels.tolist() == [0] * 5
    np.testing.assert_array_equal(store.rows, rows * 4)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([[0, 1, 0], [np.nan, 1, 0]], r"^file: train sketch 2: row 1 has a NaN or infinite value"),
        ([[0, -np.inf, 0]], r"^file: train sketch 2: row 0 has a NaN or infinite value"),
        ([[0, 1e300, 0]], r"^file: train sketch 2: row 0 has a NaN or infinite value"),
        ([[0, 1, 0], [0, 1, 2]], r"^file: train sketch 2: row 1 has pen value 2; the third column"),
        ([[0, 1, 0.5]], "row 0 has pen value 0.5"),
        ([[0, 1], [1, 1]], r"^file: train sketch 2: shape \(2, 2\), expected \(n, 3\)"),
        ([[0, 1, 0, 0, 1]], r"shape \(1, 5\)"),
        ([1, 2, 3], r"shape \(3,\)"),
        (
            [[0, 1, 0], [1, 1]],
            r"^file: train sketch 2: rows of different lengths, expected",
        ),
        ([["a", "b", "c"]], "<U1 values, expected numbers"),
    ],
)
def test_malformed_drawings_are_named(bad: list[object], message: str) -> None:
    good = np.array([[1, 2, 0], [3, 4, 1]])
    with pytest.raises(SketchRNNError, match=message):
        Sketches.from_arrays([good, np.zeros((0, 3)), bad], where="file: train")  # type: ignore[list-item]


def test_labels_for_every_drawing() -> None:
    with pytest.raises(SketchRNNError, match=r"labels of shape \(1,\) for 2 sketches"):
        Sketches.from_arrays(drawings([1, 1]), [0])
