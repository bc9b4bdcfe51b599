"""TOML files of users: presets and tables of models."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import opened

# Python's parser takes time that grows with the square of a number's or a dotted name's length.
_LONGEST_WORD: Final = 10_000
_MOST_DOTS: Final = 1_000
_WORD: Final = re.compile(r"[\w.+-]+")


def read_toml(path: Path, what: str = "") -> dict[str, Any]:
    """The content of a TOML file; `what` begins every error message.

    Raises:
        SketchRNNError: if it cannot be read, or is not TOML.
    """
    where = f"{what}{path}"
    with opened(path, "toml", where) as (file, _):
        return parse_toml(file.read().decode(), where)


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The content of a TOML text; `where` begins every error message.

    Raises:
        SketchRNNError: if it is not TOML.
    """
    is_short = all(line.count(".") <= _MOST_DOTS for line in text.splitlines())
    if not is_short or any(len(word) > _LONGEST_WORD for word in _WORD.findall(text)):
        raise SketchRNNError(
            f"{where}: a name or number of more than {_LONGEST_WORD:,} characters; shorten it"
        )
    try:
        return tomllib.loads(text)
    except (RecursionError, ValueError) as error:
        raise SketchRNNError(f"{where}: not TOML ({error})") from error
