"""What a preparation did, in numbers and words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.preparation import pipeline
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.pieces import Example, PieceResult, lowest
from sketch_rnn.sketch import FirstRow
from sketch_rnn.sources.chunk import Note, in_words
from sketch_rnn.sources.formats import bitmap_advice
from sketch_rnn.sources.splits import SPLITS

DUPLICATES: Final = "the same as another"
OVER_LABEL_CAP: Final = "beyond the number for its label"
ADVISED_POINTS: Final = 250

_NUM_FAULTS_SHOWN: Final = 10
_NUM_LABELS_SHOWN: Final = 8
_FEW: Final = 20
_GIANT_SHARE: Final = 0.25
_LONG_SHARE: Final = 0.05
_QUANTILES: Final = {0: "min", 50: "median", 90: "90th percentile", 100: "max"}
_CHANGES: Final = (
    pipeline.JOINED,
    pipeline.DOTS,
    pipeline.TINY_DROPPED,
    pipeline.REORDERED,
    pipeline.SHORTENED,
    pipeline.CUT,
)


@dataclass
class Measures:
    """Numbers about written drawings, gathered part by part.

    Attributes:
        lengths: how many drawings have so many rows.
        pen_up: pixels that the pen travelled without drawing.
        pen_down: pixels that it drew.
        splits: drawings in each split.
        labels: drawings of each class.
        held_out: drawings of each class in the validation and the test split, by class and split.
        power: sum of the squares of all offsets.
        largest_power: the same of the one drawing where it is largest.
    """

    lengths: Counter[int] = field(default_factory=Counter)
    pen_up: float = 0.0
    pen_down: float = 0.0
    splits: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    held_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    power: float = 0.0
    largest_power: float = 0.0

    def add_rows(
        self,
        rows: npt.NDArray[np.float32],
        offsets: npt.NDArray[np.int64],
        first_row: FirstRow,
    ) -> None:
        """Adds drawings, given as stroke-3 rows; the way to the first point is no travel."""
        counts = np.bincount(np.diff(offsets))
        self.lengths.update({int(n): int(counts[n]) for n in np.flatnonzero(counts)})
        distances = np.hypot(rows[:, 0].astype(np.float64), rows[:, 1].astype(np.float64))
        travels = np.roll(rows[:, 2] != 0, 1)
        travels[offsets[:-1]] = False
        up = float(distances[travels].sum())
        powers = np.add.reduceat(np.square(distances), offsets[:-1])
        self.power += float(powers.sum())
        self.largest_power = max(self.largest_power, float(powers.max()))
        if first_row == "move":
            distances[offsets[:-1]] = 0
        self.pen_up += up
        self.pen_down += float(distances.sum()) - up

    def labels_without(self, split: str) -> list[str]:
        """Returns the classes of three drawings or more that have none in this split."""
        counts = self.labels.items()
        return [n for n, count in counts if count >= len(SPLITS) and not self.held_out[n, split]]

    @property
    def travel_share(self) -> float:
        """Returns which share of the pen's way is without drawing."""
        whole = self.pen_up + self.pen_down
        return self.pen_up / whole if whole else 0.0

    def warnings(self) -> list[str]:
        """Returns one line for each thing that looks wrong in the drawings themselves."""
        found = []
        count = sum(self.lengths.values())
        longest = max(self.lengths, default=0)
        if longest > ADVISED_POINTS:
            over = sum(n for length, n in self.lengths.items() if length > ADVISED_POINTS)
            found.append(
                f"{over:,} drawings are longer than {ADVISED_POINTS} rows, the longest "
                f"{longest:,}; such are hardly ever learned, and every batch takes longer: lower "
                "--max-points"
            )
        share = self.largest_power / self.power if self.power else 0.0
        if count >= _FEW and share > _GIANT_SHARE:
            found.append(
                f"one giant drawing fixes the scale of the {count:,}: {share:.0%} of it is that "
                "one; remove it, or scale every drawing to the same --box"
            )
        return found

    def rows(self) -> list[tuple[str, str]]:
        """Returns names and texts of what was measured."""
        rows = [("splits", ", ".join(f"{self.splits[s]:,} {s}" for s in SPLITS))]
        if len(self.labels) > 1:
            most = [f"{name} {n:,}" for name, n in self.labels.most_common(_NUM_LABELS_SHOWN)]
            more = len(self.labels) - len(most)
            text = ", ".join([*most, f"and {more:,} more"] if more else most)
            rows.append(("labels", f"{len(self.labels):,}: {text}"))
        lengths = ", ".join(f"{_QUANTILES[p]} {n}" for p, n in self.length_percentiles())
        rows.append(("rows", f"per drawing: {lengths}"))
        rows.append(("travel", f"{self.travel_share:.0%} of the pen's way is with the pen up"))
        return rows

    def length_percentiles(self) -> list[tuple[int, int]]:
        """Returns some percentages and how many rows that share of the drawings has at most."""
        values = np.array(sorted(self.lengths), np.int64)
        if not len(values):
            return []
        shares = np.cumsum([self.lengths[int(v)] for v in values]) / sum(self.lengths.values())
        places = [min(int(np.searchsorted(shares, p / 100)), len(values) - 1) for p in _QUANTILES]
        return [(p, int(values[place])) for p, place in zip(_QUANTILES, places, strict=True)]


