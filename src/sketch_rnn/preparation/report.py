"""The report on a preparation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.preparation import pipeline
from sketch_rnn.preparation.measures import Measures
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.pieces import Counts
from sketch_rnn.preparation.splitting import FEWEST, MOST_COUNTED
from sketch_rnn.sources.chunk import in_words, place_text
from sketch_rnn.sources.formats import bitmap_advice
from sketch_rnn.sources.splits import SPLITS, TAKEN_FROM_TRAIN
from sketch_rnn.text import listed

DUPLICATES: Final = "equal to an earlier drawing (--keep-duplicates keeps them)"
OVER_LABEL_CAP: Final = "beyond --per-label"

_NUM_FAULTS_SHOWN: Final = 10
_LONG_SHARE: Final = 0.05
_CHANGES: Final = (
    pipeline.JOINED,
    pipeline.DOTS,
    pipeline.TINY_DROPPED,
    pipeline.REORDERED,
    pipeline.SHORTENED,
    pipeline.CUT,
)


@dataclass
class Report(Counts):
    """Counts of drawings read, changed, dropped and written.

    Attributes:
        options: of the preparation.
        num_written: drawings that were written.
        ignored: counts of files in folders that have no known format, by suffix.
        measures: of the drawings that were written.
        scale: of the training split, as a training run would use it.
    """

    options: PrepareOptions
    num_written: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    measures: Measures = field(default_factory=Measures)
    scale: float = 0.0

    @property
    def num_cut(self) -> int:
        """The number of drawings added by cutting long ones into several."""
        return self.num_written + sum(self.dropped.values()) - self.num_read

    def warnings(self) -> list[str]:
        """One line for each thing that looks wrong, with the remedy."""
        options, found = self.options, []
        if self.faults:
            found.append(
                f"drawings or files that could not be read: {self.num_faults:,}; the first: "
                f"{self.faults[0]}"
            )
        found += [*bitmap_advice(self.ignored), *in_words(self.notes)]
        found += [*self._stray_warnings(), *self._long_warnings(), *self._label_warnings()]
        found += self.measures.warnings()
        if options.box and options.epsilon > options.box / 25:
            found.append(
                f"--epsilon {options.epsilon:g} is much for a box of {options.box:g}; details "
                "smaller than that are gone"
            )
        return found

    def _stray_warnings(self) -> list[str]:
        if not self.num_strays:
            return []
        worst_ones = ", ".join(
            f"{place_text(stray.place)} ({stray.ratio:.3g} times)" for stray in self.strays
        )
        text = (
            f"drawings that one outlying stroke makes more than {pipeline.STRAY_RATIO:g} times "
            f"smaller than the rest alone would be: {self.num_strays:,}, the worst: {worst_ones}; "
            "remove such strokes"
        )
        return [text]

    def _long_warnings(self) -> list[str]:
        over, options = self.changes[pipeline.OVER_CAP], self.options
        if over <= _LONG_SHARE * max(self.num_read, 1):
            return []
        others = {
            "simplify": "--long split cuts them into several",
            "split": "--long simplify keeps each in one piece",
            "drop": "--long simplify or --long split keeps them",
        }
        text = (
            f"{over:,} drawings were longer than {options.max_points} points; a larger --epsilon, "
            f"--resample or --max-points keeps more of each, {others[options.long]}"
        )
        return [text]

    def _label_warnings(self) -> list[str]:
        found = []
        if small := self.measures.small_labels():
            found.append(
                f"labels with fewer than {FEWEST} drawings, too few for every split: "
                f"{listed(small)}"
            )
        for split in ("valid", "test"):
            names = self.measures.labels_without(split)
            if not names or len(self.measures.labels) < 2:
                continue
            advice = "" if self.options.resplit else "; --resplit ignores the splits of the files"
            if not self.options.split_labels:
                advice = "; --split-labels splits each label on its own"
            found.append(f"labels without a {split} drawing: {listed(names)}{advice}")
        return found

    def require_splits(self) -> None:
        """Raises SketchRNNError if a split has no drawing, with the counts of all drawings."""
        empty = [split for split in SPLITS if not self.measures.splits[split]]
        if not empty:
            return
        dropped = [f"{n:,} {reason}" for reason, n in self.dropped.most_common() if n]
        few = (
            f"too few drawings: train, valid and test need at least one each, and of "
            f"{self.num_read:,} read {self.num_written:,} were kept"
            f"{''.join(f', {text}' for text in dropped)}"
        )
        if not self.faults:
            raise SketchRNNError(few)
        more = f" ({self.num_faults:,} drawings or files like that)" * (self.num_faults > 1)
        rest = f"; {few}" if self.num_written else ""
        raise SketchRNNError(f"{self.faults[0]}{more}{rest}")

    def text(self) -> str:
        """The report, without the warnings."""
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
        lines += [f"{name:<8} {text}" for name, text in self.measures.rows(self._how_split())]
        lines.append(f"scale    {self.scale:.4f} pixels, as training would use it")
        return lines

    def _how_split(self) -> str:
        """How the drawings came into their splits."""
        measures, count = self.measures, self.measures.splits.total()
        own = "at random"
        if self.options.split_labels and len(measures.labels) > 1 and count <= MOST_COUNTED:
            own += ", each label on its own"
        if not measures.num_given:
            return own
        kept = "as in the files"
        if any(note.text.endswith(TAKEN_FROM_TRAIN) for note in self.notes):
            kept += f", but for those {TAKEN_FROM_TRAIN}"
        if measures.num_given == count:
            return kept
        return f"{measures.num_given:,} of them {kept}, the others {own}"
