"""What becomes of an error: one line and an exit status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import typer

from sketch_rnn.errors import SketchRNNError

MISTAKE: Final = 2
INTERRUPTED: Final = 130

# The base of everything that typer has to say about a command line; it has no public name.
_UsageError: Final[type[Exception]] = typer.BadParameter.__bases__[0]


def exit_status(program: str, action: Callable[[], int | None]) -> int:
    """Returns the exit status of `action`, having written one line for a user's mistake.

    Args:
        program: the name that the line begins with.
        action: returns an exit status, or None for success.
    """
    try:
        return action() or 0
    except SketchRNNError as error:
        message = " ".join(str(error).splitlines())
    except _UsageError as error:
        # typer only has the plain sentence in this method.
        message = _one_line(error.format_message())  # type: ignore[attr-defined]
    except (KeyboardInterrupt, typer.Abort):
        typer.echo(f"{program}: stopped", err=True)
        return INTERRUPTED
    typer.echo(f"{program}: error: {message}", err=True)
    return MISTAKE


def _one_line(message: str) -> str:
    text = " ".join(message.split()).removesuffix(".")
    return text[:1].lower() + text[1:]
