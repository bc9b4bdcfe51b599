from __future__ import annotations

import time

import pytest
from served_files import CONTENT

from sketch_rnn.dataset.npz_writer import write_npz
from tiny import zigzags
from web import Site, serving


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Serves `/set/a.npz`; waiting between tries takes no time."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    write_npz(tmp_path / "a.npz", zigzags(3, 0), zigzags(2, 1), zigzags(2, 2))
    site = Site()
    site.files["/set/a.npz"] = (tmp_path / "a.npz").read_bytes()
    with serving(site):
        yield site


@pytest.fixture
def big(site):
    """Returns the address of a megabyte that can be sent in parts."""
    site.files["/big.bin"] = CONTENT
    site.resumes = True
    return f"{site.address}/big.bin"
