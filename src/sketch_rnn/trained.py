"""Trained models: a network, the profile of its data, and the habits of its library."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from torch import Tensor

import sketch_rnn.kernels  # noqa: F401  (fills the table of backends)
from sketch_rnn.checkpoint import NETWORK_PREFIX, Checkpoint, read_checkpoint, write_checkpoint
from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import (
    expect,
    expect_path,
    expect_switch,
    expect_whole,
    named_in_errors,
    wrong_type,
)
from sketch_rnn.interop.foreign import ForeignModel
from sketch_rnn.interop.reading import read_foreign
from sketch_rnn.io.atomic import write_atomically, write_json
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
        expect(config, ModelConfig, "config")
        expect(profile, DataProfile, "profile")
        expect_whole(seed, 0, "seed")
        if habits is not None:
            expect(habits, DrawingHabits, "habits")
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
        if not isinstance(revision, str):
            raise wrong_type(revision, "revision", "the name of a branch, tag or commit")
        expect_switch(weights, "weights")
        expect_switch(encoder, "encoder")
        place = find_model(
            f"{os.fspath(source)}@{revision}" if revision else source, encoder=encoder
        )
        if place.is_foreign:
            foreign = read_foreign(place.path, name=place.member)
            model = cls.from_foreign(foreign, foreign.profile(place.scale, named=os.fspath(source)))
        else:
            model = model_in(read_checkpoint(place.path))
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
        expect_switch(half, "half")
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


def network_tensors(network: SketchVAE) -> dict[str, Tensor]:
    """The weights under their names in a checkpoint."""
    return {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}


def model_header(model: SketchRNN) -> dict[str, Any]:
    """The settings in the header of a checkpoint of `model`, ready for JSON."""
    parts: dict[str, Any] = {"config": model.config, "profile": model.profile}
    return {name: part.to_dict() for name, part in (parts | {"habits": model.habits}).items()}


def model_in(checkpoint: Checkpoint) -> SketchRNN:
    """The model in a checkpoint.

    Raises:
        SketchRNNError: if its settings or weights are not those of a model.
    """
    config = checkpoint.parse("config", ModelConfig.from_dict)
    profile = checkpoint.parse("profile", DataProfile.from_dict)
    # Models saved by early versions have none.
    has_habits = "habits" in checkpoint.header
    habits = checkpoint.parse("habits", DrawingHabits.from_dict) if has_habits else DrawingHabits()
    with named_in_errors(checkpoint.path):
        profile.check_labels(config.num_labels)
        # Without memory, so that a wrong size in a file gives an error instead of filling memory.
        network = weightless_network(config)
    weights = checkpoint.fitting(NETWORK_PREFIX, network.state_dict())
    check_finite(weights, str(checkpoint.path))
    network.load_state_dict(weights, assign=True)
    return SketchRNN(network.eval(), profile, habits)
