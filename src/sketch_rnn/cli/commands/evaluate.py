"""`sketch-rnn evaluate`: the losses of a model, or the quality of drawings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sketch_rnn.cli.options import Data, Device, Given, Model, with_flags
from sketch_rnn.cli.terminal import check_picture, fetch_missing, load_model, note
from sketch_rnn.config import EVALUATION_FORM, TrainConfig
from sketch_rnn.errors import SketchRNNError, expect_whole
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.text import listed

if TYPE_CHECKING:
    from sketch_rnn.config import PenLossForm
    from sketch_rnn.dataset.dataset import Dataset
    from sketch_rnn.evaluation.drawing_report import DrawingReport
    from sketch_rnn.trained import SketchRNN
else:
    PenLossForm = str  # typer reads strings; the functions that are called check them.

LossForm = Annotated[
    PenLossForm,
    typer.Option(
        "--form",
        help="Pen states in the loss: masked (drawn points only, as the original evaluates), "
        "true_length (also the end of the drawing) or padded (all padding, as the original "
        "trains).",
    ),
]
DrawingsToo = Annotated[
    bool,
    typer.Option(
        "--drawings",
        help="Measure the quality of the model's own drawings instead: whether a judge recognises "
        "them, and their distance to the test drawings.",
    ),
]
Of = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="With --drawings: measure the drawings in this file or folder instead of a model's; "
        "all arguments are then DATA.",
        show_default="none",
    ),
]
Count = Annotated[
    int | None,
    typer.Option(
        "--count",
        "-n",
        help="With --drawings: number of drawings that the model makes.",
        show_default="as many as the data has for validation or test",
    ),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        help="With --drawings: write a picture of the best and worst recognised drawings.",
        show_default="none",
    ),
]
_KL_WEIGHT = TrainConfig().kl_weight


@with_flags
def evaluate(
    model: Model,
    data: Data = None,
    *,
    split: Annotated[str, typer.Option(help="Split: train, valid or test.")] = "test",
    form: LossForm = EVALUATION_FORM,
    kl_weight: Annotated[float, typer.Option(help="Weight of L_KL in the total.")] = _KL_WEIGHT,
    shuffle_z: Annotated[
        bool,
        typer.Option("--shuffle-z", help="Also measure each drawing with the z of another one."),
    ] = False,
    drawings: DrawingsToo = False,
    of: Of = None,
    count: Count = None,
    picture: Picture = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    device: Device = "cpu",
    options: Given[DrawingOptions],
) -> None:
    """Measure how well a model predicts drawings, or draws. DATA defaults to its training data.

    Example: sketch-rnn evaluate runs/mine-1 mine.npz --json

    Quality of its drawings: sketch-rnn evaluate runs/mine-1 --drawings --picture best_and_worst.png
    """
    seed = expect_whole(options.pop("seed", 0), 0, "seed")
    if drawings:
        if picture is not None:
            check_picture(picture)
        measured = _drawing_report([model, *(data or [])], of, count, options, seed, device)
        _print_drawings(measured, picture, as_json=as_json)
        return
    _refuse_without_drawings({"--of": of, "--count": count, "--picture": picture}, options)
    from sketch_rnn.evaluation.report import check_form, check_weight, loss_report

    check_form(form)
    check_weight(kl_weight)
    loaded, dataset, differences = _model_and_data(model, data, device)
    chosen = dataset.split(split)
    report = loss_report(
        loaded,
        chosen,
        labels=dataset.profile.labels,
        form=form,
        kl_weight=kl_weight,
        shuffle_z=shuffle_z,
        seed=seed,
    )
    for text in differences:
        note(text)
    if as_json:
        typer.echo(json.dumps({**report.to_dict(), "split": split, "seed": seed}))
        return
    sources = listed(dataset.profile.sources)
    typer.echo(f"{sources}, {split} split: {len(chosen):,} drawings, {report.form_in_words()}")
    typer.echo(report.text())


def _refuse_without_drawings(values: dict[str, object], options: Given[DrawingOptions]) -> None:
    """Raises SketchRNNError if an option is given that only `--drawings` has a use for."""
    values |= {_flag(name): value for name, value in options.items()}
    if needless := [name for name, value in values.items() if value is not None]:
        raise SketchRNNError(f"{needless[0]} needs --drawings")


def _drawing_report(
    arguments: list[str],
    of: str | None,
    count: int | None,
    options: Given[DrawingOptions],
    seed: int,
    device: str,
) -> DrawingReport:
    from sketch_rnn.dataset.dataset import load_dataset
    from sketch_rnn.evaluation.drawings import evaluate_drawings, read_given
    from sketch_rnn.threads import limit_threads

    if of is None:
        model, dataset, differences = _model_and_data(arguments[0], arguments[1:], device)
        report = evaluate_drawings(model, dataset, count=count, seed=seed, **options)
        for text in differences:
            note(text)
        return report
    if options or count is not None:
        name = "--count" if count is not None else _flag(next(iter(options)))
        raise SketchRNNError(f"{name} is about a model's drawings; leave it out with --of")
    limit_threads()
    given = read_given(of)
    for fault in given.faults:
        note(fault)
    fetch_missing(arguments)
    dataset = load_dataset(arguments)
    return evaluate_drawings(given.sketches, dataset, labels=given.labels, seed=seed)


def _print_drawings(report: DrawingReport, picture: Path | None, *, as_json: bool) -> None:
    from sketch_rnn.evaluation.drawing_report import report_text
    from sketch_rnn.render.files import save

    typer.echo(json.dumps(report.to_dict()) if as_json else report_text(report))
    if picture is not None:
        note(f"wrote {save(report.picture(), picture)}")


def _flag(name: str) -> str:
    flags = {declared.name: declared.flag for declared in DrawingOptions.declarations()}
    return str(flags[name])


def _model_and_data(
    model: str, data: list[str] | None, device: str
) -> tuple[SketchRNN, Dataset, list[str]]:
    """The model, the named data or else its training data, and warnings that they differ."""
    from sketch_rnn.dataset.dataset import load_dataset
    from sketch_rnn.dataset.known import known_sources, load_known, other_drawings, unseen_labels
    from sketch_rnn.dataset.labels import relabelled
    from sketch_rnn.training.run.report import recorded_origins

    loaded = load_model(model, device)
    sources = data or known_sources(loaded.profile, recorded_origins(model))
    fetch_missing(sources)
    dataset = load_dataset(data) if data else load_known(loaded.profile, sources)
    difference = (unseen_labels if data else other_drawings)(dataset.profile, loaded.profile)
    if loaded.config.num_labels:
        dataset = relabelled(dataset, loaded.profile.labels)
    return loaded, dataset, [difference] if difference else []
