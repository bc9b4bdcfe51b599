"""How files of drawings are read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FIRST_ROWS, FirstRow

Fills = Literal["auto", "outline", "skip"]
Labels = Literal["auto", "file", "folder"]

FILLS: Final = ("auto", "outline", "skip")
LABELS: Final = ("auto", "file", "folder")


@dataclass(frozen=True, kw_only=True)
class QuickDrawFilter:
    """Which records count.

    Attributes:
        recognized: True keeps what the game recognised, False what it did not, None both.
        countries: keep those of these country codes; of all where empty.
        words: keep those of these words; of all where empty.
    """

    recognized: bool | None = None
    countries: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def passes(self, record: dict[str, Any]) -> bool:
        """Returns whether a record counts."""
        if self.recognized is not None and record.get("recognized") is not self.recognized:
            return False
        if self.countries and record.get("countrycode") not in self.countries:
            return False
        return not self.words or record.get("word") in self.words


EVERY_RECORD: Final = QuickDrawFilter()


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How files are read.

    Attributes:
        wanted: which QuickDraw records count.
        tolerance: how far a polyline may leave its curve in an SVG, as a share of the drawing.
        fills: what becomes of an SVG's shapes without a stroke, see `read_svg`.
        groups: each top-level group of an SVG is a drawing of its own.
        labels: where labels come from: `auto` takes what the file says (a QuickDraw word, stored
            labels), the folder of an SVG, or the file's name; `file` and `folder` always take that.
        first_row: what row 0 of stroke rows means; as stored or as it looks where None.
        absolute: stroke rows hold positions instead of offsets.
    """

    wanted: QuickDrawFilter = EVERY_RECORD
    tolerance: float = 0.001
    fills: Fills = "auto"
    groups: bool = False
    labels: Labels = "auto"
    first_row: FirstRow | None = None
    absolute: bool = False


def reading_options(
    *,
    recognized: bool | None = None,
    countries: Sequence[str] = (),
    words: Sequence[str] = (),
    fills: Fills = "auto",
    groups: bool = False,
    flatten: float = 0.001,
    labels: Labels = "auto",
    first_row: FirstRow | None = None,
    absolute: bool = False,
) -> ReadingOptions:
    """Returns how files are read; for what the names mean see `ReadingOptions`.

    Raises:
        SketchRNNError: if a choice is not one of those there are.
    """
    for name, value, known in (
        ("fills", fills, FILLS),
        ("labels", labels, LABELS),
        ("first_row", first_row or "move", FIRST_ROWS),
    ):
        if value not in known:
            raise SketchRNNError(f"{name}={value!r} must be one of {', '.join(known)}")
    if not 0 < flatten < math.inf:
        raise SketchRNNError("flatten must be a finite number above 0")
    wanted = EVERY_RECORD
    if recognized is not None or countries or words:
        wanted = QuickDrawFilter(
            recognized=recognized, countries=tuple(countries), words=tuple(words)
        )
    return ReadingOptions(
        wanted=wanted,
        tolerance=flatten,
        fills=fills,
        groups=groups,
        labels=labels,
        first_row=first_row,
        absolute=absolute,
    )
