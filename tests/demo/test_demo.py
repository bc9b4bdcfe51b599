"""End to end: the demo on a handful of doodles and two steps."""

from __future__ import annotations

import re

import pytest

from sketch_rnn.dataset.dataset import assemble
from sketch_rnn.demo import run as demo_run
from sketch_rnn.demo import run_demo
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sources.doodles import DOODLES, make_doodles


@pytest.fixture
def few_doodles(monkeypatch):
    dataset = assemble([make_doodles(DOODLES, counts=(48, 24, 24), seed=0)])
    monkeypatch.setattr(demo_run, "load_dataset", lambda *_, **__: dataset)


def test_demo_writes_a_page_whose_pictures_are_there(tmp_path, few_doodles):
    lines = []
    page = run_demo(tmp_path / "demo", num_steps=2, report=lines.append)
    text = page.read_text(encoding="utf-8")
    pictures = re.findall(r'src="([^"]+)"', text)
    assert len(pictures) == 7
    for picture in pictures:
        assert (page.parent / picture).read_text(encoding="utf-8").startswith("<svg")
        assert (page.parent / picture).with_suffix(".png").stat().st_size > 1000
    assert (page.parent / "drawn.gif").read_bytes().startswith(b"GIF")
    assert "2 steps" in text
    assert re.search(r"median is \d", text)
    assert str(page) in lines[-1]

    with pytest.raises(SketchRNNError, match="already has a run in it"):
        run_demo(tmp_path / "demo", num_steps=2, report=lines.append)
