"""Asks the exported page's network, in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import sketch_rnn.studio
from sketch_rnn.config import ModelConfig
from sketch_rnn.interop.web_writer import web_model
from sketch_rnn.profile import DataProfile, DrawingHabits
from sketch_rnn.trained import SketchRNN

DRIVER = Path(__file__).with_name("offline_network.mjs")
SCRIPTS = Path(sketch_rnn.studio.__file__).parent / "page" / "js" / "offline"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def ask(*asked: tuple[str, dict[str, Any]], model: SketchRNN | None = None, plain: bool = False):
    """Returns the answers to questions about a model, see `offline_network.mjs`."""
    question: dict[str, Any] = {"asked": asked, "plain": plain}
    if model is not None:
        question["model"] = web_model(
            model.network, model.profile, model.habits, name="small"
        )._asdict()
    done = subprocess.run(
        ["node", str(DRIVER), str(SCRIPTS)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    errors = [answer["error"] for answer in answers if "error" in answer]
    assert not errors, errors
    results = [answer["result"] for answer in answers]
    return results[0] if len(results) == 1 else results


def small_model(
    cell: str = "lstm",
    *,
    conditional: bool = False,
    labels: tuple[str, ...] = (),
    first_row: str = "line",
    seed: int = 2,
    **habits: Any,
) -> SketchRNN:
    """A model whose weights are exact in 16 bits and whose drawings have some length."""
    config = ModelConfig(
        dec_model=cell,
        dec_rnn_size=13,
        enc_model=cell,
        enc_rnn_size=7,
        z_size=3,
        num_mixture=4,
        conditional=conditional,
        num_labels=len(labels),
        label_size=5,
    )
    profile = DataProfile(
        scale=31.5,
        max_seq_len=40,
        first_row=first_row,
        typical_size=200.0,
        typical_spacing=12.0,
        typical_corner=(-50.0, -40.0),
        labels=labels,
        sources=("zigzags",),
    )
    model = SketchRNN.new(config, profile, seed, DrawingHabits(**habits))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
        # The end of the drawing is unlikely, or many would be empty.
        model.network.decoder.output.bias[2] -= 2.0
        for parameter in model.network.parameters():
            parameter.copy_(parameter.half())
    return model


def lines_of(rng, num_lines=3, num_points=9, size=200.0):
    """Lines of a pen that moves a little at a time, rounded as the page might send them."""
    lines = []
    for _ in range(num_lines):
        turns = np.cumsum(rng.normal(0, 0.5, num_points))
        steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * rng.uniform(0.2, 1)
        lines.append(np.cumsum(steps, axis=0) + rng.uniform(-3, 3, 2))
    points = np.concatenate(lines)
    factor = size / np.ptp(points, axis=0).max()
    return [(line * factor + rng.uniform(0, 300, 2)).round(2).tolist() for line in lines]


def points_of(sketch):
    """The points of a drawing as the page is told them."""
    return [
        [*point, int(place == 0)]
        for line in sketch.polylines()
        for place, point in enumerate(line.tolist())
    ]


def assert_same_drawings(answers, samples):
    assert len(answers) == len(samples)
    for answer, sketch, ended in zip(answers, samples.sketches, samples.ended, strict=True):
        expected = np.array(points_of(sketch)[samples.prefix_rows and -len(answer["points"]) :])
        found = np.array(answer["points"]).reshape(-1, 3)
        assert answer["end"] == ("model" if ended else "limit")
        np.testing.assert_allclose(found, expected.reshape(-1, 3), rtol=1e-3, atol=0.02)
