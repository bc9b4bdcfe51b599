"""Options of the preparation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from sketch_rnn.config import FIRST_ROWS, FirstRow
from sketch_rnn.options import YES_OR_NO, Options, Rule, number, one_of, option, whole

Tiny = Literal["dot", "drop"]
Order = Literal["given", "travel"]
Long = Literal["simplify", "split", "drop"]

TINY: Final[tuple[str, ...]] = get_args(Tiny)
ORDERS: Final[tuple[str, ...]] = get_args(Order)
LONG: Final[tuple[str, ...]] = get_args(Long)
# Differences of whole positions in a box of this size fit in int16.
LARGEST_BOX: Final = 32_000

_PIXELS: Final = number(at_least=0)
_SHARE: Final = number(above=0, below=1)
_ROWS: Final = Rule(
    lambda value: whole().holds(value) and value != 1, "0, or a whole number of at least 2", int
)


@dataclass(frozen=True, kw_only=True)
class PrepareOptions(Options):
    """The steps of a preparation, in the order in which they are taken.

    Lengths are in pixels of the box. Each option says in its declaration what it does.
    """

    kind = "prepare"
    help_panel = "Steps, in this order"

    box: float = option(
        255.0,
        number(at_least=0, at_most=LARGEST_BOX),
        "Scale every drawing's longer side to this many pixels; 0 keeps sizes.",
    )
    join: float = option(
        0.0,
        number(),
        "Join a stroke to the one before if that ends within this many pixels of its start; -1 "
        "never joins.",
    )
    resample: float = option(
        0.0, _PIXELS, "Place points this many pixels apart along strokes; 0 keeps them."
    )
    epsilon: float = option(
        2.0,
        _PIXELS,
        "Tolerance of simplification in pixels (Ramer, Douglas, Peucker); 0 keeps all points.",
    )
    points: int = option(
        0,
        whole(),
        "Simplify each drawing beyond epsilon, if need be, to at most about this many points; 0 "
        "does not.",
    )
    min_stroke: float = option(
        2.0, _PIXELS, "Strokes whose box is smaller than this many pixels are tiny; 0 for none."
    )
    tiny: Tiny = option("dot", one_of(*TINY), "Tiny strokes become a dot, or drop them.")
    order: Order = option(
        "given",
        one_of(*ORDERS),
        "Order of strokes: given, or travel (a shorter way with the pen up).",
    )
    keep_duplicates: bool = option(
        False, YES_OR_NO, "Keep drawings that are the same as another one."
    )
    per_label: int = option(0, whole(), "Keep the first N drawings of each label; 0 keeps all.")
    max_points: int = option(250, _ROWS, "Most points of a drawing; 0 for no limit.")
    long: Long = option(
        "simplify",
        one_of(*LONG),
        "For longer drawings: simplify (further), split (into several) or drop.",
    )
    valid: float = option(0.05, _SHARE, "Share of the validation split.")
    test: float = option(0.05, _SHARE, "Share of the test split.")
    split_labels: bool = option(
        True,
        YES_OR_NO,
        "Split each label on its own, so that every label of 3 drawings or more is in all splits.",
        flag="--split-labels/--no-split-labels",
    )
    resplit: bool = option(False, YES_OR_NO, "Ignore existing splits and make new ones.")
    seed: int = option(0, whole(at_most=2**64 - 1), "Random seed of the splits.")
    first_row: FirstRow = option(
        "line",
        one_of(*FIRST_ROWS),
        "Meaning of row 0 in the written data: line (the pen is down) or move (a position).",
    )

    def conflicts(self) -> list[str]:
        """A sentence if the shares leave nothing for training."""
        if self.valid + self.test < 1:
            return []
        return [f"valid={self.valid!r} and test={self.test!r} leave nothing for training"]
