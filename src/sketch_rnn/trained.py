"""Trained models, and their files: weights and everything needed to use them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

import sketch_rnn.kernels  # noqa: F401  (fills the table of backends)
from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError, expect_path
from sketch_rnn.interop.foreign import ForeignModel
from sketch_rnn.interop.reading import read_foreign
from sketch_rnn.io.atomic import (
    CHECKSUM,
    NO_CHECKSUM,
    has_checksum,
    with_checksum,
    write_atomically,
    write_json,
)
from sketch_rnn.io.budget import read_file
from sketch_rnn.io.header import FORMAT_VERSION, METADATA_KEY, DamagedFileError, read_header
from sketch_rnn.model.device import checked_device
from sketch_rnn.model.fixed_label import fixed_label, known_label
from sketch_rnn.model.numbers import check_finite, check_network, halved, num_parameters
from sketch_rnn.model.seeding import seeded_generator
from sketch_rnn.model.vae import SketchVAE, weightless_network
from sketch_rnn.profile import DataProfile, DrawingHabits
from sketch_rnn.zoo.card import describe_network, model_card
from sketch_rnn.zoo.locate import MODEL_FILE, find_model

CARD_FILE: Final = "README.md"
CONFIG_FILE: Final = "config.json"
NETWORK_PREFIX: Final = "network."
OPTIMIZER_PREFIX: Final = "optimizer."
_NUM_FAULTS_SHOWN: Final = 3

S = TypeVar("S")
T = TypeVar("T")


@dataclass(eq=False)
class SketchRNN:
    """A trained model: a network and the profile of its data.

    Attributes:
        network: the encoder and decoder, in normalised units.
        profile: scale, longest drawing and typical measures, in pixels.
        habits: the drawing conventions of the library that it was made for.
    """

    network: SketchVAE
    profile: DataProfile
    habits: DrawingHabits = field(default_factory=DrawingHabits)

    def __repr__(self) -> str:
        return f"<SketchRNN: {describe_network(self.config)}>"

    @property
    def config(self) -> ModelConfig:
        """The architecture."""
        return self.network.config

    @classmethod
    def new(
        cls,
        config: ModelConfig,
        profile: DataProfile,
        seed: int = 0,
        habits: DrawingHabits | None = None,
    ) -> SketchRNN:
        """An untrained model; `seed` fixes its initial weights."""
        profile.check_labels(config.num_labels)
        network = SketchVAE(config, seeded_generator(seed)).eval()
        return cls(network.sort_labels(profile.labels), profile, habits or DrawingHabits())

    @classmethod
    def from_pretrained(
        cls,
        source: str | os.PathLike[str],
        *,
        weights: bool = True,
        revision: str = "",
        encoder: bool = False,
    ) -> SketchRNN:
        """A trained model, ready to use: on the CPU, in float32, without dropout.

        Args:
            source: name of a model or of a kind of `quickdraw`, model folder, run (its best
                model), `.safetensors` or JavaScript file, URL, or `user/name` on the hub.
            weights: False gives the untrained network of the same sizes.
            revision: branch, tag or commit on the hub; `user/name@revision` means the same.
            encoder: True where drawings are encoded: a kind is then one of `quickdraw-vae`.

        Raises:
            SketchRNNError: if there is no such model, or it is damaged or made by a newer version.
        """
        place = find_model(
            f"{os.fspath(source)}@{revision}" if revision else source, encoder=encoder
        )
        if place.is_foreign:
            foreign = read_foreign(place.path, name=place.member)
            model = cls.from_foreign(foreign, foreign.profile(place.scale, named=os.fspath(source)))
        else:
            model = read_checkpoint(place.path).model()
        if place.label:
            model = model.with_label(place.label)
        return model if weights else cls.new(model.config, model.profile, habits=model.habits)

    def sample(self, count: int, **arguments: Any) -> Any:
        """New drawings; `arguments` are those of `sketch_rnn.sample`."""
        return import_module("sketch_rnn").sample(self, count, **arguments)  # in a higher room

    def to(self, device: str) -> SketchRNN:
        """Moves the network to a device that is there, such as `cuda`, and returns this model."""
        self.network.to(checked_device(device))
        return self

    def with_label(self, label: str) -> SketchRNN:
        """The model that draws what this one does given a label, at the label strength it has."""
        number = known_label(label, self.config, self.profile)
        profile = replace(self.profile, labels=(self.profile.labels[number],))
        network = fixed_label(self.network, number, self.habits.label_strength)
        return SketchRNN(network, profile, replace(self.habits, label_strength=1.0))

    @classmethod
    def from_foreign(cls, foreign: ForeignModel, profile: DataProfile) -> SketchRNN:
        """A model of another library, for drawings of this profile."""
        network = weightless_network(foreign.config)
        network.load_state_dict(foreign.weights, assign=True)
        return cls(network.eval(), profile, foreign.habits)

    def save_pretrained(self, path: str | os.PathLike[str], *, half: bool = False) -> None:
        """Writes the model to a file or into a folder.

        Args:
            path: a `.safetensors` file, or a folder, which gets `model.safetensors`,
                `config.json` and, unless it has one, `README.md`.
            half: store the weights as 16-bit floats: half the size, and about three digits.

        Raises:
            SketchRNNError: if it cannot be written; an existing file is not damaged.
        """
        target = Path(expect_path(path, "path"))
        check_network(self.network, finite=True)
        tensors = network_tensors(self.network)
        if half:
            tensors = {name: halved(name, value) for name, value in tensors.items()}
        if target.suffix == ".safetensors":
            write_checkpoint(target, tensors, model_header(self))
            return
        write_checkpoint(target / MODEL_FILE, tensors, model_header(self))
        write_json(target / CONFIG_FILE, model_header(self))
        if not (target / CARD_FILE).exists():
            count = num_parameters(self.network)
            card = model_card(self.config, self.profile, self.habits, count)
            write_atomically(target / CARD_FILE, card.encode())


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The contents of a checkpoint file.

    Attributes:
        path: the file.
        header: format_version, config, profile, and other sections of the writer.
        tensors: arrays by name, on the CPU.
    """

    path: Path
    header: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    def parse(self, section: str, reader: Callable[[Mapping[str, Any]], T]) -> T:
        """A section of the header parsed by `reader`; errors name the file."""
        values = self.header.get(section)
        if not isinstance(values, dict):
            raise SketchRNNError(f"{self.path}: the checkpoint has no section '{section}'")
        return self._checked(reader, values)

    def _checked(self, action: Callable[[S], T], value: S) -> T:
        try:
            return action(value)
        except SketchRNNError as error:
            raise SketchRNNError(f"{self.path}: {error}") from error

    def model(self) -> SketchRNN:
        """The model; SketchRNNError is raised if settings or weights are not those of a model."""
        config = self.parse("config", ModelConfig.from_dict)
        profile = self.parse("profile", DataProfile.from_dict)
        self._checked(profile.check_labels, config.num_labels)
        # Models saved by early versions have none.
        has_habits = "habits" in self.header
        habits = self.parse("habits", DrawingHabits.from_dict) if has_habits else DrawingHabits()
        # Without memory, so that a wrong size in a file gives an error instead of filling memory.
        network = self._checked(weightless_network, config)
        weights = self.fitting(NETWORK_PREFIX, network.state_dict())
        check_finite(weights, str(self.path))
        network.load_state_dict(weights, assign=True)
        return SketchRNN(network.eval(), profile, habits)

    def fitting(self, prefix: str, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors in float32, by the names and with the shapes of `expected`, after `prefix`.

        Raises:
            SketchRNNError: if one is missing, unexpected or of another shape.
        """
        faults = list(islice(self._faults(prefix, expected), _NUM_FAULTS_SHOWN + 1))
        if faults:
            faults[_NUM_FAULTS_SHOWN:] = ["and more"] * (len(faults) > _NUM_FAULTS_SHOWN)
            shown = "; ".join(faults)
            raise SketchRNNError(f"{self.path}: the weights do not fit the architecture: {shown}")
        return {name: self.tensors[prefix + name].float() for name in expected}

    def _faults(self, prefix: str, expected: Mapping[str, Tensor]) -> Iterator[str]:
        for name, tensor in expected.items():
            shape = tuple(tensor.shape)
            if prefix + name not in self.tensors:
                yield f"{prefix}{name} is missing, expected shape {shape}"
            elif (found := tuple(self.tensors[prefix + name].shape)) != shape:
                yield f"{prefix}{name} has shape {found}, expected {shape}"
            elif not self.tensors[prefix + name].is_floating_point():
                yield f"{prefix}{name} holds {self.tensors[prefix + name].dtype}, not real numbers"
        for name in sorted(self.tensors):
            is_strange = not name.startswith((NETWORK_PREFIX, OPTIMIZER_PREFIX))
            is_extra = name.startswith(prefix) and name.removeprefix(prefix) not in expected
            if is_strange or is_extra:
                yield f"{name} is unexpected"


def network_tensors(network: SketchVAE) -> dict[str, Tensor]:
    """The weights under their names in a checkpoint."""
    return {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}


def model_header(model: SketchRNN) -> dict[str, Any]:
    """The settings in the header of a checkpoint of `model`, ready for JSON."""
    parts: dict[str, Any] = {"config": model.config, "profile": model.profile}
    return {name: part.to_dict() for name, part in (parts | {"habits": model.habits}).items()}


def write_checkpoint(
    path: Path,
    tensors: Mapping[str, Tensor],
    header: Mapping[str, Any],
    *,
    keep: Path | None = None,
    make_folder: bool = True,
) -> None:
    """Writes tensors and settings as one file, atomically.

    Args:
        path: the file.
        tensors: arrays by name.
        header: settings, ready for JSON; the format's version and a checksum are added.
        keep: where to keep the existing file, see `write_atomically`.
        make_folder: create the file's folder if it is missing.

    Raises:
        SketchRNNError: if it cannot be written; an existing file is not damaged.
    """
    on_cpu = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    text = json.dumps({"format_version": FORMAT_VERSION, **NO_CHECKSUM, **header})
    data = with_checksum(save(on_cpu, {METADATA_KEY: text}))
    write_atomically(path, data, keep=keep, make_folder=make_folder)


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads the settings and tensors in a file that `write_checkpoint` wrote.

    Raises:
        DamagedFileError: if the file is damaged.
        SketchRNNError: if it is missing, or of another program or a newer version.
    """
    if not path.is_file():
        raise SketchRNNError(f"{path}: no such file; give the path of a checkpoint")
    try:
        data = read_file(path, "checkpoint")
        # Copied, because computing on unaligned memory can round differently on resume.
        tensors = {name: value.clone() for name, value in load(data).items()}
    except (SafetensorError, KeyError, RuntimeError, TypeError, ValueError) as error:
        is_told = isinstance(error, SketchRNNError)
        reason = str(error) if is_told else f"{path}: damaged or not a checkpoint ({error})"
        raise DamagedFileError(reason) from error
    header = read_header(path, data)
    checksum = header.pop(CHECKSUM, None)  # Files of this program's first version have none.
    if checksum is not None and not has_checksum(data, checksum):
        reason = "its content does not match its checksum; copy it again, or use another checkpoint"
        raise DamagedFileError(f"{path}: damaged: {reason}")
    return Checkpoint(path, header, tensors)
