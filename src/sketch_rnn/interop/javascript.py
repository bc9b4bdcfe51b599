"""Models of the JavaScript libraries, read and written.

A file is one JSON array `[info, dimensions, weights]`.
The weights are int16 numbers of the range -10 to 10, as base64 text or, in `.full.json` files, as
plain lists.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import reprlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.files import read_bytes
from sketch_rnn.interop.foreign import ForeignModel
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import MAX_SEQ_LEN, DataProfile, DrawingHabits

HABITS: Final = DrawingHabits(temperature_rule="js", start_token=(0, 0, 0, 0, 0))
NUM_MIXTURE: Final = 20
LARGEST: Final = 10.0
STEPS: Final = 32767
_TOO_LARGE: Final = 10**9

_GEN: Final = ("output_w", "output_b", "W_xh", "W_hh", "bias")
_VAE: Final = (
    *("forward_W_xh", "forward_W_hh", "forward_bias"),
    *("backward_W_xh", "backward_W_hh", "backward_bias"),
    *("mu_w", "mu_b", "sigma_w", "sigma_b", "initial_w", "initial_b"),
    *_GEN,
)
_MODES: Final = {2: _GEN, "gen": _GEN, 0: _VAE, 1: _VAE, "vae": _VAE}
# Our parameter for each array; those in TRANSPOSED are the transpose of ours.
PARAMETERS: Final = {
    "output_w": "decoder.output.weight",
    "output_b": "decoder.output.bias",
    "W_xh": "decoder.cell.input_weight",
    "W_hh": "decoder.cell.recurrent_weight",
    "bias": "decoder.cell.bias",
    "forward_W_xh": "encoder.forward_cell.input_weight",
    "forward_W_hh": "encoder.forward_cell.recurrent_weight",
    "forward_bias": "encoder.forward_cell.bias",
    "backward_W_xh": "encoder.backward_cell.input_weight",
    "backward_W_hh": "encoder.backward_cell.recurrent_weight",
    "backward_bias": "encoder.backward_cell.bias",
    "mu_w": "encoder.mean.weight",
    "mu_b": "encoder.mean.bias",
    "sigma_w": "encoder.log_var.weight",
    "sigma_b": "encoder.log_var.bias",
    "initial_w": "decoder.initial_state.weight",
    "initial_b": "decoder.initial_state.bias",
}
TRANSPOSED: Final = ("output_w", "mu_w", "sigma_w", "initial_w")

# The last version of the format, in which readers do not alter z.
_VERSION: Final = 6
_MODE_NUMBERS: Final = {True: 0, False: 2}


def array_names(*, conditional: bool) -> tuple[str, ...]:
    """The arrays of a model file in their order."""
    return _VAE if conditional else _GEN


def read_javascript(path: Path) -> ForeignModel:
    """The model in a JSON file of the JavaScript libraries, compressed or full.

    Raises:
        SketchRNNError: if it is damaged, or not such a file.
    """
    info, dimensions, weights = _parts(path)
    names = _MODES.get(info.get("mode")) if isinstance(info.get("mode"), int | str) else None
    if names is None:
        raise SketchRNNError(f"{path}: mode {info.get('mode')!r} is unknown; expected gen or vae")
    if not len(names) == len(dimensions) == len(weights):
        raise SketchRNNError(
            f"{path}: {len(dimensions)} dimensions and {len(weights)} arrays, expected "
            f"{len(names)} of each"
        )
    arrays = {
        name: _array(shape, values, f"{path}, array {number} ({name})")
        for number, (name, shape, values) in enumerate(zip(names, dimensions, weights, strict=True))
    }
    config = _config(arrays, path)
    return ForeignModel(
        where=str(path),
        config=config,
        weights={PARAMETERS[name]: _parameter(name, values) for name, values in arrays.items()},
        max_seq_len=_number(info, "max_seq_len", int, MAX_SEQ_LEN, path),
        scale=float(_number(info, "scale_factor", int | float, _TOO_LARGE, path)),
        first_row="line",
        habits=HABITS,
        sources=(info["name"],) if isinstance(info.get("name"), str) else (),
    )


def _parts(path: Path) -> tuple[dict[str, Any], list[Any], list[Any]]:
    try:
        content = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise SketchRNNError(
            f"{path}: damaged or cut short: not JSON ({error}); download or copy it again"
        ) from error
    is_model = isinstance(content, list) and [type(part) for part in content] == [dict, list, list]
    if not is_model:
        raise SketchRNNError(
            f"{path}: not a JavaScript model; expected [info, dimensions, weights]"
        )
    return content[0], content[1], content[2]


def _number(info: dict[str, Any], name: str, kind: Any, largest: int, path: Path) -> Any:
    value: Any = info.get(name)
    is_number = isinstance(value, kind) and not isinstance(value, bool)
    if not is_number or not 0 < value <= largest:
        raise SketchRNNError(
            f"{path}: {name}={reprlib.repr(value)} must be a number above 0, at most {largest:,}; "
            "correct it in the file's first part"
        )
    return value


def _array(shape: Any, values: Any, where: str) -> npt.NDArray[np.float32]:
    is_shape = isinstance(shape, list) and 1 <= len(shape) <= 2
    if not is_shape or not all(isinstance(n, int) and 0 < n <= _TOO_LARGE for n in shape):
        raise SketchRNNError(
            f"{where}: dimensions {reprlib.repr(shape)}, expected one or two whole numbers"
        )
    integers = _from_text(values, where) if isinstance(values, str) else _from_list(values, where)
    if integers.size != math.prod(shape):
        raise SketchRNNError(
            f"{where}: {integers.size} numbers, expected {math.prod(shape)} for dimensions "
            f"{shape}; the file is damaged"
        )
    scaled = integers.astype(np.float32) * np.float32(LARGEST / STEPS)
    return scaled.reshape(shape)


def _from_text(text: str, where: str) -> npt.NDArray[np.int16]:
    try:
        content = base64.b64decode(text, validate=True)
        return np.frombuffer(content, "<i2")
    except (binascii.Error, ValueError) as error:
        raise SketchRNNError(f"{where}: not base64 of 16-bit numbers ({error})") from error


def _from_list(values: Any, where: str) -> npt.NDArray[np.int16]:
    try:
        array = np.asarray(values if isinstance(values, list) else None)
    except (ValueError, OverflowError):
        array = np.zeros(0, object)
    is_whole = array.dtype.kind in "iu" and array.size > 0
    # Before the cast, which would turn 32768 into -32768.
    if not is_whole or array.min() < -STEPS - 1 or array.max() > STEPS:
        raise SketchRNNError(f"{where}: neither text nor a list of 16-bit whole numbers")
    return array.ravel().astype(np.int16)


def _parameter(name: str, values: npt.NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values.T if name in TRANSPOSED else values))


def _config(arrays: dict[str, npt.NDArray[np.float32]], path: Path) -> ModelConfig:
    """The architecture, from the dimensions of the arrays, if they agree."""
    conditional = "mu_w" in arrays
    size = arrays["W_hh"].shape[0]
    z_size = arrays["mu_b"].shape[0] if conditional else 0
    encoder_size = arrays["forward_W_hh"].shape[0] if conditional else 0
    expected = {
        "output_w": (size, 3 + 6 * NUM_MIXTURE),
        "output_b": (3 + 6 * NUM_MIXTURE,),
        **_cell_shapes("", 5 + z_size, size),
    }
    if conditional:
        expected |= _cell_shapes("forward_", 5, encoder_size)
        expected |= _cell_shapes("backward_", 5, encoder_size)
        for head in ("mu", "sigma"):
            expected |= {f"{head}_w": (2 * encoder_size, z_size), f"{head}_b": (z_size,)}
        expected |= {"initial_w": (z_size, 2 * size), "initial_b": (2 * size,)}
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise SketchRNNError(
                f"{path}: {name} has dimensions {list(arrays[name].shape)}, expected {list(shape)} "
                "beside the others"
            )
    sizes: dict[str, Any] = {}
    if conditional:
        sizes = {"enc_rnn_size": encoder_size, "z_size": z_size}
    return ModelConfig(dec_rnn_size=size, num_mixture=NUM_MIXTURE, conditional=conditional, **sizes)


def _cell_shapes(prefix: str, inputs: int, size: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{prefix}W_xh": (inputs, 4 * size),
        f"{prefix}W_hh": (size, 4 * size),
        f"{prefix}bias": (4 * size,),
    }


def javascript_text(network: SketchVAE, profile: DataProfile, name: str = "") -> str:
    """The JSON text of a model, conditional (`vae`) or decoder-only (`gen`).

    Weights are rounded to steps of 10 / 32767, 0.0003.

    Args:
        network: the network, of lstm cells with 20 Gaussians.
        profile: the measures of its drawings.
        name: its name in the libraries; by default the names of its data.

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
        "mode": _MODE_NUMBERS[network.config.conditional],
        "version": _VERSION,
        "max_seq_len": profile.max_seq_len,
        "scale_factor": profile.scale,
    }
    oriented = [_oriented(array, values) for array, values in arrays.items()]
    dimensions = [list(values.shape) for values in oriented]
    return json.dumps([info, dimensions, [_text(values) for values in oriented]])


def reason_against_javascript(config: ModelConfig) -> str:
    """Why the format cannot hold models of this architecture; empty if it can."""
    cells = {config.dec_model, config.enc_model} if config.conditional else {config.dec_model}
    faults = [f"it has {cell} cells, and the format only lstm" for cell in sorted(cells - {"lstm"})]
    options = ["--dec-model lstm --enc-model lstm"] if faults else []
    if config.num_mixture != NUM_MIXTURE:
        faults.append(f"its num_mixture is {config.num_mixture}, and the format's {NUM_MIXTURE}")
        options.append(f"--num-mixture {NUM_MIXTURE}")
    return f"{'; '.join(faults)}; train one with {' '.join(options)}" if faults else ""


def _check(config: ModelConfig) -> None:
    if config.num_labels:
        raise SketchRNNError(
            f"this model draws {config.num_labels} labels, and the JavaScript format holds one: "
            "choose it with --label"
        )
    if reason := reason_against_javascript(config):
        raise SketchRNNError(f"this model cannot be a JavaScript model: {reason}")


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
