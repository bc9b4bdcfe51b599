"""Small models that have learned nothing, but whose outputs depend on all they see."""

from __future__ import annotations

import numpy as np
import pytest

from sketch_rnn.config import ModelConfig
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import Sketch
from sketch_rnn.trained import SketchRNN
from tiny import make_lively

PROFILE = DataProfile(
    scale=10.0,
    max_seq_len=40,
    first_row="move",
    typical_size=100.0,
    typical_spacing=10.0,
    typical_corner=(5.0, 10.0),
    sources=("zigzags",),
)


@pytest.fixture
def profile():
    return PROFILE


@pytest.fixture
def make_model():
    """A function that makes a model; `end_logit` says how eager it is to end."""

    def make(*, cell="lstm", conditional=True, end_logit=-1.0, profile=PROFILE, size=12, **labels):
        config = ModelConfig(
            dec_model=cell,
            dec_rnn_size=size,
            enc_model=cell,
            enc_rnn_size=8,
            z_size=5,
            num_mixture=3,
            conditional=conditional,
            **labels,
        )
        model = SketchRNN.new(config, profile, seed=1)
        make_lively(model.network, end_logit)
        return model

    return make


@pytest.fixture
def model(make_model):
    return make_model()


@pytest.fixture
def decoder_only(make_model):
    return make_model(conditional=False)


@pytest.fixture
def zigzag():
    """A drawing as the profile describes them: two lines in a box of 80 x 60."""
    return Sketch.from_polylines(
        [
            np.array([[10, 15], [20, 30], [30, 15], [40, 30], [50, 15], [60, 30], [70, 15.0]]),
            np.array([[10, 75], [30, 70], [50, 75], [70, 70], [90, 75.0]]),
        ]
    )
