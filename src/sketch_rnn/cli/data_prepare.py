# ruff: noqa: PLC0415
# What prepares is loaded when the command runs, not for its help.
"""`sketch-rnn data prepare`: any drawings become a data set."""

from __future__ import annotations

from typing import Any

from sketch_rnn.cli import data_options


@data_options.with_data_options
def prepare(
    inputs: data_options.Inputs,
    *,
    steps: dict[str, Any],
    reading: dict[str, Any],
    out: data_options.DataOut,
    sheet: data_options.Sheet = None,
    strict: data_options.Strict = False,
    workers: data_options.Workers = None,
) -> None:
    """Make a data set of drawings: SVG, QuickDraw, JSON, .npz, .npy, CSV, and folders of them."""
    from sketch_rnn.cli.data_report import run_preparation
    from sketch_rnn.preparation.options import PrepareOptions
    from sketch_rnn.sources.options import reading_options

    options = PrepareOptions(**steps)
    chosen = reading_options(
        recognized=reading["recognized"],
        countries=reading["country"] or (),
        words=reading["word"] or (),
        fills=reading["fills"],
        groups=reading["groups"],
        flatten=reading["flatten"] / (options.box or 255.0),
        labels=reading["labels"],
        first_row=reading["given_row"],
        absolute=reading["absolute"],
    )
    run_preparation(inputs, out, chosen, options, sheet=sheet, strict=strict, workers=workers)
