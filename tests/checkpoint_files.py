"""A small model in a file, and such a file looked into and changed."""

from __future__ import annotations

import json

from safetensors import safe_open
from safetensors.torch import load_file, save_file

from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN
from tiny import TINY_MODEL

PROFILE = DataProfile(
    scale=18.5198,
    max_seq_len=250,
    first_row="line",
    typical_size=240.5,
    typical_spacing=7.25,
    typical_corner=(-3.5, 12.0),
    labels=("sheep", "котики"),
    sources=("aaron_sheep",),
)


def small_model():
    return SketchRNN.new(TINY_MODEL, PROFILE, seed=5)


def metadata(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def header(path):
    """The settings without the checksum, as a file of the first version has them."""
    values = json.loads(metadata(path)["sketch_rnn"])
    values.pop("sha256", None)
    return values


def rewrite(path, *, tensors=None, **changes):
    """Writes the file again with other tensors or header entries."""
    tensors = load_file(path) if tensors is None else tensors
    save_file(tensors, path, {"sketch_rnn": json.dumps({**header(path), **changes})})
