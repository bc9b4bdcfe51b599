"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sketch_rnn.errors import expect_whole

if TYPE_CHECKING:
    from sketch_rnn.config import PenLossForm
    from sketch_rnn.generate.completion import CompletionLatent
    from sketch_rnn.generate.latent import InterpolationMode
    from sketch_rnn.model.mixture import TemperatureRule
    from sketch_rnn.sketch import FirstRow
else:
    # Texts to typer: most of these types would load PyTorch, and what is called checks them.
    CompletionLatent = FirstRow = InterpolationMode = PenLossForm = TemperatureRule = str

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A name that `models` lists, the folder of a training run or of a saved model, a "
        ".safetensors or JavaScript .json file, or its address.",
        show_default=False,
    ),
]
Data = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DATA",
        help="doodles, doodles/KIND, aaron_sheep, quickdraw/CATEGORY, .npz files (several are "
        "joined split by split), or the folder of a store.",
        show_default=False,
    ),
]
Drawings = Annotated[
    list[str],
    typer.Argument(
        metavar="DRAWING",
        help="Files (.svg, .json, .npz), or DATA:split/index such as doodles:test/3.",
        show_default=False,
    ),
]
OptionalDrawings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DRAWING",
        help="Files (.svg, .json, .npz), or DATA:split/index such as doodles:test/3; none to go "
        "from label to label.",
        show_default=False,
    ),
]
Drawing = Annotated[
    str,
    typer.Argument(
        metavar="DRAWING",
        help="A file (.svg, .json, .npz), or DATA:split/index such as doodles:test/3.",
        show_default=False,
    ),
]
Init = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Fine-tune: start from this model, whose architecture is kept.",
        show_default="none",
    ),
]
ClassConditional = Annotated[
    bool,
    typer.Option(
        "--class-conditional",
        help="Tell the decoder the label of each drawing, to draw by label later.",
        rich_help_panel="Model",
    ),
]
Label = Annotated[
    list[str] | None,
    typer.Option(
        help="What to draw, for a class-conditional model; may be repeated, all for every label.",
        show_default="none",
    ),
]
OneLabel = Annotated[
    str | None,
    typer.Option(help="Fix this label of a class-conditional model.", show_default="none"),
]
Rows = Annotated[
    int | None,
    typer.Option(help="Take only the first rows of the drawing.", show_default="all"),
]
Count = Annotated[int, typer.Option("--count", "-n", help="How many drawings.")]
Out = Annotated[
    Path,
    typer.Option(
        help="Where to write: a picture (.svg, .png, .gif) or the drawings (.npz, .json)."
    ),
]
Animate = Annotated[
    bool, typer.Option("--animate", help="Write a GIF and an SVG of it being drawn.")
]
Temperature = Annotated[
    float, typer.Option(help="0 takes the likeliest movements, 1 varies as the data does.")
]
Rule = Annotated[
    TemperatureRule | None,
    typer.Option(
        "--temperature-rule",
        help="How it acts: paper, original, js, or offsets, with which more drawings end.",
        show_default="that of the model's library",
    ),
]


def _checked_seed(seed: int) -> int:
    """Returns the seed; what draws checks it too, but not before data was read or fetched."""
    return expect_whole(seed, 0, "seed")


Seed = Annotated[
    int, typer.Option(help="The same seed gives the same result.", callback=_checked_seed)
]
MaxLen = Annotated[
    int | None,
    typer.Option(
        help="Rows after which a drawing is cut off.", show_default="longest training drawing"
    ),
]
Half = Annotated[
    bool, typer.Option("--half", help="Store the weights as 16-bit numbers: half the size.")
]
Device = Annotated[
    str | None,
    typer.Option(help="Where to compute, such as cpu or cuda.", show_default="cuda if there"),
]
Run = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Folder of the run, for its checkpoints and logs.",
        show_default="runs/DATA-1, -2, ...",
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="Settings to start from: decoder_only, demo, hyper, quickdraw, small, or a TOML file.",
        show_default="none",
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run in --out where it stopped.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Resume though the drawings are others than before.")
]
RunsFolder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Where to look for runs, in all its folders.")
]
MaxSeqLen = Annotated[
    int | None,
    typer.Option(help="Leave out drawings with more rows than this.", show_default="none"),
]
RowZero = Annotated[
    FirstRow | None,
    typer.Option(
        "--first-row",
        help="What row 0 of a drawing means: move (a position) or line (the pen is down).",
        show_default="as it looks",
    ),
]
Steps = Annotated[int, typer.Option(help="Drawings in the strip, or along each side of the grid.")]
Mode = Annotated[
    InterpolationMode,
    typer.Option(help="The way between two z: linear, or spherical (an arc)."),
]
Latent = Annotated[
    CompletionLatent,
    typer.Option(
        help="Where z comes from: likely (makes the given part likely), encode (the given part put "
        "through the encoder) or prior (chance)."
    ),
]
LossForm = Annotated[
    PenLossForm,
    typer.Option(
        "--form",
        help="Which pen states count: masked (the drawn points, as the original evaluates), "
        "true_length (the end of the drawing too) or padded (all padding, as it trains).",
    ),
]
