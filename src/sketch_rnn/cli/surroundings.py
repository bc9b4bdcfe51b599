"""What a command finds around it: the current folder, the output, and what the system refuses."""

from __future__ import annotations

import io
import os
import sys
from typing import Final

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.text import one_line

# The words of Python and PyTorch.
_NO_MEMORY: Final = (
    "MemoryError",
    "OutOfMemoryError",
    "can't allocate memory",
    "Overflow when unpacking",
    "Storage size calculation overflowed",
)


def check_surroundings() -> None:
    """Makes all names printable, and refuses to work in a folder that is gone.

    Raises:
        SketchRNNError: if the current folder was removed. PyTorch would end the process.
    """
    for stream in (sys.stdout, sys.stderr):
        # Names of files may hold bytes that are not text, or text that the terminal lacks.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    try:
        os.getcwd()
    except OSError as error:
        raise SketchRNNError("the current folder is gone; change to another one") from error


def refusal(error: OSError) -> str:
    """What the system refused, as a sentence for the user."""
    reason = error.strerror or str(error)
    place = "the output" if error.filename is None else os.fsdecode(error.filename)
    return one_line(f"{place} cannot be used: {reason}")


def lack_of_memory(error: Exception) -> str:
    """A sentence for an error that says that there is too little memory; raises any other."""
    kinds = (type(error).__name__, str(error))
    if not any(sign in text for text in kinds for sign in _NO_MEMORY):
        raise error
    return "there is not enough memory; ask for fewer drawings, or smaller sizes"


def plain(message: str) -> str:
    """A message of the parser of command lines, in the form of ours."""
    text = one_line(" ".join(message.split()).removesuffix("."))
    return text[:1].lower() + text[1:]
