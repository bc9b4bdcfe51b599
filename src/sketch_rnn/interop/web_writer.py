"""Our models as the studio's page carries them: a JSON header, and 16-bit weights in base64.

`studio/page/js/offline/weights.js` reads them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from torch import Tensor

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.fixed_label import known_label
from sketch_rnn.model.numbers import halved
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import DataProfile, DrawingHabits

CELLS: Final = ("lstm", "layer_norm")
_FORMAT: Final = 1
_START_TOKENS: Final = ((0.0, 0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0, 0.0))
_LABEL_VECTORS: Final = "label_vectors"


class WebModel(NamedTuple):
    """A model for the page.

    Attributes:
        header: settings, and name and shape of each tensor, ready for JSON.
        weights: the tensors one after the other, little-endian 16-bit floating point, in base64.
    """

    header: dict[str, Any]
    weights: str


def web_model(
    network: SketchVAE,
    profile: DataProfile,
    habits: DrawingHabits,
    *,
    name: str,
    about: str = "",
    label: str | None = None,
) -> WebModel:
    """A model for the page.

    Args:
        network: the network, of lstm or layer_norm cells.
        profile: the measures of its drawings.
        habits: how its library draws.
        name: what the page calls it.
        about: what it draws, in a few words.
        label: keep only this label of a class-conditional model.

    Raises:
        SketchRNNError: if the page cannot compute the network, a weight is beyond 16 bits, or there
            is no such label.
    """
    _check(network.config, habits)
    config, weights = network.config, dict(network.state_dict())
    if label is not None:
        number = known_label(label, config, profile)
        config = replace(config, num_labels=1)
        profile = replace(profile, labels=(profile.labels[number],))
        weights[_LABEL_VECTORS] = weights[_LABEL_VECTORS][number : number + 1]
    header = {
        "format": _FORMAT,
        "name": name,
        "about": about,
        "config": config.to_dict(),
        "profile": profile.to_dict(),
        "habits": habits.to_dict(),
        "tensors": [[key, list(value.shape)] for key, value in weights.items()],
    }
    return WebModel(header, base64.b64encode(_halves(weights)).decode())


def _check(config: ModelConfig, habits: DrawingHabits) -> None:
    cells = {config.dec_model, config.enc_model} if config.conditional else {config.dec_model}
    if strange := sorted(cells - set(CELLS)):
        raise SketchRNNError(
            f"this model has {strange[0]} cells, and a page computes only {' and '.join(CELLS)}; "
            "play with it by `sketch-rnn studio`, or train one with --dec-model layer_norm "
            "--enc-model layer_norm"
        )
    if habits.start_token not in _START_TOKENS:
        raise SketchRNNError(
            f"this model starts with {habits.start_token}, and a page only with "
            f"{' or '.join(map(str, _START_TOKENS))}"
        )


def _halves(weights: Mapping[str, Tensor]) -> bytes:
    halves = (halved(name, value).cpu().numpy() for name, value in weights.items())
    return b"".join(half.astype("<f2").tobytes() for half in halves)
