"""Read stroke rows as lines, and detect the meaning of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError, named_in_errors
from sketch_rnn.lines import Lines
from sketch_rnn.sketch import FirstRow, FloatArray, Sketch, checked_strokes
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.chunk import Chunk, Note

Evidence = Literal["no", "maybe", "surely"]

POSITIONS_NOTE: Final = (
    "the first two columns may be positions; expected are offsets from the previous point; if they "
    "are, read them with --absolute"
)
_ABSOLUTE_ROUGHNESS: Final = 0.5
_ABSOLUTE_NEGATIVE_SHARE: Final = 0.05
_MIN_TRAVELS: Final = 20
_MIN_ROWS: Final = 100
_TRAVEL_RATIO: Final = 1.5
_POSITION_NEGATIVE_SHARE: Final = 0.12
_POSITION_SIZE: Final = 1.25
_LINE_CONTINUITY: Final = 0.75


def chunk_of_strokes(
    arrays: Sequence[npt.NDArray[Any]],
    labels: Sequence[str],
    *,
    name: str,
    splits: Sequence[str] | None = None,
    numbers: Sequence[int] | None = None,
    first_row: FirstRow | None = None,
    absolute: bool = False,
) -> Chunk:
    """Stroke-3 or stroke-5 arrays as lines; one that is neither becomes a fault.

    Args:
        arrays: `(n, 3)` or `(n, 5)`, in pixels.
        labels: the class of each.
        name: the file they are in, for messages.
        splits: the split of each, or an empty text.
        numbers: the index of each in the file; by default as they come.
        first_row: what row 0 means; as it looks where not given.
        absolute: the first two columns are positions instead of offsets.

    Raises:
        SketchRNNError: if `absolute` is not given and they hold positions.
    """
    numbers = range(len(arrays)) if numbers is None else numbers
    kept, faults, num_empty, rows = [], [], 0, []
    for number, array in enumerate(arrays):
        try:
            strokes = _stroke3(array, f"{name}: drawing {numbers[number]}")
        except SketchRNNError as error:
            faults.append(str(error))
            continue
        num_empty += not len(strokes)
        if len(strokes):
            kept.append(number)
            rows.append(strokes)
    sketches = Sketches.from_arrays(rows)
    evidence = "no" if absolute else absolute_evidence(sketches)
    if absolute:
        sketches = _differences(sketches)
    elif evidence == "surely":
        raise SketchRNNError(
            f"{name}: the first two columns hold positions, not offsets from the previous point; "
            "read them with --absolute (absolute=True in Python)"
        )
    chosen = first_row or ("move" if absolute or not len(sketches) else detect_first_row(sketches))
    return Chunk(
        Lines.from_sketches(sketches, chosen),
        [labels[number] for number in kept],
        [splits[number] if splits else "" for number in kept],
        [numbers[number] for number in kept],
        faults=faults,
        num_empty=num_empty,
        notes=[Note(name, POSITIONS_NOTE)] if evidence == "maybe" else [],
        places=[f"{name}: drawing {numbers[number]}" for number in kept],
    )


def absolute_evidence(sketches: Sketches) -> Evidence:
    """Whether dx and dy are positions instead of offsets.

    Positions change little from row to row, so their differences are small against the values
    themselves; offsets turn and jump. The ratio is 1 for independent values; in real drawings it
    was 0.7 to 1.3 for offsets and 0.02 to 0.33 for positions. Offsets along finely sampled curves
    change little too, but half of them are negative, and the pen travels further than it draws.
    """
    inside = np.ones(len(sketches.rows), bool)
    inside[sketches.offsets[:-1]] = False
    values = sketches.rows[:, :2].astype(np.float64)
    differences = np.diff(values, axis=0)[inside[1:]]
    power = 2 * float(np.square(values[inside]).sum())
    if not power or float(np.square(differences).sum()) >= _ABSOLUTE_ROUGHNESS * power:
        return "no"
    is_few = inside.sum() < _MIN_ROWS
    if ((values < 0).mean(axis=0) < _ABSOLUTE_NEGATIVE_SHARE).all():
        return "maybe" if is_few else "surely"
    travels = inside & np.roll(sketches.rows[:, 2] > 0, 1)
    if is_few or travels.sum() < _MIN_TRAVELS:
        return "maybe"
    draws = inside & ~travels
    sizes = np.hypot(*values.T)
    is_near = draws.any() and sizes[travels].mean() < _TRAVEL_RATIO * sizes[draws].mean()
    return "surely" if is_near else "no"


def detect_first_row(sketches: Sketches) -> FirstRow:
    """The meaning of row 0, guessed from the rows; see `Sketch.first_row`.

    It is a position (`"move"`) if it is hardly ever negative in x and in y, like places inside a
    box whose corner is the origin, unless row 1 continues in its direction; or if it is larger than
    the lines of the drawings, like places around a centre; or if it is always zero. A line from
    the origin goes in all directions, is as long as other lines, and is often continued: in
    Kanji, whose first strokes go to the right and down, that alone tells it from a position.
    """
    first = sketches.rows[sketches.offsets[:-1], :2]
    in_corner = ((first < 0).mean(axis=0) <= _POSITION_NEGATIVE_SHARE).all()
    if not first.any() or (in_corner and _continuity(sketches) < _LINE_CONTINUITY):
        return "move"
    lines = pen_down_sizes(sketches, "move")
    longest = np.percentile(lines, 90) if len(lines) else np.inf
    return "move" if np.median(np.hypot(*first.T)) > _POSITION_SIZE * longest else "line"


def pen_down_sizes(sketches: Sketches, first_row: FirstRow) -> FloatArray:
    """The lengths of all offsets along which the pen draws."""
    draws = np.roll(sketches.rows[:, 2], 1) == 0
    draws[sketches.offsets[:-1]] = first_row == "line"
    sizes: FloatArray = np.hypot(sketches.rows[draws, 0], sketches.rows[draws, 1])
    return sizes


def _continuity(sketches: Sketches) -> float:
    """The mean cosine of the turn from row 0 to row 1, where the pen stays down."""
    starts = sketches.offsets[:-1][sketches.lengths > 1]
    starts = starts[sketches.rows[starts, 2] == 0]
    first, second = sketches.rows[starts, :2], sketches.rows[starts + 1, :2]
    sizes = np.hypot(*first.T) * np.hypot(*second.T)
    cosines = (first * second).sum(axis=1)[sizes > 0] / sizes[sizes > 0]
    return float(cosines.mean()) if len(cosines) else 0.0


def _stroke3(array: npt.NDArray[Any], where: str) -> npt.NDArray[Any]:
    if not array.size:
        return np.zeros((0, 3), np.float32)
    if array.ndim == 2 and array.shape[1] == 5:
        with named_in_errors(where):
            return Sketch.from_stroke5(array).strokes
    return checked_strokes(array, where)


def _differences(sketches: Sketches) -> Sketches:
    """Replaces positions by offsets."""
    rows = sketches.rows.copy()
    rows[1:, :2] -= sketches.rows[:-1, :2]
    starts = sketches.offsets[:-1]
    rows[starts, :2] = sketches.rows[starts, :2]
    return Sketches(rows, sketches.offsets, sketches.labels)
