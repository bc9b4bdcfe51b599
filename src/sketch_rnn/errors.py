"""The one error type that means: the caller's input is wrong, and here is what to do."""

from __future__ import annotations


class SketchRNNError(ValueError):
    """Input that cannot be used.

    The message is one line: what is wrong, where, and what to do. The command line prints
    it and exits with status 2; everything else that escapes is a bug of this project.
    """
