"""Figures about prepared drawings: lengths, travel, splits and labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.preparation.splitting import FEWEST
from sketch_rnn.sketch import FirstRow
from sketch_rnn.sources.splits import SPLITS
from sketch_rnn.text import listed

ADVISED_POINTS: Final = 250

_FEW: Final = 20
_GIANT_SHARE: Final = 0.25
_QUANTILES: Final = {0: "min", 50: "median", 90: "90th percentile", 100: "max"}


@dataclass
class Measures:
    """Figures about written drawings, gathered part by part.

    Attributes:
        lengths: number of drawings by their number of rows.
        pen_up: pixels that the pen travelled without drawing.
        pen_down: pixels that it drew.
        splits: drawings in each split.
        labels: drawings of each class.
        held_out: drawings of each class in the validation and the test split, by class and split.
        num_given: drawings whose split was given in the input.
        power: sum of the squares of all offsets.
        largest_power: the same of the one drawing where it is largest.
    """

    lengths: Counter[int] = field(default_factory=Counter)
    pen_up: float = 0.0
    pen_down: float = 0.0
    splits: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    held_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    num_given: int = 0
    power: float = 0.0
    largest_power: float = 0.0

    def add_rows(
        self,
        rows: npt.NDArray[np.float32],
        offsets: npt.NDArray[np.int64],
        first_row: FirstRow,
    ) -> None:
        """Adds drawings as stroke-3 rows; the way to the first point does not count as travel."""
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
        """The classes of three drawings or more that have none in this split."""
        counts = self.labels.items()
        return [n for n, count in counts if count >= FEWEST and not self.held_out[n, split]]

    def small_labels(self) -> list[str]:
        """The classes with too few drawings to be in every split, if there are others."""
        small = [name for name, count in self.labels.items() if count < FEWEST]
        return small if len(self.labels) > 1 else []

    @property
    def travel_share(self) -> float:
        """The share of the pen's way that it travels without drawing."""
        whole = self.pen_up + self.pen_down
        return self.pen_up / whole if whole else 0.0

    def warnings(self) -> list[str]:
        """A line for each suspicious property of the drawings."""
        found = []
        count = sum(self.lengths.values())
        longest = max(self.lengths, default=0)
        if longest > ADVISED_POINTS:
            over = sum(n for length, n in self.lengths.items() if length > ADVISED_POINTS)
            found.append(
                f"{over:,} drawings are longer than {ADVISED_POINTS} rows, the longest "
                f"{longest:,}; models hardly ever learn such drawings, and they slow every batch: "
                "prepare them with a lower --max-points, or with --long split"
            )
        share = self.largest_power / self.power if self.power else 0.0
        if count >= _FEW and share > _GIANT_SHARE:
            found.append(
                f"one giant drawing fixes the scale of the {count:,}: {share:.0%} of it is that "
                "one; remove it, or scale every drawing to the same --box"
            )
        return found

    def rows(self, how_split: str = "") -> list[tuple[str, str]]:
        """The figures as names and texts.

        Args:
            how_split: how the drawings came into their splits, in words.
        """
        splits = ", ".join(f"{self.splits[s]:,} {s}" for s in SPLITS)
        rows = [("splits", f"{splits}; {how_split}" if how_split else splits)]
        if len(self.labels) > 1:
            counts = listed([f"{name} {n:,}" for name, n in self.labels.most_common()])
            rows.append(("labels", f"{len(self.labels):,}: {counts}"))
        lengths = ", ".join(f"{_QUANTILES[p]} {n}" for p, n in self.length_percentiles())
        rows.append(("rows", f"per drawing: {lengths}"))
        rows.append(("travel", f"{self.travel_share:.0%} of the pen's way is with the pen up"))
        return rows

    def length_percentiles(self) -> list[tuple[int, int]]:
        """Percentiles of the number of rows: percentage and rows."""
        values = np.array(sorted(self.lengths), np.int64)
        if not len(values):
            return []
        shares = np.cumsum([self.lengths[int(v)] for v in values]) / sum(self.lengths.values())
        places = [min(int(np.searchsorted(shares, p / 100)), len(values) - 1) for p in _QUANTILES]
        return [(p, int(values[place])) for p, place in zip(_QUANTILES, places, strict=True)]
