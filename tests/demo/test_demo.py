"""End to end: the demo on a handful of doodles and two steps."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest

from sketch_rnn.dataset.dataset import assemble
from sketch_rnn.demo import run as demo_run
from sketch_rnn.demo import run_demo
from sketch_rnn.demo.curve import loss_curve
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
    assert len(pictures) == 8
    for picture in pictures:
        assert (page.parent / picture).read_text(encoding="utf-8").startswith("<svg")
        assert (page.parent / picture).with_suffix(".png").stat().st_size > 1000
    assert (page.parent / "drawn.gif").read_bytes().startswith(b"GIF")
    assert "2 steps" in text
    assert re.search(r"median is \d", text)
    assert str(page) in lines[-1]


def test_a_demo_resumes_or_is_replaced(tmp_path, few_doodles):
    demo = partial(run_demo, tmp_path / "demo", report=lambda _: None)
    demo(num_steps=2)
    (tmp_path / "demo/drawn.png").unlink()
    text = demo(num_steps=3).read_text(encoding="utf-8")
    assert "3 steps on generated doodles" in text
    assert (tmp_path / "demo/drawn.png").is_file()
    with pytest.raises(SketchRNNError, match="seed was 0, now 1"):
        demo(num_steps=3, seed=1)
    text = demo(num_steps=2, seed=1, overwrite=True).read_text(encoding="utf-8")
    assert re.search(r"2 steps in \d\.\d minutes", text)


def test_the_curve_of_losses_leaves_out_the_largest():
    train = [(step, 50.0 if step < 3 else 2.0 - step / 100) for step in range(1, 101)]
    figure = loss_curve({"train": train, "valid": [(50, 1.4), (100, 1.0)]})
    curve, valid = (tracing.lines[0].points for tracing in figure.drawings)
    assert len(curve) == 98
    assert curve[:, 1].min() > 0
    assert curve[:, 1].max() < figure.height
    assert (np.diff(curve[:, 1]) > 0).all()
    assert valid[0, 0] < valid[1, 0] == curve[-1, 0]
    assert {"train", "valid", "1.5", "40"} <= {text.content for text in figure.texts}
