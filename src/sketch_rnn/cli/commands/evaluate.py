"""`sketch-rnn evaluate`: the losses of a model, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sketch_rnn.cli.options import Data, Model, Seed
from sketch_rnn.config import TrainConfig

if TYPE_CHECKING:
    from sketch_rnn.config import PenLossForm
else:
    PenLossForm = str  # typer reads texts; what is called checks them.

LossForm = Annotated[
    PenLossForm,
    typer.Option(
        "--form",
        help="Which pen states count: masked (the drawn points, as the original evaluates), "
        "true_length (the end of the drawing too) or padded (all padding, as it trains).",
    ),
]
_KL_WEIGHT = TrainConfig().kl_weight


def evaluate(
    model: Model,
    data: Data = None,
    *,
    split: Annotated[str, typer.Option(help="Which drawings: train, valid or test.")] = "test",
    form: LossForm = "masked",
    kl_weight: Annotated[float, typer.Option(help="Weight of L_KL in the total.")] = _KL_WEIGHT,
    shuffle_z: Annotated[
        bool,
        typer.Option("--shuffle-z", help="Also give each drawing the z of another, to compare."),
    ] = False,
    seed: Seed = 0,
) -> None:
    """Measure how well a model predicts drawings; without DATA those it was trained with."""
    from sketch_rnn.checkpoint import SketchRNN
    from sketch_rnn.cli.terminal import fetch_missing, note
    from sketch_rnn.dataset.dataset import load_dataset
    from sketch_rnn.dataset.known import known_sources, load_known, other_drawings
    from sketch_rnn.dataset.labels import relabelled
    from sketch_rnn.evaluation.report import check_form, check_weight, loss_report

    check_form(form)
    check_weight(kl_weight)
    loaded = SketchRNN.from_pretrained(model)
    fetch_missing(data or known_sources(loaded.profile))
    dataset = load_dataset(data) if data else load_known(loaded.profile)
    if not data and (difference := other_drawings(dataset.profile, loaded.profile)):
        note(difference)
    if loaded.config.num_labels:
        dataset = relabelled(dataset, loaded.profile.labels)
    store = dataset.split(split)
    report = loss_report(
        loaded,
        store,
        labels=dataset.profile.labels,
        form=form,
        kl_weight=kl_weight,
        shuffle_z=shuffle_z,
        seed=seed,
    )
    sources = ", ".join(dataset.profile.sources)
    typer.echo(f"{sources}, {split} split: {len(store):,} drawings, {report.form_in_words()}")
    typer.echo(report.text())
