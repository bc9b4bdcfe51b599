# ruff: noqa: PLC0415
# PyTorch is loaded when a command runs, not for its help.
"""`sketch-rnn train`: a model of one's drawings."""

from __future__ import annotations

from typing import Any

import typer

from sketch_rnn.cli import arguments
from sketch_rnn.cli.settings_options import with_setting_options
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.settings import split_settings


@with_setting_options
def train(
    data: arguments.Data = None,
    *,
    settings: dict[str, Any],
    out: arguments.Run = None,
    preset: arguments.Preset = None,
    resume: arguments.Resume = False,
    force: arguments.Force = False,
    class_conditional: arguments.ClassConditional = False,
    init: arguments.Init = None,
    max_seq_len: arguments.MaxSeqLen = None,
    first_row: arguments.RowZero = None,
    device: arguments.Device = None,
) -> None:
    """Train a model on drawings; without DATA on doodles."""
    from sketch_rnn.checkpoint import SketchRNN
    from sketch_rnn.cli.runs import run_data, run_folder, run_settings
    from sketch_rnn.cli.training import announce_data, chosen_device, run_training
    from sketch_rnn.training.workers import joined_workers

    if resume and init is not None:
        raise SketchRNNError("--init starts a new run; leave it out with --resume")
    if resume and out is None:
        raise SketchRNNError("--resume needs --out RUN, the folder of the run to go on with")
    device = chosen_device(device)
    with joined_workers(device) as workers:
        folder, going_on = run_folder(out, data, resume=resume, workers=workers)
        initial = None if init is None or going_on else SketchRNN.from_pretrained(init)
        values = {**run_settings(preset, going_on, initial), **settings}
        split_settings(values)  # Wrong settings are reported before the data is read.
        dataset = run_data(data, going_on, max_seq_len=max_seq_len, first_row=first_row)
        if class_conditional or (initial is not None and initial.config.num_labels):
            values["num_labels"] = len(dataset.profile.labels)
        model_config, train_config = split_settings(values)
        if workers.is_first:
            announce_data(dataset, is_new=going_on is None and initial is None)
        status = run_training(
            dataset,
            model_config,
            train_config,
            folder,
            resume=going_on is not None,
            force=force,
            again=["sketch-rnn", "train", *(data or ()), "--out", str(folder), "--resume"],
            device=device,
            initial=initial,
            workers=workers,
        )
    raise typer.Exit(status)
