"""Options for reading files of drawings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sketch_rnn.config import FIRST_ROWS, FirstRow
from sketch_rnn.options import TEXT, YES_OR_NO, Options, many, number, one_of, option, optional

Fills = Literal["auto", "outline", "skip"]
Labels = Literal["auto", "file", "folder", "group"]

FILLS: Final[tuple[str, ...]] = get_args(Fills)
LABELS: Final[tuple[str, ...]] = get_args(Labels)


@dataclass(frozen=True, kw_only=True)
class ReadingOptions(Options):
    """How files are read. Each option says in its declaration which formats it is about."""

    kind = "reading"
    help_panel = "Reading"

    recognized: bool | None = option(
        None,
        optional(YES_OR_NO),
        "QuickDraw: only drawings that the game recognised, or did not.",
        flag="--recognized/--unrecognized",
        unset="both",
    )
    countries: tuple[str, ...] = option(
        (),
        many(TEXT, "a list of country codes"),
        "QuickDraw: only from this country code; may be repeated.",
        flag="--country",
    )
    words: tuple[str, ...] = option(
        (),
        many(TEXT, "a list of words"),
        "QuickDraw: only of this word; may be repeated.",
        flag="--word",
    )
    fills: Fills = option(
        "auto",
        one_of(*FILLS),
        "SVG shapes with a fill and no stroke: outline, skip, or auto (outline all but background "
        "rectangles).",
    )
    groups: bool = option(
        False,
        YES_OR_NO,
        "SVG: one drawing for each top-level group (or page, where Inkscape has several), not for "
        "each file.",
    )
    flatten: float = option(
        0.25,
        number(above=0),
        "SVG: how far a line may deviate from its curve, in pixels of the box.",
    )
    labels: Labels = option(
        "auto",
        one_of(*LABELS),
        "Labels from: auto (what the file says, an SVG's folder, or the file's name), file, "
        "folder, or group (with --groups: a group's Inkscape label or its id).",
    )
    first_row: FirstRow | None = option(
        None,
        optional(one_of(*FIRST_ROWS)),
        "Meaning of row 0 in stroke rows that are read: move or line.",
        flag="--given-row",
        unset="as it looks",
    )
    absolute: bool = option(False, YES_OR_NO, "Stroke rows hold positions, not offsets.")
    box: float = option(
        255.0,
        number(above=0),
        "Longer side of a drawing in pixels, the unit of flatten; a preparation sets its box.",
        flag=None,
    )

    @property
    def tolerance(self) -> float:
        """How far a line may deviate from its curve, as a share of the drawing."""
        return self.flatten / self.box

    @property
    def selects_records(self) -> bool:
        """Whether only some QuickDraw records are wanted."""
        return self.recognized is not None or bool(self.countries or self.words)

    def takes(self, record: Mapping[str, Any]) -> bool:
        """Whether a QuickDraw record is wanted."""
        return (
            (self.recognized is None or record.get("recognized") is self.recognized)
            and (not self.countries or record.get("countrycode") in self.countries)
            and (not self.words or record.get("word") in self.words)
        )
