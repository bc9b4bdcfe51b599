"""`sketch-rnn data`: data sets made, shown and fetched."""

from __future__ import annotations

from typing import Final

import typer

from sketch_rnn.cli.data_fetch import fetch
from sketch_rnn.cli.data_prepare import prepare
from sketch_rnn.cli.data_show import info, show

data_app: Final = typer.Typer(help="Make, show and fetch data sets.", no_args_is_help=True)
for command in (prepare, show, info, fetch):
    data_app.command()(command)