@dataclass
class Report:
    """What came in, was changed, was dropped and was written.

    Attributes:
        options: of the preparation.
        num_read: drawings that came in.
        num_written: drawings that were written.
        changes: counts of changes.
        dropped: drawings that were dropped, by reason.
        faults: the first of what could not be read.
        num_faults: how many there were.
        notes: what looks wrong in the input.
        left_out: counts of parts of drawings that were left out by rule.
        ignored: files in folders that are of no known format, by the ends of their names.
        examples: some drawings before and after.
        measures: of the drawings that were written.
        scale: of the training split, as a training run would use it.
    """

    options: PrepareOptions
    num_read: int = 0
    num_written: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    num_faults: int = 0
    notes: list[Note] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    measures: Measures = field(default_factory=Measures)
    scale: float = 0.0

    def add(self, piece: PieceResult) -> None:
        """Adds what became of one piece of the input."""
        self.num_read += piece.num_read
        self.changes += piece.changes
        self.dropped += piece.dropped
        self.faults += piece.faults[: 1000 - len(self.faults)]
        self.num_faults += piece.num_faults
        self.notes += piece.notes
        self.left_out += piece.left_out
        self.examples = lowest([*self.examples, *piece.examples])

    @property
    def num_cut(self) -> int:
        """Returns how many drawings more there are for some having been cut into several."""
        return self.num_written + sum(self.dropped.values()) - self.num_read

    def warnings(self) -> list[str]:
        """Returns one line for each thing that looks wrong, with what to do."""
        options, found = self.options, []
        if self.faults:
            found.append(
                f"drawings or files that could not be read: {self.num_faults:,}; the first: "
                f"{self.faults[0]}"
            )
        found += [*bitmap_advice(self.ignored), *in_words(self.notes)]
        strays = self.changes[pipeline.STRAY]
        if strays:
            found.append(
                f"in {strays:,} drawings one outlying stroke sets the scale; without it the rest "
                f"would be more than {pipeline.STRAY_RATIO:g} times larger"
            )
        over = self.changes[pipeline.OVER_CAP]
        if over > _LONG_SHARE * max(self.num_read, 1):
            found.append(
                f"{over:,} drawings were longer than {options.max_points} points; a larger "
                "--epsilon, or --resample, keeps more of each than cutting it down one by one"
            )
        found += [
            f"labels without a {split} drawing: {', '.join(names[:_NUM_LABELS_SHOWN])}"
            f"{f' and {len(names) - _NUM_LABELS_SHOWN} more' * (len(names) > _NUM_LABELS_SHOWN)}; "
            "--split-labels splits each label on its own"
            for split in ("valid", "test")
            if (names := self.measures.labels_without(split)) and len(self.measures.labels) > 1
        ]
        found += self.measures.warnings()
        if options.box and options.epsilon > options.box / 25:
            found.append(
                f"--epsilon {options.epsilon:g} is much for a box of {options.box:g}; details "
                "smaller than that are gone"
            )
        return found

    def require_splits(self) -> None:
        """Raises SketchRNNError if a split has no drawing, with what became of all that came in."""
        empty = [split for split in SPLITS if not self.measures.splits[split]]
        if not empty:
            return
        if not self.num_written and self.faults:
            more = f" ({self.num_faults:,} drawings or files like that)" * (self.num_faults > 1)
            raise SketchRNNError(f"{self.faults[0]}{more}")
        dropped = [f"{n:,} {reason}" for reason, n in self.dropped.most_common() if n]
        first = f"; the first fault: {self.faults[0]}" if self.faults else ""
        raise SketchRNNError(
            f"too few drawings: {', '.join(empty)} would have none; each of train, valid and test "
            f"needs at least one; of {self.num_read:,} that came in, "
            f"{self.num_written:,} were kept{''.join(f', {text}' for text in dropped)}{first}"
        )

    def text(self) -> str:
        """Returns the report, without the warnings."""
        lines = [f"read     {self.num_read:,} drawings"]
        lines += [f"           {fault}" for fault in self.faults[:_NUM_FAULTS_SHOWN]]
        if self.num_faults > _NUM_FAULTS_SHOWN:
            lines.append(f"           and {self.num_faults - _NUM_FAULTS_SHOWN:,} more faults")
        if self.ignored:
            kinds = ", ".join(f"{n:,} {suffix}" for suffix, n in self.ignored.most_common())
            lines.append(
                f"         left out {self.ignored.total():,} files of other kinds: {kinds}"
            )
        lines += [f"         left out {n:,} {kind}" for kind, n in self.left_out.most_common()]
        lines += [f"changed  {self.changes[c]:,} {c}" for c in _CHANGES if self.changes[c]]
        points = self.changes[pipeline.POINTS_IN], self.changes[pipeline.POINTS_OUT]
        if points[0]:
            lines.append(f"         {points[0]:,} points became {points[1]:,}")
        if self.num_cut:
            lines.append(f"         {self.num_cut:,} more drawings by cutting long ones")
        lines += [f"dropped  {n:,} {reason}" for reason, n in self.dropped.most_common() if n]
        return "\n".join([*lines, *self._written()])

    def _written(self) -> list[str]:
        lines = [f"kept     {self.num_written:,} drawings"]
        lines += [f"{name:<8} {text}" for name, text in self.measures.rows()]
        lines.append(f"scale    {self.scale:.4f} pixels, as training would use it")
        return lines
