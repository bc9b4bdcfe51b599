"""Clean drawings for training: drop empty and long ones, clamp offsets, measure the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError, expect_whole
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FirstRow
from sketch_rnn.sketches import Sketches
from sketch_rnn.sources.splits import TAKEN_FROM_TRAIN, Splits, held_out
from sketch_rnn.sources.strokes import (
    POSITIONS_NOTE,
    absolute_evidence,
    detect_first_row,
    pen_down_sizes,
)

# Smaller offsets lose digits in float32.
_LEAST_SCALE: Final = 1e-30
OFFSET_LIMIT: Final = 1000.0


def cleaned(source: Splits, max_seq_len: int | None) -> tuple[Splits, list[str]]:
    """A source without empty and over-long sketches, and one note for each change.

    A source with only a train split gets the other two from it; offsets are clamped; `first_row` is
    as stored or as it looks.

    Raises:
        SketchRNNError: if a split has no sketches left, the rows hold positions, or `max_seq_len`
            is below 1.
    """
    if max_seq_len is not None:
        expect_whole(max_seq_len, 1, "max_seq_len")
    source, notes = _with_splits(source)
    source, dropped = _without_unusable(source, max_seq_len)
    notes += dropped
    evidence = absolute_evidence(source.train)
    if evidence == "maybe":
        notes.append(f"{source.name}: {POSITIONS_NOTE}")
    if evidence == "surely":
        raise SketchRNNError(
            f"{source.name}: the first two columns hold positions, not offsets from the previous "
            "point; make a dataset with offsets: sketch-rnn data prepare FILE --absolute --out "
            "NAME.npz"
        )
    count = sum(_num_beyond(part) for part in source.by_name().values())
    if count:
        notes.append(
            f"{source.name}: {count} offsets beyond {OFFSET_LIMIT:g} pixels were clamped to that"
        )
    first_row = source.first_row or detect_first_row(source.train)
    return replace(source.map(clamped), first_row=first_row), notes


def measure_profile(
    splits: Mapping[str, Sketches],
    *,
    first_row: FirstRow,
    labels: tuple[str, ...],
    sources: tuple[str, ...],
) -> DataProfile:
    """The profile of these drawings: what a model must remember of them.

    The scale is the standard deviation of all dx and dy of the training split pooled; N_max the
    longest drawing of all splits.
    """
    train = splits["train"]
    scale = float(np.std(train.rows[:, :2], dtype=np.float64))
    if not scale > _LEAST_SCALE:
        reason = "the same" if not scale else f"far too small, about {scale:.1g} pixels"
        raise SketchRNNError(
            f"{', '.join(sources)}: all training offsets are {reason}; there is nothing to learn"
        )
    low, high = _boxes(train, first_row)
    spacing = pen_down_sizes(train, first_row)
    return DataProfile(
        scale=scale,
        max_seq_len=max(int(part.lengths.max()) for part in splits.values()),
        first_row=first_row,
        typical_size=float(np.median((high - low).max(axis=1))),
        typical_spacing=float(np.median(spacing)) if len(spacing) else 0.0,
        typical_corner=(float(np.median(low[:, 0])), float(np.median(low[:, 1]))),
        labels=labels,
        sources=sources,
    )


def _with_splits(source: Splits) -> tuple[Splits, list[str]]:
    """Three splits, taking missing ones from train, and a note if any were missing."""
    parts = source.by_name()
    missing = [split for split in ("valid", "test") if not len(parts[split])]
    if not missing or len(source.train) <= len(missing):
        return source, []
    taken = held_out(len(source.train), missing)
    rest = np.setdiff1d(np.arange(len(source.train)), np.concatenate([*taken.values()]))
    parts |= {split: source.train.select(chosen) for split, chosen in taken.items()}
    note = (
        f"{source.name}: has no {' and '.join(missing)} drawings; {len(taken[missing[0]])} "
        f"{'for each ' if len(missing) > 1 else ''}{TAKEN_FROM_TRAIN}"
    )
    parts["train"] = source.train.select(rest)
    divided = replace(source, train=parts["train"], valid=parts["valid"], test=parts["test"])
    return divided, [note]


def _without_unusable(source: Splits, max_seq_len: int | None) -> tuple[Splits, list[str]]:
    """The source without empty and over-long sketches, and notes of their numbers."""
    limit = np.inf if max_seq_len is None else max_seq_len
    parts = source.by_name()
    notes = [
        f"{source.name}: dropped {_in_words(masks)} {reason}"
        for masks, reason in (
            ({s: part.lengths == 0 for s, part in parts.items()}, "without any row"),
            (
                {s: part.lengths > limit for s, part in parts.items()},
                f"longer than {max_seq_len} rows",
            ),
        )
        if any(mask.any() for mask in masks.values())
    ]
    kept = source.map(lambda part: _of_length(part, limit)) if notes else source
    for split, part in kept.by_name().items():
        if not len(part):
            usable = "" if max_seq_len is None else f" of 1 to {max_seq_len} rows"
            raise SketchRNNError(
                f"{source.name}: the {split} split has no sketches{usable}; each of train, valid "
                "and test needs at least one"
            )
    return kept, notes


def _of_length(part: Sketches, limit: float) -> Sketches:
    return part.select(np.flatnonzero((part.lengths > 0) & (part.lengths <= limit)))


def _in_words(masks: Mapping[str, npt.NDArray[np.bool_]]) -> str:
    parts = [f"{m.sum()} of {len(m)} {split}" for split, m in masks.items() if m.any()]
    return f"{sum(int(m.sum()) for m in masks.values())} sketches ({', '.join(parts)})"


def _num_beyond(part: Sketches) -> int:
    return int((np.abs(part.rows[:, :2]) > OFFSET_LIMIT).sum())


def clamped(part: Sketches) -> Sketches:
    """The sketches with offsets of at most `OFFSET_LIMIT` pixels."""
    if not _num_beyond(part):
        return part
    clipped = np.clip(part.rows[:, :2], -OFFSET_LIMIT, OFFSET_LIMIT)
    return replace(part, rows=np.hstack([clipped, part.rows[:, 2:]]))


def _boxes(
    sketches: Sketches, first_row: FirstRow
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The left-top and right-bottom corners `(S, 2)` of all drawings, as `Sketch.bounds`."""
    positions = np.cumsum(sketches.rows[:, :2], axis=0, dtype=np.float64)
    starts = sketches.offsets[:-1]
    origins = positions[starts] - sketches.rows[starts, :2]
    low = np.minimum.reduceat(positions, starts) - origins
    high = np.maximum.reduceat(positions, starts) - origins
    if first_row == "line":
        return np.minimum(low, 0), np.maximum(high, 0)
    return low, high
