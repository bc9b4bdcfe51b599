"""`sketch-rnn data info`: the statistics of a dataset."""

from __future__ import annotations

from sketch_rnn.cli.options import RowZero, SomeData


def info(data: SomeData, *, first_row: RowZero = None) -> None:
    """Print the statistics of a dataset, with the scale that training would use.

    Example: sketch-rnn data info mine.npz
    """
    from sketch_rnn.cli.terminal import fetch_missing, print_survey
    from sketch_rnn.dataset.dataset import load_dataset
    from sketch_rnn.preparation.survey import survey

    fetch_missing(data)
    print_survey(survey(load_dataset(data, first_row=first_row)))
