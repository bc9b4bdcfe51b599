"""Small models that have learned nothing, but whose drawings depend on all they see."""

from __future__ import annotations

from sketch_rnn.config import ModelConfig
from sketch_rnn.profile import DataProfile
from sketch_rnn.studio.shelf import Shelf
from sketch_rnn.trained import SketchRNN
from tiny import make_lively

ADDRESS = "http://127.0.0.1:8345"
LABELS = ("cat", "pig", "hot dog")


def small_model(*, cell="lstm", conditional=False, labels=(), first_row="line", end_logit=-1.0):
    """Returns a model whose drawings have some ten to forty rows."""
    profile = DataProfile(
        scale=10.0,
        max_seq_len=40,
        first_row=first_row,
        typical_size=100.0,
        typical_spacing=10.0,
        labels=labels,
    )
    sizes = {"dec_rnn_size": 16, "enc_rnn_size": 8, "z_size": 5, "num_mixture": 3, "label_size": 4}
    config = ModelConfig(
        dec_model=cell, enc_model=cell, conditional=conditional, num_labels=len(labels), **sizes
    )
    model = SketchRNN.new(config, profile, seed=1)
    make_lively(model.network, end_logit)
    return model


def shelf_of(**models) -> Shelf:
    """Returns a shelf of models that are no files."""
    shelf = Shelf(dict.fromkeys(models, "a model for tests"))
    shelf._loaded.update(models)
    return shelf


def drawings_of(pieces) -> dict[int, tuple[list[list[list[float]]], str]]:
    """Returns the lines of each drawing, and who ended it; a continued line begins with None."""
    drawings: dict[int, tuple[list, str]] = {}
    for piece in pieces:
        lines, end = drawings.get(piece["drawing"], ([], ""))
        assert not end, "points after the end"
        for x, y, begins in piece["points"]:
            if begins or not lines:
                lines.append([] if begins else [None])
            lines[-1].append([x, y])
        drawings[piece["drawing"]] = lines, piece["end"]
    return drawings


def refused(response, status, *words):
    """Checks an answer that is one line with these words."""
    assert response.status_code == status, response.text
    message = response.json()["error"]
    assert "\n" not in message
    assert len(message) < 500
    assert all(word in message for word in words), message
