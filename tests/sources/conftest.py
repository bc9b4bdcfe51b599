"""SVG files to be written and read."""

from __future__ import annotations

import pytest
from svg_reading import HEAD, PEN

from sketch_rnn.sources.svg import read_svg


@pytest.fixture
def path(tmp_path):
    (tmp_path / "cat").mkdir()
    return tmp_path / "cat" / "a.svg"


@pytest.fixture
def lines_of(path):
    """Returns a function that writes an SVG in a box of 24 and reads its lines."""

    def lines(inside, attributes=PEN):
        path.write_text(f'{HEAD}viewBox="0 0 24 24" {attributes}>{inside}</svg>')
        return read_svg(path)

    return lines
