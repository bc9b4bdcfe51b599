"""A site with a large file, for the tests of downloads."""

from __future__ import annotations

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.downloads import fetch_file

CONTENT = bytes(range(256)) * 4000


def starts(site):
    """Returns where each answer began; whole chunks received before are kept."""
    return [int(wanted.strip("bytes=-") or 0) for wanted in site.ranges]


def message_of_file(address, folder, **expected):
    with pytest.raises(SketchRNNError) as error:
        fetch_file(address, folder, **expected)
    return str(error.value)


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
