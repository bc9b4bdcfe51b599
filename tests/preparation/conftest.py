from __future__ import annotations

import pytest
from prepared_records import scribbles, write_records


@pytest.fixture
def records(tmp_path):
    drawings = scribbles(60)
    write_records(tmp_path / "in.ndjson", [*drawings, *drawings[:7]])
    return tmp_path / "in.ndjson"
