"""`sketch-rnn import`: convert models of other libraries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sketch_rnn.cli.terminal import download_bar
from sketch_rnn.text import aligned, in_words

if TYPE_CHECKING:
    from sketch_rnn.profile import DataProfile
    from sketch_rnn.trained import SketchRNN

_IMPORTED: Final = (
    "a folder with a checkpoint of the original (.index, .data-*, model_config.json), a zip "
    "archive of such folders, a JavaScript model (.json), the address of one of these, or a name "
    "that `models` lists"
)

Source = Annotated[
    str,
    typer.Argument(
        metavar="PATH_OR_URL",
        help=f"{_IMPORTED[:1].upper()}{_IMPORTED[1:]}.",
        show_default=False,
    ),
]


ModelOut = Annotated[
    Path, typer.Option("--out", "-o", metavar="MODEL", help="Folder or .safetensors file to write.")
]
Half = Annotated[
    bool, typer.Option("--half", help="Store the weights as float16, at half the size.")
]


def import_model(
    source: Source,
    *,
    out: ModelOut,
    scale: Annotated[
        float | None,
        typer.Option(help="Pixels per normalised unit, which the original's files lack."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="DATA", help="Training data, used to compute the scale."),
    ] = None,
    name: Annotated[str, typer.Option(help="Model in a zip archive.")] = "",
    hparams: Annotated[
        list[str] | None,
        typer.Option(help="Hyperparameters of an original model whose file lacks them."),
    ] = None,
    half: Half = False,
) -> None:
    """Convert a model of the original or of the JavaScript libraries.

    Example: sketch-rnn import cat.gen.json -o cat.safetensors
    """
    from sketch_rnn.dataset.dataset import load_dataset
    from sketch_rnn.errors import SketchRNNError
    from sketch_rnn.interop.hparams import parse_hparams
    from sketch_rnn.interop.reading import read_foreign
    from sketch_rnn.trained import SketchRNN
    from sketch_rnn.zoo.locate import NotAModelError, find_model

    try:
        with download_bar(source) as on_progress:
            place = find_model(source, on_progress)
    except NotAModelError as error:
        raise SketchRNNError(f"{source} cannot be imported; give {_IMPORTED}") from error
    if not place.is_foreign:
        raise SketchRNNError(f"{source} is a model of this program already; use it as it is")
    given = parse_hparams(hparams or [])
    foreign = read_foreign(place.path, name=name or place.member, hparams=given)
    measured = load_dataset(data).profile if data else None
    profile = foreign.profile(place.scale if scale is None else scale, measured, named=source)
    model = SketchRNN.from_foreign(foreign, profile)
    model.save_pretrained(out, half=half)
    longest = foreign.max_seq_len
    scales = {"given": scale, "known for this model": place.scale, "of the file": foreign.scale}
    origins = {
        "scale": _origin(scales) + _unlike(profile.scale, measured),
        "N_max": _origin({"given": given.get("max_seq_len"), "of the file": longest}),
    }
    if longest is None and not data:
        origins["N_max"] = "assumed; --hparams max_seq_len=... says another"
    typer.echo(_summary(model, origins))
    typer.echo(f"wrote {out}")


def _origin(values: Mapping[str, object]) -> str:
    return next((words for words, value in values.items() if value is not None), "of the data")


def _unlike(scale: float, measured: DataProfile | None) -> str:
    """A remark if the data has another scale than the model."""
    if measured is None or measured.scale == scale:
        return ""
    return f"; the data has {measured.scale:.6g}"


def _summary(model: SketchRNN, origins: dict[str, str]) -> str:
    """The imported model as text, with the origin of values that its file may lack."""
    from sketch_rnn.model.numbers import num_parameters
    from sketch_rnn.zoo.card import describe_network

    size = in_words(num_parameters(model.network), "parameter")
    token = " ".join(f"{number:g}" for number in model.habits.start_token)
    rows = [
        ("model", f"{describe_network(model.config)}: {size}"),
        ("scale", f"{model.profile.scale:.6g} pixels, {origins['scale']}"),
        ("N_max", f"{model.profile.max_seq_len} rows, {origins['N_max']}"),
        ("draws", f"with the {model.habits.temperature_rule} temperature rule, from {token}"),
    ]
    return aligned(rows)
