# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.
"""`sketch-rnn evaluate`: the losses of a model, and what they mean."""

from __future__ import annotations

from typing import Annotated

import typer

from sketch_rnn.cli import arguments


def evaluate(
    model: arguments.Model,
    data: arguments.Data = None,
    *,
    split: Annotated[str, typer.Option(help="Which drawings: train, valid or test.")] = "test",
    form: arguments.LossForm = "masked",
    kl_weight: Annotated[float, typer.Option(help="Weight of L_KL in the total.")] = 0.5,
    shuffle_z: Annotated[
        bool,
        typer.Option("--shuffle-z", help="Also give each drawing the z of another, to compare."),
    ] = False,
    seed: arguments.Seed = 0,
) -> None:
    """Measure how well a model predicts drawings; without DATA those it was trained with."""
    from sketch_rnn.checkpoint import SketchRNN
    from sketch_rnn.cli.losses import LossReport, check_form, check_weight
    from sketch_rnn.cli.runs import known_data, note_other_drawings
    from sketch_rnn.dataset.dataset import load_dataset
    from sketch_rnn.dataset.labels import relabelled
    from sketch_rnn.evaluation import losses

    check_form(form)
    check_weight(kl_weight)
    loaded = SketchRNN.from_pretrained(model)
    dataset = load_dataset(data) if data else known_data(loaded.profile)
    if not data:
        note_other_drawings(dataset.profile, loaded.profile)
    if loaded.config.num_labels:
        dataset = relabelled(dataset, loaded.profile.labels)
    store = dataset.split(split)
    measured = losses.evaluate(loaded, store, form=form, seed=seed)
    shuffled = None
    if shuffle_z:
        shuffled = losses.evaluate(loaded, store, form=form, seed=seed, shuffle_z=True)
    report = LossReport(
        model=loaded, measured=measured, shuffled=shuffled, form=form, kl_weight=kl_weight
    )
    sources = ", ".join(dataset.profile.sources)
    typer.echo(f"{sources}, {split} split: {len(store):,} drawings, {report.form_in_words()}")
    typer.echo(report.text())
    names = dataset.profile.labels
    if len(names) > 1:
        by_label = losses.evaluate_labels(loaded, store, names, form=form, seed=seed)
        typer.echo(f"\n{report.label_text(by_label)}")
