"""End to end: the README's Python runs as it stands."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from reference_folder import CHECKOUT
from sketch_rnn import ModelConfig, SketchRNN
from sketch_rnn.profile import DataProfile

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def demo_folder(tmp_path, monkeypatch):
    """Makes a folder in which `demo/run` is a model, though one that has learned nothing."""
    profile = DataProfile(
        scale=40.0, max_seq_len=20, first_row="line", typical_size=200, typical_spacing=30
    )
    config = ModelConfig(enc_rnn_size=8, dec_rnn_size=16, z_size=32, num_mixture=2)
    model = SketchRNN.new(config, profile)
    with torch.no_grad():
        model.network.decoder.output.bias[0] += 3  # or some drawings would end at once
    model.save_pretrained(tmp_path / "demo" / "run")
    monkeypatch.chdir(tmp_path)


def test_python_example(demo_folder):
    (example,) = (
        block for block in re.findall(r"```python\n(.*?)```", README, re.S) if "predict" in block
    )
    names = {}
    exec(example, names)
    assert len(names["samples"].sketches) == 10
    assert names["z"].shape == (2, 32)
    assert len(names["between"].sketches) == 8
    assert all(np.array_equal(s.strokes[0, :2], [0, 0]) for s in names["endings"].sketches)
    assert names["movement"].mode().shape == (5,)
    assert torch.allclose(names["movement"].pen_probs.sum(), torch.tensor(1.0))


def test_commands_of_the_readme_exist():
    from typer.main import get_command

    from sketch_rnn.cli.app import app

    known = set(get_command(app).commands)
    used = set(re.findall(r"(?m)(?:^|&& )sketch-rnn (\w+)", README))
    assert used <= known
    assert {"demo", "train", "draw", "interpolate", "complete", "info"} <= used
