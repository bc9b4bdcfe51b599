"""The check of a model that every function of this room begins with."""

from __future__ import annotations

from typing import Any

from sketch_rnn.errors import expect
from sketch_rnn.model.numbers import check_network
from sketch_rnn.trained import SketchRNN


def expect_model(model: Any) -> None:
    """Raises SketchRNNError if this is not a model whose network can compute."""
    expect(model, SketchRNN, "model")
    check_network(model.network)
