"""Named settings for a kind of job: TOML files whose comments say why a value differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final

from sketch_rnn.config import ModelConfig, TrainConfig, setting_faults
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.hyperparameters import translated
from sketch_rnn.io.toml import parse_toml, read_toml

_SUFFIX: Final = ".toml"
# With fewer training drawings, fine-tuning a trained model gives better drawings than a new one.
FEW_DRAWINGS: Final = 2000
_MANY_DRAWINGS: Final = 20_000


def suggested_flags(num_train: int, *, fine_tune: bool = False) -> list[str]:
    """The flags of `train` that suit data of this many training drawings.

    Args:
        num_train: the number of training drawings.
        fine_tune: whether a model to start from is named already.
    """
    if fine_tune:
        return ["--preset", "fine_tune"]
    if num_train < FEW_DRAWINGS:
        return ["--init", "quickdraw", "--preset", "fine_tune"]
    return ["--preset", "small" if num_train < _MANY_DRAWINGS else "quickdraw"]


@dataclass(frozen=True)
class Preset:
    """The settings that a preset file sets; every other setting keeps its default.

    Attributes:
        name: the preset's name, or the path of the file.
        model: values of `ModelConfig`, by field.
        train: values of `TrainConfig`, by field.
    """

    name: str
    model: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """All values in one flat mapping, to lay other settings over."""
        return {**self.model, **self.train}


def preset_names() -> tuple[str, ...]:
    """The names of the presets that come with the package, sorted."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(f.name.removesuffix(_SUFFIX) for f in files if f.name.endswith(_SUFFIX)))


def load_preset(name_or_path: str | Path) -> Preset:
    """The preset of this name, or the one in this TOML file.

    The file is flat: `name = value` lines with the fields of `ModelConfig` and `TrainConfig`; the
    original's names are understood too.

    Raises:
        SketchRNNError: if there is no such preset, the file is not TOML, or a setting is unknown
            or cannot have its value.
    """
    name = str(name_or_path)
    values, faults = translated(_settings(name))
    faults += setting_faults(values)
    if faults:
        raise SketchRNNError(f"preset {name}: " + "; ".join(faults))
    return Preset(name, _part(ModelConfig, values), _part(TrainConfig, values))


def _part(config: type[ModelConfig | TrainConfig], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in config.setting_names() if name in values}


def _settings(name: str) -> dict[str, Any]:
    """The settings in the preset of this name, or in this TOML file."""
    if name in preset_names():
        own = resources.files(__name__).joinpath(name + _SUFFIX)
        values = parse_toml(own.read_text(encoding="utf-8"), f"preset {name}")
    elif Path(name).is_file():
        values = read_toml(Path(name), "preset ")
    else:
        raise SketchRNNError(
            f"no preset '{name}': the presets are {', '.join(preset_names())}, "
            "or give the path of a TOML file"
        )
    tables = [key for key, value in values.items() if isinstance(value, dict)]
    if tables:
        raise SketchRNNError(
            f"preset {name}: [{tables[0]}] is a table; write its settings at the top level"
        )
    return values
