"""Our models as files that the JavaScript libraries load."""

from __future__ import annotations

import base64
import json
from typing import Final

import numpy as np
from torch import Tensor

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.javascript import (
    LARGEST,
    NUM_MIXTURE,
    PARAMETERS,
    STEPS,
    TRANSPOSED,
    array_names,
)
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import DataProfile

# The last version of the format: its readers do not alter z.
_VERSION: Final = 6
_MODES: Final = {True: 0, False: 2}


def javascript_text(network: SketchVAE, profile: DataProfile, name: str = "") -> str:
    """Returns the JSON text of a model, conditional (`vae`) or decoder-only (`gen`).

    Weights are rounded to steps of 10 / 32767, 0.0003.

    Args:
        network: the network, of lstm cells with 20 Gaussians.
        profile: the measures of its drawings.
        name: what the libraries call it; by default the names of its data.

    Raises:
        SketchRNNError: if the format cannot hold the model.
    """
    _check(network.config)
    weights = network.state_dict()
    names = array_names(conditional=network.config.conditional)
    arrays = {array: weights[PARAMETERS[array]] for array in names}
    _check_range(arrays)
    info = {
        "name": name or "_".join(profile.sources) or "sketch",
        "mode": _MODES[network.config.conditional],
        "version": _VERSION,
        "max_seq_len": profile.max_seq_len,
        "scale_factor": profile.scale,
    }
    oriented = [_oriented(array, values) for array, values in arrays.items()]
    dimensions = [list(values.shape) for values in oriented]
    return json.dumps([info, dimensions, [_text(values) for values in oriented]])


def _check(config: ModelConfig) -> None:
    cells = {config.dec_model, config.enc_model} if config.conditional else {config.dec_model}
    faults = [f"it has {cell} cells, and the format only lstm" for cell in sorted(cells - {"lstm"})]
    options = ["--dec-model lstm --enc-model lstm"] if faults else []
    if config.num_mixture != NUM_MIXTURE:
        faults.append(f"its num_mixture is {config.num_mixture}, and the format's {NUM_MIXTURE}")
        options.append(f"--num-mixture {NUM_MIXTURE}")
    if config.num_labels:
        raise SketchRNNError(
            f"this model draws {config.num_labels} labels, and the JavaScript format holds one: "
            "choose it with --label"
        )
    if faults:
        raise SketchRNNError(
            f"this model cannot be a JavaScript model: {'; '.join(faults)}; train one with "
            f"{' '.join(options)}"
        )


def _check_range(arrays: dict[str, Tensor]) -> None:
    for name, values in arrays.items():
        largest = float(values.abs().max())
        if not largest <= LARGEST:
            raise SketchRNNError(
                f"this model cannot be a JavaScript model: {PARAMETERS[name]} has a weight of "
                f"size {largest:.3g}, and the format ends at {LARGEST:g}"
            )


def _oriented(name: str, values: Tensor) -> Tensor:
    return values.T if name in TRANSPOSED else values


def _text(values: Tensor) -> str:
    steps = np.rint(values.detach().cpu().numpy().astype(np.float64) * (STEPS / LARGEST))
    return base64.b64encode(np.ascontiguousarray(steps).astype("<i2").tobytes()).decode()
