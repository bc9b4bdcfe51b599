"""Models and inputs whose numbers cannot be used end in one line."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch

from sketch_rnn.checkpoint import write_checkpoint
from sketch_rnn.dataset.dataset import build_dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.sampling import sample
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN, model_header, network_tensors
from tiny import TINY_MODEL, zigzags

PROFILE = DataProfile(scale=40.0, max_seq_len=20)


@pytest.fixture
def model():
    return SketchRNN.new(TINY_MODEL, PROFILE)


def with_nan(model):
    with torch.no_grad():
        for weight in model.network.parameters():
            weight.view(-1)[0] = float("nan")
    return model


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda network: network.double(), r"^model: \S+ is torch\.float64, expected float32"),
        (lambda network: network.half(), r"^model: \S+ is torch\.float16, expected float32"),
        (lambda network: network.to("meta"), r"^model: \S+ is on the device meta"),
    ],
)
def test_a_network_that_cannot_compute(model, tmp_path, change, message):
    change(model.network)
    sketch = Sketch(zigzags(1, 0)[0])
    actions = (
        lambda: sample(model, 1),
        lambda: encode(model, [sketch]),
        lambda: model.save_pretrained(tmp_path / "x.safetensors"),
    )
    for action in actions:
        with pytest.raises(SketchRNNError, match=message):
            action()


def test_weights_that_are_nan(model, tmp_path):
    with_nan(model)
    with pytest.raises(SketchRNNError, match=r"^the model draws NaN: its weights are not finite"):
        sample(model, 1)
    with pytest.raises(SketchRNNError, match=r"^the model encodes to NaN: its weights"):
        encode(model, [Sketch(zigzags(1, 0)[0])])
    with pytest.raises(SketchRNNError, match=r"^model: \S+ has NaN or infinite values"):
        model.save_pretrained(tmp_path / "x.safetensors")
    write_checkpoint(
        tmp_path / "x.safetensors", network_tensors(model.network), model_header(model)
    )
    with pytest.raises(SketchRNNError, match=r"x\.safetensors: \S+ has NaN or infinite values"):
        SketchRNN.from_pretrained(tmp_path / "x.safetensors")


@pytest.mark.parametrize("size", [1e38, 1e-40])
def test_a_z_of_any_size_draws_or_is_refused(model, size):
    z = np.full((2, TINY_MODEL.z_size), size)
    z[0, ::2] *= -1
    found = []
    with contextlib.suppress(SketchRNNError):
        found = sample(model, 2, z=z).sketches
    assert all(np.isfinite(sketch.strokes).all() for sketch in found)


def test_offsets_that_float32_cannot_hold():
    tiny = [drawing * [1e-40, 1e-40, 1] for drawing in zigzags(3, 0)]
    with pytest.raises(SketchRNNError, match=r"offsets are far too small, about .* pixels"):
        build_dataset(tiny, tiny, tiny)


def test_lines_beyond_all_measure():
    profile = DataProfile(scale=1e30, max_seq_len=20)
    with pytest.raises(SketchRNNError, match=r"^the model draws lines of more than 1e\+30 pixels"):
        sample(SketchRNN.new(TINY_MODEL, profile), 4)
