"""Tables and counts as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_LONGEST_MESSAGE: Final = 4_000
_LONGEST_CELL: Final = 200
_LONGEST_NAME: Final = 100
_MOST_NAMES: Final = 8


def aligned(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """The rows as lines of columns of equal width; cells of more than 200 characters are shortened.

    Args:
        rows: rows of cells, the same number in each.
        right: numbers of the columns to align to the right.
    """
    rows = [[shortened(text, _LONGEST_CELL) for text in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            text.rjust(width) if number in right else text.ljust(width)
            for number, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def in_words(count: int, thing: str) -> str:
    """A number of things, such as `1 drawing` or `2,000 drawings`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def listed(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    """The first `most` names, long ones shortened, and how many more there are."""
    shown = [shortened(name, _LONGEST_NAME) for name in names[:most]]
    more = len(names) - len(shown)
    return ", ".join([*shown, f"and {more:,} more"] if more else shown)


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and end if it is longer than `most` characters."""
    return text if len(text) <= most else f"{text[: most - most // 4]} ... {text[-(most // 4) :]}"


def one_line(text: str) -> str:
    """A message for a terminal; files may have put line breaks, escapes or megabytes into it."""
    return printable(shortened(" ".join(text.splitlines()), _LONGEST_MESSAGE))


def printable(text: str) -> str:
    """The text with every character that a terminal could obey, or cannot show, as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
