"""From drawings as a source holds them to drawings a model can learn: checks and measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sketch_rnn.data.sources.npz import SPLITS
from sketch_rnn.data.sources.raw import RawDataset
from sketch_rnn.data.store import Store
from sketch_rnn.errors import SketchRNNError, expect_whole
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FirstRow, FloatArray

OFFSET_LIMIT: Final = 1000.0

_ABSOLUTE_ROUGHNESS: Final = 0.5
_POSITION_NEGATIVE_SHARE: Final = 0.12
_POSITION_SIZE: Final = 1.25
_LINE_CONTINUITY: Final = 0.75
_HELD_OUT: Final = 0.05


class Prepared(NamedTuple):
    """The usable drawings of one source.

    Attributes:
        splits: by name; labels are numbers into `label_names`.
        label_names: names of the classes.
        first_row: what row 0 means, as stored in the source or as it looks.
        notes: one line for each thing the user should know.
    """

    splits: dict[str, Store]
    label_names: tuple[str, ...]
    first_row: FirstRow
    notes: list[str]


def prepare(raw: RawDataset, max_seq_len: int | None) -> Prepared:
    """Returns the source's drawings without empty and over-long ones, offsets clamped.

    Raises:
        SketchRNNError: if a drawing is malformed, see `Store.from_arrays`, or a split has none, or
            `max_seq_len` is below 1.
    """
    if max_seq_len is not None:
        expect_whole(max_seq_len, 1, "max_seq_len")
    stores, held_out = _with_splits({split: read_split(raw, split) for split in SPLITS}, raw.name)
    stores, notes = _without_unusable(stores, raw.name, max_seq_len)
    notes = held_out + notes
    if looks_absolute(stores["train"]):
        notes.append(
            f"{raw.name}: the first two columns look like absolute positions; expected are offsets "
            "from the previous point (np.diff of the positions)"
        )
    clamped = {split: _clamped(store) for split, store in stores.items()}
    count = sum(part[1] for part in clamped.values())
    if count:
        notes.append(
            f"{raw.name}: {count} offsets beyond {OFFSET_LIMIT:g} pixels were clamped to that"
        )
    stores = {split: part[0] for split, part in clamped.items()}
    names = raw.label_names if raw.labels is not None else (raw.name,)
    return Prepared(
        splits=stores,
        label_names=_checked_names(stores, names, raw.name),
        first_row=raw.first_row or detect_first_row(stores["train"]),
        notes=notes,
    )


def check_usable(raw: RawDataset) -> None:
    """Raises SketchRNNError if a drawing is malformed, a split has none, or a class no name."""
    stores = {split: read_split(raw, split) for split in SPLITS}
    for split, store in stores.items():
        if not len(store):
            raise SketchRNNError(f"{raw.name}: the {split} split has no sketches")
    if raw.labels is not None:
        _checked_names(stores, raw.label_names, raw.name)


def read_split(raw: RawDataset, split: str) -> Store:
    """Returns one split of a source, checked but with every drawing in it."""
    labels = None if raw.labels is None else raw.labels[split]
    return Store.from_arrays(getattr(raw, split), labels, where=f"{raw.name}: {split}")


def measure_profile(
    splits: Mapping[str, Store],
    *,
    first_row: FirstRow,
    labels: tuple[str, ...],
    sources: tuple[str, ...],
) -> DataProfile:
    """Returns what a model must remember of these drawings.

    The scale is the standard deviation of all dx and dy of the training split pooled; N_max the
    longest drawing of all splits.
    """
    train = splits["train"]
    scale = float(np.std(train.rows[:, :2], dtype=np.float64))
    if not scale > 0:
        raise SketchRNNError(
            f"{', '.join(sources)}: all training offsets are the same; there is nothing to learn"
        )
    low, high = _boxes(train, first_row)
    spacing = _pen_down_sizes(train, first_row)
    return DataProfile(
        scale=scale,
        max_seq_len=max(int(store.lengths.max()) for store in splits.values()),
        first_row=first_row,
        typical_size=float(np.median((high - low).max(axis=1))),
        typical_spacing=float(np.median(spacing)) if len(spacing) else 0.0,
        typical_corner=(float(np.median(low[:, 0])), float(np.median(low[:, 1]))),
        labels=labels,
        sources=sources,
    )


def looks_absolute(store: Store) -> bool:
    """Returns whether dx and dy look like absolute positions instead of offsets.

    Positions change little from row to row, so their differences are small against the values
    themselves; offsets turn and jump. The ratio is 1 for independent values; in real drawings it
    was 0.7 to 1.3 for offsets and 0.02 to 0.33 for positions.
    """
    inside = np.ones(len(store.rows), bool)
    inside[store.offsets[:-1]] = False
    values = store.rows[:, :2].astype(np.float64)
    differences = np.diff(values, axis=0)[inside[1:]]
    power = 2 * float(np.square(values[inside]).sum())
    return power > 0 and float(np.square(differences).sum()) < _ABSOLUTE_ROUGHNESS * power


def detect_first_row(store: Store) -> FirstRow:
    """Returns what row 0 seems to mean, see `Sketch.first_row`.

    It is a position (`"move"`) if it is hardly ever negative in x and in y, like places inside a
    box whose corner is the origin, unless row 1 goes on in its direction; or if it is larger than
    the lines of the drawings, like places around a centre; or if it is always zero. A line from
    the origin goes in all directions, is as long as other lines, and is often gone on with: in
    Kanji, whose first strokes go to the right and down, that alone tells it from a position.
    """
    first = store.rows[store.offsets[:-1], :2]
    in_corner = ((first < 0).mean(axis=0) <= _POSITION_NEGATIVE_SHARE).all()
    if not first.any() or (in_corner and _continuity(store) < _LINE_CONTINUITY):
        return "move"
    lines = _pen_down_sizes(store, "move")
    longest = np.percentile(lines, 90) if len(lines) else np.inf
    return "move" if np.median(np.hypot(*first.T)) > _POSITION_SIZE * longest else "line"


def _continuity(store: Store) -> float:
    """Returns the mean cosine of the turn from row 0 to row 1, where the pen stays down."""
    starts = store.offsets[:-1][store.lengths > 1]
    starts = starts[store.rows[starts, 2] == 0]
    first, second = store.rows[starts, :2], store.rows[starts + 1, :2]
    sizes = np.hypot(*first.T) * np.hypot(*second.T)
    cosines = (first * second).sum(axis=1)[sizes > 0] / sizes[sizes > 0]
    return float(cosines.mean()) if len(cosines) else 0.0


def _with_splits(stores: dict[str, Store], name: str) -> tuple[dict[str, Store], list[str]]:
    """Returns three splits and a note: a pile of drawings, all for training, is divided."""
    pile = stores["train"]
    if len(pile) < len(SPLITS) or len(stores["valid"]) or len(stores["test"]):
        return stores, []
    # The same drawings whenever the file is read, and not the last ones, which may be special.
    order = np.random.default_rng(0).permutation(len(pile))
    count = max(1, round(len(pile) * _HELD_OUT))
    parts = {"valid": order[:count], "test": order[count : 2 * count], "train": order[2 * count :]}
    divided = {split: pile.select(np.sort(parts[split])) for split in SPLITS}
    note = f"{name}: has no valid and test drawings; {count} for each were taken from train"
    return divided, [note]


def _without_unusable(
    stores: Mapping[str, Store], name: str, max_seq_len: int | None
) -> tuple[dict[str, Store], list[str]]:
    """Returns the stores without empty and over-long drawings, and notes that say how many."""
    limit = np.inf if max_seq_len is None else max_seq_len
    empty = {split: store.lengths == 0 for split, store in stores.items()}
    long = {split: store.lengths > limit for split, store in stores.items()}
    notes = []
    if _count(empty):
        notes.append(f"{name}: dropped {_in_words(empty)} without any row")
    if _count(long):
        notes.append(f"{name}: dropped {_in_words(long)} longer than {max_seq_len} rows")
    kept = {
        s: store.select(np.flatnonzero(~(empty[s] | long[s])))
        if (empty[s] | long[s]).any()
        else store
        for s, store in stores.items()
    }
    for split, store in kept.items():
        if not len(store):
            usable = "" if max_seq_len is None else f" of 1 to {max_seq_len} rows"
            raise SketchRNNError(
                f"{name}: the {split} split has no sketches{usable}; each of train, valid and test "
                "needs at least one"
            )
    return kept, notes


def _count(masks: Mapping[str, npt.NDArray[np.bool_]]) -> int:
    return sum(int(mask.sum()) for mask in masks.values())


def _in_words(masks: Mapping[str, npt.NDArray[np.bool_]]) -> str:
    parts = [f"{m.sum()} of {len(m)} {split}" for split, m in masks.items() if m.any()]
    return f"{_count(masks)} sketches ({', '.join(parts)})"


def _clamped(store: Store) -> tuple[Store, int]:
    """Returns the drawings with their offsets clamped, and how many were beyond the limit."""
    offsets = store.rows[:, :2]
    count = int((np.abs(offsets) > OFFSET_LIMIT).sum())
    if not count:
        return store, 0
    clipped = np.clip(offsets, -OFFSET_LIMIT, OFFSET_LIMIT)
    return replace(store, rows=np.hstack([clipped, store.rows[:, 2:]])), count


def _checked_names(
    stores: Mapping[str, Store], names: tuple[str, ...], source: str
) -> tuple[str, ...]:
    low = min(int(store.labels.min()) for store in stores.values())
    high = max(int(store.labels.max()) for store in stores.values())
    if low < 0:
        raise SketchRNNError(f"{source}: label number {low}; labels count from 0")
    if names and high >= len(names):
        raise SketchRNNError(f"{source}: label number {high} with {len(names)} label names")
    return names or tuple(f"{source}/{number}" for number in range(high + 1))


def _boxes(
    store: Store, first_row: FirstRow
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Returns left-top and right-bottom corners `(S, 2)` of all drawings, as `Sketch.bounds`."""
    positions = np.cumsum(store.rows[:, :2], axis=0, dtype=np.float64)
    starts = store.offsets[:-1]
    origins = positions[starts] - store.rows[starts, :2]
    low = np.minimum.reduceat(positions, starts) - origins
    high = np.maximum.reduceat(positions, starts) - origins
    if first_row == "line":
        return np.minimum(low, 0), np.maximum(high, 0)
    return low, high


def _pen_down_sizes(store: Store, first_row: FirstRow) -> FloatArray:
    """Returns the lengths of all offsets along which the pen draws."""
    draws = np.roll(store.rows[:, 2], 1) == 0
    draws[store.offsets[:-1]] = first_row == "line"
    sizes: FloatArray = np.hypot(store.rows[draws, 0], store.rows[draws, 1])
    return sizes
