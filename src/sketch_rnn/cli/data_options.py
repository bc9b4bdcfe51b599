"""Arguments and options of `sketch-rnn data prepare`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sketch_rnn.cli.arguments import Seed

if TYPE_CHECKING:
    from sketch_rnn.preparation import options
    from sketch_rnn.sketch import FirstRow
    from sketch_rnn.sources import options as reading

    SvgFills = reading.Fills
    LabelSource = reading.Labels
    TinyStrokes = options.Tiny
    StrokeOrder = options.Order
    LongDrawings = options.Long
else:
    # Texts to typer: these types would load NumPy, and what is called checks them.
    FirstRow = SvgFills = LabelSource = TinyStrokes = StrokeOrder = LongDrawings = str

_STEPS: Final = "Steps, in this order"
_READING: Final = "Reading"

Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT",
        help="Files and folders: .svg, .ndjson (.gz), .json, .npz, .npy, .csv.",
        show_default=False,
    ),
]
DataOut = Annotated[
    Path,
    typer.Option(
        help="Where to write: NAME.npz, or a folder, the store of a large set.", show_default=False
    ),
]
Box = Annotated[
    float,
    typer.Option(
        help="Scale every drawing's longer side to so many pixels; 0 keeps sizes.",
        rich_help_panel=_STEPS,
    ),
]
Join = Annotated[
    float,
    typer.Option(
        help="Join a stroke to the one before if that ends within so many pixels of its start; -1 "
        "never joins.",
        rich_help_panel=_STEPS,
    ),
]
Resample = Annotated[
    float,
    typer.Option(
        help="Set points so many pixels apart along strokes; 0 keeps them.", rich_help_panel=_STEPS
    ),
]
Epsilon = Annotated[
    float,
    typer.Option(
        help="Simplify with this tolerance in pixels (Ramer, Douglas, Peucker); 0 does not.",
        rich_help_panel=_STEPS,
    ),
]
Points = Annotated[
    int,
    typer.Option(
        help="Simplify each drawing further, to at most about so many points; 0 does not.",
        rich_help_panel=_STEPS,
    ),
]
MinStroke = Annotated[
    float,
    typer.Option(
        help="Strokes smaller than so many pixels are tiny; 0 for none.", rich_help_panel=_STEPS
    ),
]
Tiny = Annotated[
    TinyStrokes,
    typer.Option(help="What becomes of tiny strokes: dot or drop.", rich_help_panel=_STEPS),
]
Order = Annotated[
    StrokeOrder,
    typer.Option(
        help="Order of strokes: given, or travel (less way with the pen up).",
        rich_help_panel=_STEPS,
    ),
]
KeepDuplicates = Annotated[
    bool,
    typer.Option(
        "--keep-duplicates",
        help="Keep drawings that are the same as another.",
        rich_help_panel=_STEPS,
    ),
]
PerLabel = Annotated[
    int,
    typer.Option(
        help="Keep the first N drawings of each label; 0 keeps all.", rich_help_panel=_STEPS
    ),
]
MaxPoints = Annotated[
    int,
    typer.Option(help="The most points of a drawing; 0 for no limit.", rich_help_panel=_STEPS),
]
Long = Annotated[
    LongDrawings,
    typer.Option(
        help="What becomes of longer drawings: simplify (further), split (into several) or drop.",
        rich_help_panel=_STEPS,
    ),
]
Valid = Annotated[
    float, typer.Option(help="Share of the validation split.", rich_help_panel=_STEPS)
]
Test = Annotated[float, typer.Option(help="Share of the test split.", rich_help_panel=_STEPS)]
SplitLabels = Annotated[
    bool,
    typer.Option(
        "--split-labels",
        help="Split each label on its own, so that all have the same shares.",
        rich_help_panel=_STEPS,
    ),
]
Resplit = Annotated[
    bool,
    typer.Option("--resplit", help="Split again what comes with splits.", rich_help_panel=_STEPS),
]
WrittenRow = Annotated[
    FirstRow,
    typer.Option(
        "--first-row",
        help="What row 0 of a written drawing means: line (the pen is down) or move (a position).",
        rich_help_panel=_STEPS,
    ),
]
Recognized = Annotated[
    bool | None,
    typer.Option(
        "--recognized/--unrecognized",
        help="QuickDraw: only what the game recognised, or did not.",
        show_default="both",
        rich_help_panel=_READING,
    ),
]
Country = Annotated[
    list[str] | None,
    typer.Option(
        help="QuickDraw: only from this country code; may be repeated.",
        show_default=False,
        rich_help_panel=_READING,
    ),
]
Word = Annotated[
    list[str] | None,
    typer.Option(
        help="QuickDraw: only of this word; may be repeated.",
        show_default=False,
        rich_help_panel=_READING,
    ),
]
Fills = Annotated[
    SvgFills,
    typer.Option(
        help="SVG shapes without a stroke: outline, skip, or auto (outline if nothing has a "
        "stroke).",
        rich_help_panel=_READING,
    ),
]
Groups = Annotated[
    bool,
    typer.Option(
        "--groups",
        help="SVG: one drawing for each top-level group, not for each file.",
        rich_help_panel=_READING,
    ),
]
Flatten = Annotated[
    float,
    typer.Option(
        help="SVG: how far a line may leave its curve, in pixels of the box.",
        rich_help_panel=_READING,
    ),
]
Labels = Annotated[
    LabelSource,
    typer.Option(
        help="Labels from: auto (what the file says, an SVG's folder, or the file's name), file or "
        "folder.",
        rich_help_panel=_READING,
    ),
]
GivenRow = Annotated[
    FirstRow | None,
    typer.Option(
        "--given-row",
        help="What row 0 of given stroke rows means: move or line.",
        show_default="as it looks",
        rich_help_panel=_READING,
    ),
]
Absolute = Annotated[
    bool,
    typer.Option(
        "--absolute",
        help="Given stroke rows hold positions, not offsets.",
        rich_help_panel=_READING,
    ),
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        help="Picture of drawings before and after (.svg, .png).",
        show_default="beside --out, as .svg",
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Make an error of every warning.")]
Workers = Annotated[
    int | None, typer.Option(help="Processes to share the work.", show_default="one a core")
]

OPTIONS: Final[dict[str, dict[str, tuple[Any, Any]]]] = {
    "steps": {
        "box": (Box, 255.0),
        "join": (Join, 0.0),
        "resample": (Resample, 0.0),
        "epsilon": (Epsilon, 2.0),
        "points": (Points, 0),
        "min_stroke": (MinStroke, 2.0),
        "tiny": (Tiny, "dot"),
        "order": (Order, "given"),
        "keep_duplicates": (KeepDuplicates, False),
        "per_label": (PerLabel, 0),
        "max_points": (MaxPoints, 250),
        "long": (Long, "simplify"),
        "valid": (Valid, 0.05),
        "test": (Test, 0.05),
        "split_labels": (SplitLabels, False),
        "resplit": (Resplit, False),
        "seed": (Seed, 0),
        "first_row": (WrittenRow, "line"),
    },
    "reading": {
        "recognized": (Recognized, None),
        "country": (Country, None),
        "word": (Word, None),
        "fills": (Fills, "auto"),
        "groups": (Groups, False),
        "flatten": (Flatten, 0.25),
        "labels": (Labels, "auto"),
        "given_row": (GivenRow, None),
        "absolute": (Absolute, False),
    },
}


def with_data_options(command: Callable[..., None]) -> Callable[..., None]:
    """Returns the command with an option for every step and every way of reading.

    Args:
        command: takes what was given as the dictionaries `steps` and `reading`.
    """
    own = inspect.signature(command, eval_str=True)
    kept = [p for p in own.parameters.values() if p.name not in OPTIONS]
    parameters = [
        *kept,
        *(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind
            )
            for options in OPTIONS.values()
            for name, (kind, default) in options.items()
        ),
    ]

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:
        groups = {
            group: {name: values.pop(name) for name in options}
            for group, options in OPTIONS.items()
        }
        command(**values, **groups)

    wrapped.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapped
