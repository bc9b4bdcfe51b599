"""The correspondence of the original's TensorFlow variables to our parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError

SCOPE: Final = "vector_rnn"
_CELL_SCOPES: Final[dict[str, str]] = {
    "lstm": "LSTMCell",
    "layer_norm": "LayerNormLSTMCell",
    "hyper": "HyperLSTMCell",
}
_HYPER_FACTORS: Final = ("ix", "jx", "fx", "ox", "ih", "jh", "fh", "oh")
_HYPER_SHIFTS: Final = _HYPER_FACTORS[4:]


class Place(NamedTuple):
    """The place of a variable's values among our parameters.

    Attributes:
        parameter: name of our parameter.
        transposed: the variable is the transpose of ours.
        block: the number of the variable's part, of `num_blocks` equal ones along the first axis.
        num_blocks: 1 where the variable is the whole parameter.
    """

    parameter: str
    transposed: bool = False
    block: int = 0
    num_blocks: int = 1

    def of(self, parameter: Tensor) -> Tensor:
        """The part of `parameter` that holds the variable, as a view."""
        part = parameter.chunk(self.num_blocks)[self.block]
        part = part.squeeze(0) if part.dim() == 3 else part
        return part.T if self.transposed else part


def variable_places(config: ModelConfig) -> dict[str, Place]:
    """The place of the values of every variable of an original model live in ours.

    Raises:
        SketchRNNError: if the original has no such cell.
    """
    for cell in (config.enc_model, config.dec_model):
        if cell not in _CELL_SCOPES:
            raise SketchRNNError(f"the original has no {cell} cell, only {', '.join(_CELL_SCOPES)}")
    places = dict(_cell_places(config.dec_model, f"{SCOPE}/RNN", "decoder.cell"))
    places[f"{SCOPE}/RNN/output_w"] = Place("decoder.output.weight", transposed=True)
    places[f"{SCOPE}/RNN/output_b"] = Place("decoder.output.bias")
    if config.conditional:
        for scope, name in (("fw", "forward"), ("bw", "backward")):
            places |= _cell_places(
                config.enc_model, f"{SCOPE}/ENC_RNN/{scope}", f"encoder.{name}_cell"
            )
        places |= _linear_places(f"{SCOPE}/ENC_RNN_mu", "encoder.mean")
        places |= _linear_places(f"{SCOPE}/ENC_RNN_sigma", "encoder.log_var")
        places |= _linear_places(f"{SCOPE}/linear", "decoder.initial_state")
    return places


def parameters_from_variables(
    variables: Mapping[str, npt.NDArray[Any]], shapes: Mapping[str, torch.Size], config: ModelConfig
) -> dict[str, Tensor]:
    """Our parameters, filled from an original model's variables.

    Args:
        variables: arrays by TensorFlow name.
        shapes: shapes of our parameters, from the network's `state_dict`.
        config: the architecture of both.

    Raises:
        SketchRNNError: if a variable is missing, unknown or of another shape.
    """
    places = variable_places(config)
    missing, unknown = sorted(places.keys() - variables), sorted(variables.keys() - places)
    if missing or unknown:
        raise SketchRNNError(
            f"TensorFlow variables do not fit the model: missing {', '.join(missing) or 'none'}; "
            f"unknown {', '.join(unknown) or 'none'}"
        )
    # Without memory at first: the sizes that a file claims are only believed if its arrays agree.
    imagined = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    for name, place in places.items():
        expected = tuple(place.of(imagined[place.parameter]).shape)
        if variables[name].shape != expected:
            raise SketchRNNError(
                f"TensorFlow variable {name}: shape {variables[name].shape}, expected {expected}"
            )
    parameters = {name: torch.empty(shape) for name, shape in shapes.items()}
    for name, place in places.items():
        values = torch.from_numpy(np.array(variables[name], dtype=np.float32))
        place.of(parameters[place.parameter]).copy_(values)
    return parameters


def _cell_places(cell: str, scope: str, name: str) -> Iterator[tuple[str, Place]]:
    scope = f"{scope}/{_CELL_SCOPES[cell]}"
    yield f"{scope}/W_xh", Place(f"{name}.input_weight")
    yield f"{scope}/W_hh", Place(f"{name}.recurrent_weight")
    if cell != "layer_norm":
        yield f"{scope}/bias", Place(f"{name}.bias")
    if cell != "lstm":
        for ours, theirs in (("gate_norm", "ln_all"), ("cell_norm", "ln_c")):
            yield f"{scope}/{theirs}/ln_gamma", Place(f"{name}.{ours}.weight")
            yield f"{scope}/{theirs}/ln_beta", Place(f"{name}.{ours}.bias")
    if cell == "hyper":
        yield from _cell_places("layer_norm", scope, f"{name}.inner")
        yield from _hyper_places(scope, name)


def _hyper_places(scope: str, name: str) -> Iterator[tuple[str, Place]]:
    for number, gate in enumerate(_HYPER_FACTORS):
        part = f"{scope}/hyper_{gate}"
        embedding = f"{name}.factor_embedding"
        yield f"{part}/zw/super_linear_w", Place(f"{embedding}.weight", True, number, 8)
        yield f"{part}/zw/super_linear_b", Place(f"{embedding}.bias", False, number, 8)
        yield f"{part}/alpha/super_linear_w", Place(f"{name}.factor_weight", False, number, 8)
    for number, gate in enumerate(_HYPER_SHIFTS):
        part = f"{scope}/hyper_{gate}"
        embedding = f"{name}.shift_embedding.weight"
        yield f"{part}/zb/super_linear_w", Place(embedding, True, number, 4)
        yield f"{part}/beta/super_linear_w", Place(f"{name}.shift_weight", False, number, 4)


def _linear_places(scope: str, name: str) -> dict[str, Place]:
    return {
        f"{scope}/super_linear_w": Place(f"{name}.weight", transposed=True),
        f"{scope}/super_linear_b": Place(f"{name}.bias"),
    }
