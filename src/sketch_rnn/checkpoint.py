"""Trained models as files: weights and all that is needed to use them, in one safetensors file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from sketch_rnn.config import ModelConfig
from sketch_rnn.durable import (
    CHECKSUM,
    NO_CHECKSUM,
    has_checksum,
    with_checksum,
    write_atomically,
    write_json,
)
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.seeding import seeded_generator
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import DataProfile

FORMAT_VERSION: Final = 1
MODEL_FILE: Final = "model.safetensors"
BEST_FILE: Final = "best.safetensors"
LAST_FILE: Final = "last.safetensors"
PREVIOUS_FILE: Final = "previous.safetensors"
CONFIG_FILE: Final = "config.json"
NETWORK_PREFIX: Final = "network."
OPTIMIZER_PREFIX: Final = "optimizer."

_METADATA_KEY: Final = "sketch_rnn"
_SUFFIX: Final = ".safetensors"
_NUM_FAULTS_SHOWN: Final = 3
_LENGTH_BYTES: Final = 8

T = TypeVar("T")


class DamagedFileError(SketchRNNError):
    """A file that does not hold what was once written into it."""


@dataclass(eq=False)
class SketchRNN:
    """A network and the measures of the drawings it was made for.

    Attributes:
        network: the encoder and decoder, in normalised units.
        profile: scale, longest drawing and typical measures, in pixels.
    """

    network: SketchVAE
    profile: DataProfile

    @property
    def config(self) -> ModelConfig:
        """Returns the architecture."""
        return self.network.config

    @classmethod
    def new(cls, config: ModelConfig, profile: DataProfile, seed: int = 0) -> SketchRNN:
        """Returns a model that has learned nothing yet; `seed` fixes its starting weights."""
        return cls(SketchVAE(config, seeded_generator(seed)).eval(), profile)

    @classmethod
    def from_pretrained(cls, path: str | os.PathLike[str]) -> SketchRNN:
        """Returns the model in a file, ready to use: on the CPU, in float32, without dropout.

        Args:
            path: a `.safetensors` file of this program, a folder written by `save_pretrained`, or
                the folder of a training run, of which the best model is taken.

        Raises:
            SketchRNNError: if there is none, or the file is damaged, made by a newer version, or
                its weights do not fit its architecture.
        """
        return read_checkpoint(model_file(Path(path))).model()

    def save_pretrained(self, path: str | os.PathLike[str]) -> None:
        """Writes the model to a file, if `path` ends in `.safetensors`, or else into a folder.

        The folder gets `model.safetensors`, and `config.json` with the same settings for people.

        Raises:
            SketchRNNError: if it cannot be written; a file that was there before is unharmed.
        """
        target = Path(path)
        if target.suffix == _SUFFIX:
            write_checkpoint(target, network_tensors(self.network), model_header(self))
            return
        write_checkpoint(target / MODEL_FILE, network_tensors(self.network), model_header(self))
        write_json(target / CONFIG_FILE, model_header(self))


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        path: the file.
        header: format_version, config and profile, and what else the writer put there.
        tensors: arrays by name, on the CPU.
    """

    path: Path
    header: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    def parse(self, section: str, reader: Callable[[Mapping[str, Any]], T]) -> T:
        """Returns what `reader` makes of one section of the header.

        Raises:
            SketchRNNError: naming the file, if the section is missing or the reader refuses it.
        """
        values = self.header.get(section)
        if not isinstance(values, dict):
            raise SketchRNNError(f"{self.path}: the checkpoint has no section '{section}'")
        try:
            return reader(values)
        except SketchRNNError as error:
            raise SketchRNNError(f"{self.path}: {error}") from error

    def model(self) -> SketchRNN:
        """Returns the model.

        Raises:
            SketchRNNError: if the settings are not those of a model, or the weights do not fit.
        """
        config = self.parse("config", ModelConfig.from_dict)
        profile = self.parse("profile", DataProfile.from_dict)
        # Without memory, so that a wrong size in a file is an error message and not a full memory.
        with torch.device("meta"):
            network = SketchVAE(config, draw_weights=False)
        weights = self.fitting(NETWORK_PREFIX, network.state_dict())
        network.load_state_dict(weights, assign=True)
        return SketchRNN(network.eval(), profile)

    def fitting(self, prefix: str, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Returns the tensors whose names begin with `prefix`, without it, in float32.

        Args:
            prefix: start of the names in the file.
            expected: tensors of the right shapes, by name without prefix.

        Raises:
            SketchRNNError: if one is missing, unexpected or of another shape.
        """
        faults = list(islice(self._faults(prefix, expected), _NUM_FAULTS_SHOWN + 1))
        if faults:
            shown = "; ".join(faults[:_NUM_FAULTS_SHOWN])
            more = "; and more" if len(faults) > _NUM_FAULTS_SHOWN else ""
            raise SketchRNNError(
                f"{self.path}: the weights do not fit the architecture: {shown}{more}"
            )
        return {name: self.tensors[prefix + name].float() for name in expected}

    def _faults(self, prefix: str, expected: Mapping[str, Tensor]) -> Iterator[str]:
        for name, tensor in expected.items():
            shape = tuple(tensor.shape)
            if prefix + name not in self.tensors:
                yield f"{prefix}{name} is missing, expected shape {shape}"
            elif (found := tuple(self.tensors[prefix + name].shape)) != shape:
                yield f"{prefix}{name} has shape {found}, expected {shape}"
        for name in sorted(self.tensors):
            is_strange = not name.startswith((NETWORK_PREFIX, OPTIMIZER_PREFIX))
            is_extra = name.startswith(prefix) and name.removeprefix(prefix) not in expected
            if is_strange or is_extra:
                yield f"{name} is unexpected"


def network_tensors(network: SketchVAE) -> dict[str, Tensor]:
    """Returns the weights under the names they have in a checkpoint."""
    return {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}


def model_header(model: SketchRNN) -> dict[str, Any]:
    """Returns the settings that a checkpoint of `model` carries, ready for JSON."""
    return {"config": model.config.to_dict(), "profile": model.profile.to_dict()}


def write_checkpoint(
    path: Path,
    tensors: Mapping[str, Tensor],
    header: Mapping[str, Any],
    *,
    keep: Path | None = None,
    make_folder: bool = True,
) -> None:
    """Writes tensors and settings as one file, which appears complete or not at all.

    Args:
        path: the file.
        tensors: arrays by name, on any device.
        header: settings, ready for JSON; the format's version and a checksum are added.
        keep: where the file that was there before stays, see `write_atomically`.
        make_folder: make the file's folder if need be.

    Raises:
        SketchRNNError: if it cannot be written; a file that was there before is unharmed.
    """
    on_cpu = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    text = json.dumps({"format_version": FORMAT_VERSION, **NO_CHECKSUM, **header})
    data = with_checksum(save(on_cpu, {_METADATA_KEY: text}))
    write_atomically(path, data, keep=keep, make_folder=make_folder)


def read_checkpoint(path: Path) -> Checkpoint:
    """Returns the settings and tensors in a file that `write_checkpoint` wrote.

    Raises:
        DamagedFileError: if the file is not as it was written.
        SketchRNNError: if it is missing, of another program or of a newer version.
    """
    if not path.is_file():
        raise SketchRNNError(f"{path}: no such file; give the path of a checkpoint")
    try:
        data = path.read_bytes()
        # Copied out of the file's bytes: computing on unaligned memory can round differently,
        # which would make a resumed run differ.
        tensors = {name: value.clone() for name, value in load(data).items()}
    except (SafetensorError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path}: damaged or not a checkpoint ({error})") from error
    except OSError as error:
        raise DamagedFileError(f"{path}: cannot be read: {error}") from error
    header = _header(path, _metadata(data))
    # Files of this program's first version have none.
    checksum = header.pop(CHECKSUM, None)
    if checksum is not None and not has_checksum(data, checksum):
        raise DamagedFileError(
            f"{path}: damaged: its content does not match its checksum; copy it again, or use "
            "another checkpoint"
        )
    return Checkpoint(path, header, tensors)


def _metadata(data: bytes) -> Mapping[str, str]:
    """Returns the texts beside the tensors, of a file that was found well-formed."""
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    header = json.loads(data[_LENGTH_BYTES : _LENGTH_BYTES + length])
    metadata: Mapping[str, str] = header.get("__metadata__") or {}
    return metadata


def model_file(path: Path) -> Path:
    """Returns the file that holds the model of `path`, itself a file or a folder."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise SketchRNNError(
            f"no model at {path}; give a {_SUFFIX} file, or a folder with {MODEL_FILE} or "
            f"{BEST_FILE}"
        )
    # A run that was stopped before its first validation has only its last state.
    for name in (MODEL_FILE, BEST_FILE, LAST_FILE, PREVIOUS_FILE):
        if (path / name).is_file():
            return path / name
    raise SketchRNNError(f"{path}: no {MODEL_FILE} or {BEST_FILE} in this folder")


def _header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    if _METADATA_KEY not in metadata:
        raise SketchRNNError(
            f"{path}: not a checkpoint of sketch-rnn (no '{_METADATA_KEY}' in its metadata)"
        )
    try:
        header = json.loads(metadata[_METADATA_KEY])
        version = header["format_version"]
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path}: damaged: its metadata cannot be read") from error
    if not isinstance(version, int) or version < 1:
        raise DamagedFileError(f"{path}: damaged: format version {version!r}")
    if version > FORMAT_VERSION:
        raise SketchRNNError(
            f"{path}: format version {version}, but this sketch-rnn reads versions up to "
            f"{FORMAT_VERSION}; upgrade sketch-rnn"
        )
    return dict(header)
