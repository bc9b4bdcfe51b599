"""Where the programs start: Ctrl-C is one line even while everything else is imported."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn


def sketch_rnn() -> None:
    """Runs `sketch-rnn` and exits."""
    _run("sketch-rnn", "sketch_rnn.cli.app")


def sketch_rnn_train() -> None:
    """Runs `sketch_rnn_train` and exits."""
    _run("sketch_rnn_train", "sketch_rnn.cli.commands.sketch_rnn_train")


def _run(program: str, module: str) -> NoReturn:
    try:
        import_module(module).main()
    except KeyboardInterrupt:
        sys.stderr.write(f"{program}: stopped\n")
        sys.exit(130)
    sys.exit(0)
