"""Learn to draw: Sketch-RNN (Ha & Eck 2017) for vector drawings.

The public names are loaded when first used, so that drawings can be read and rendered without
loading PyTorch, and help be shown without loading anything.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from sketch_rnn.config import ModelConfig as ModelConfig
    from sketch_rnn.config import TrainConfig as TrainConfig
    from sketch_rnn.dataset.dataset import load_dataset as load_dataset
    from sketch_rnn.dataset.dataset import save_dataset as save_dataset
    from sketch_rnn.errors import SketchRNNError as SketchRNNError
    from sketch_rnn.evaluation.drawings import evaluate_drawings as evaluate_drawings
    from sketch_rnn.evaluation.losses import evaluate as evaluate
    from sketch_rnn.generate.completion import complete as complete
    from sketch_rnn.generate.labels import label_vectors as label_vectors
    from sketch_rnn.generate.latent import encode as encode
    from sketch_rnn.generate.latent import interpolate as interpolate
    from sketch_rnn.generate.latent import reconstruct as reconstruct
    from sketch_rnn.generate.options import DrawingOptions as DrawingOptions
    from sketch_rnn.generate.prediction import predict as predict
    from sketch_rnn.generate.recognition import recognize as recognize
    from sketch_rnn.generate.sampling import sample as sample
    from sketch_rnn.model.mixture import StrokeMixture as StrokeMixture
    from sketch_rnn.preparation.drawings import prepare_dataset as prepare_dataset
    from sketch_rnn.sketch import Sketch as Sketch
    from sketch_rnn.trained import SketchRNN as SketchRNN
    from sketch_rnn.training.loop import Trainer as Trainer

_HOMES = {
    "DrawingOptions": "generate.options",
    "ModelConfig": "config",
    "Sketch": "sketch",
    "SketchRNN": "trained",
    "SketchRNNError": "errors",
    "StrokeMixture": "model.mixture",
    "TrainConfig": "config",
    "Trainer": "training.loop",
    "complete": "generate.completion",
    "encode": "generate.latent",
    "evaluate": "evaluation.losses",
    "evaluate_drawings": "evaluation.drawings",
    "interpolate": "generate.latent",
    "label_vectors": "generate.labels",
    "load_dataset": "dataset.dataset",
    "predict": "generate.prediction",
    "prepare_dataset": "preparation.drawings",
    "recognize": "generate.recognition",
    "reconstruct": "generate.latent",
    "sample": "generate.sampling",
    "save_dataset": "dataset.dataset",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module 'sketch_rnn' has no attribute '{name}'")
    return getattr(importlib.import_module(f"sketch_rnn.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("sketch-rnn")
    except PackageNotFoundError:  # used from a source tree that was never installed
        return "0+unknown"
