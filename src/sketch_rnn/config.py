"""The settings of a model and of its training, each declared once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.options import (
    YES_OR_NO,
    Options,
    key_of,
    number,
    one_of,
    option,
    optional,
    unknown_names,
    whole,
)

PrecisionSetting = Literal["auto", "float32", "bfloat16"]
ProductsSetting = Literal["auto", "pytorch", "compiled"]
PenLossForm = Literal["padded", "true_length", "masked"]
TemperatureRule = Literal["paper", "original", "js", "offsets"]
FirstRow = Literal["move", "line"]

# The recurrent cells: name -> module and class. They are imported when a network is made, because
# settings must load without PyTorch.
CELLS: Final[dict[str, str]] = {
    "lstm": "sketch_rnn.model.cells.lstm:LSTMCell",
    "layer_norm": "sketch_rnn.model.cells.layer_norm:LayerNormLSTMCell",
    "hyper": "sketch_rnn.model.cells.hyper:HyperLSTMCell",
}
# How the original evaluates.
EVALUATION_FORM: Final[PenLossForm] = "masked"
TRAINING_LOSS_FORMS: Final = ("padded", "true_length")
PRECISION_SETTINGS: Final[tuple[str, ...]] = get_args(PrecisionSetting)
PRODUCTS_SETTINGS: Final[tuple[str, ...]] = get_args(ProductsSetting)
TEMPERATURE_RULES: Final[tuple[str, ...]] = get_args(TemperatureRule)
# Random numbers of a batch of 1,000 drawings take 4 MB for each candidate.
MOST_CANDIDATES: Final = 100
# Of more, the order alone takes minutes and gigabytes.
_LARGEST_BATCH: Final = 1_000_000
FIRST_ROWS: Final[tuple[str, ...]] = get_args(FirstRow)

_KEEP_PROB: Final = number(above=0, at_most=1)
_POSITIVE: Final = number(above=0)
_NON_NEGATIVE: Final = number(at_least=0)
_FRACTION: Final = number(at_least=0, at_most=1)


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Options):
    """The architecture. Names and defaults follow the original's hyperparameters.

    The original's `*_dropout_prob` are probabilities of keeping a unit; here they are
    called `*_keep_prob`, and 1 switches that dropout off.
    """

    kind = "model settings"
    help_panel = "Model"

    dec_model: str = option("lstm", key_of(CELLS), f"Decoder cell: {', '.join(CELLS)}.")
    dec_rnn_size: int = option(512, whole(at_least=1), "Units of the decoder cell.")
    enc_model: str = option("lstm", key_of(CELLS), f"Encoder cell: {', '.join(CELLS)}.")
    enc_rnn_size: int = option(256, whole(at_least=1), "Units of each direction of the encoder.")
    z_size: int = option(128, whole(at_least=1), "Length of the latent vector z.")
    num_mixture: int = option(20, whole(at_least=1), "Gaussians in the mixture of the next offset.")
    conditional: bool = option(True, YES_OR_NO, "Train an encoder and z, not just the decoder.")
    num_labels: int = option(
        0,
        whole(),
        "Number of classes, taken from the data; 0 for a model without labels.",
        flag=None,
    )
    label_size: int = option(64, whole(at_least=1), "Length of a label's learned vector.")
    recurrent_keep_prob: float = option(
        0.9, _KEEP_PROB, "Recurrent dropout: probability of keeping a unit (1 = no dropout)."
    )
    input_keep_prob: float = option(
        1.0, _KEEP_PROB, "Dropout of the decoder's input: probability of keeping (1 = no dropout)."
    )
    output_keep_prob: float = option(
        1.0, _KEEP_PROB, "Dropout of the decoder's output: probability of keeping (1 = no dropout)."
    )


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Options):
    """How a model is trained. Names and defaults follow the original's hyperparameters."""

    kind = "training settings"
    help_panel = "Training"

    num_steps: int = option(10_000_000, whole(at_least=1), "Training steps.")
    epochs: int | None = option(
        None, optional(whole(at_least=1)), "Passes over the training data; overrides --num-steps."
    )
    save_every: int = option(500, whole(at_least=1), "Steps between validations and checkpoints.")
    batch_size: int = option(100, whole(at_least=1, at_most=_LARGEST_BATCH), "Drawings per step.")
    accumulate: int = option(
        1,
        whole(at_least=1),
        "Process each batch in N parts to save memory (gradient accumulation).",
    )
    learning_rate: float = option(0.001, _POSITIVE, "Learning rate at step 0.")
    decay_rate: float = option(
        0.9999, _FRACTION, "Per-step decay of the learning rate towards --min-learning-rate."
    )
    min_learning_rate: float = option(0.00001, _NON_NEGATIVE, "Final learning rate.")
    grad_clip: float = option(1.0, _POSITIVE, "Clip each element of a gradient to this size.")
    kl_weight: float = option(0.5, _NON_NEGATIVE, "Final weight of the KL loss.")
    kl_weight_start: float = option(0.01, _NON_NEGATIVE, "Weight of the KL loss at step 0.")
    kl_decay_rate: float = option(
        0.99995, _FRACTION, "Per-step decay of the KL weight towards --kl-weight."
    )
    kl_tolerance: float = option(0.2, _NON_NEGATIVE, "The KL loss is not reduced below this.")
    random_scale_factor: float = option(
        0.15,
        number(at_least=0, at_most=0.99),
        "Augmentation: stretch each axis by up to this share.",
    )
    random_rotation: float = option(
        0.0,
        number(at_least=0, at_most=180),
        "Augmentation: rotate each drawing by up to this many degrees either way.",
    )
    random_shear: float = option(
        0.0,
        number(at_least=0, at_most=1),
        "Augmentation: slant each drawing by up to this share of its height.",
    )
    mirror_prob: float = option(
        0.0,
        _FRACTION,
        "Augmentation: probability of swapping left and right (not for letters or digits).",
    )
    augment_stroke_prob: float = option(
        0.10, _FRACTION, "Augmentation: probability of dropping a point inside a stroke."
    )
    label_keep_prob: float = option(
        0.9,
        _FRACTION,
        "Class-conditional training: share of the drawings whose label the decoder sees; the "
        "others teach it to draw without a label.",
    )
    ema_decay: float = option(
        0.999,
        number(at_least=0, at_most=0.999999),
        "Exponential moving average of the weights, with this decay, for validation and the saved "
        "model; 0 turns it off.",
    )
    loss_form: PenLossForm = option(
        "true_length",
        one_of(*TRAINING_LOSS_FORMS),
        "Pen loss up to the first end of sketch (true_length), or on all padding like the "
        "original (padded; about half as fast).",
    )
    precision: PrecisionSetting = option(
        "auto",
        one_of(*PRECISION_SETTINGS),
        "dtype of the matrix products in cells: float32, bfloat16 (sizes must be multiples of 32), "
        "or auto: bfloat16 if it is faster on this processor, except for hyper cells.",
    )
    products: ProductsSetting = option(
        "auto",
        one_of(*PRODUCTS_SETTINGS),
        "Library for the float32 products of weight gradients: pytorch, compiled (this program's "
        "own), or auto, the faster one.",
    )
    patience: int | None = option(
        None, optional(whole(at_least=1)), "Stop after this many validations without improvement."
    )
    seed: int = option(0, whole(at_least=0), "Seed of weights, batches, augmentation, dropout, z.")
    log_every: int = option(20, whole(at_least=1), "Steps between entries in the TensorBoard log.")


SETTING_NAMES: Final = ModelConfig.setting_names() + TrainConfig.setting_names()


def setting_faults(values: Mapping[str, Any]) -> list[str]:
    """A sentence for each of these settings that is unknown or breaks its rule."""
    unknown = unknown_names(values, SETTING_NAMES)
    return unknown + ModelConfig.faults(values) + TrainConfig.faults(values)


def split_settings(values: Mapping[str, Any]) -> tuple[ModelConfig, TrainConfig]:
    """Both configs from one flat mapping; settings not in it keep their defaults.

    Raises:
        SketchRNNError: with all faults of both configs in one message.
    """
    faults = setting_faults(values)
    if faults:
        raise SketchRNNError("settings: " + "; ".join(faults))
    model = {name: values[name] for name in ModelConfig.setting_names() if name in values}
    train = {name: values[name] for name in TrainConfig.setting_names() if name in values}
    return ModelConfig(**model), TrainConfig(**train)
