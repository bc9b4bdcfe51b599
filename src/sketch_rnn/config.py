"""What is built and how it is trained: frozen, and every fault of a config reported at once."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, ClassVar, Final, Literal, NamedTuple, Self, get_args

from sketch_rnn.errors import SketchRNNError

CellName = Literal["lstm", "layer_norm", "hyper"]
PrecisionSetting = Literal["auto", "float32", "bfloat16"]
PenLossForm = Literal["padded", "true_length", "masked"]
TemperatureRule = Literal["paper", "original", "js", "offsets"]

CELL_NAMES: Final[tuple[str, ...]] = get_args(CellName)
TRAINING_LOSS_FORMS: Final = ("padded", "true_length")
PRECISION_SETTINGS: Final[tuple[str, ...]] = get_args(PrecisionSetting)
TEMPERATURE_RULES: Final[tuple[str, ...]] = get_args(TemperatureRule)


class Constraint(NamedTuple):
    """A rule for one value, and the words that state it."""

    holds: Callable[[Any], bool]
    text: str


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_real and abs(value) <= sys.float_info.max


def _whole(minimum: int) -> Constraint:
    def holds(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= minimum

    return Constraint(holds, f"a whole number of at least {minimum}")


def _real(low: float, high: float, *, open_low: bool = False) -> Constraint:
    """Numbers in [low, high], or in (low, high] where `open_low`."""

    def holds(value: Any) -> bool:
        return _is_number(value) and (low < value if open_low else low <= value) and value <= high

    above = f"above {low:g}" if open_low else f"at least {low:g}"
    below = "" if high == math.inf else f" and at most {high:g}"
    return Constraint(holds, f"a number {above}{below}")


def _one_of(*choices: str) -> Constraint:
    return Constraint(lambda value: value in choices, "one of " + ", ".join(choices))


def _optional(rule: Constraint) -> Constraint:
    return Constraint(lambda value: value is None or rule.holds(value), f"{rule.text}, or none")


_FLAG: Final = Constraint(lambda value: isinstance(value, bool), "true or false")
_KEEP_PROB: Final = _real(0, 1, open_low=True)
_POSITIVE: Final = _real(0, math.inf, open_low=True)
_NON_NEGATIVE: Final = _real(0, math.inf)
_FRACTION: Final = _real(0, 1)


def _setting(default: Any, rule: Constraint, help_text: str) -> Any:
    return field(default=default, metadata={"rule": rule, "help": help_text})


@dataclass(frozen=True)
class _Config:
    """Validation and (de)serialisation shared by the configs."""

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        faults = self.faults({f.name: getattr(self, f.name) for f in fields(self)})
        if faults:
            raise SketchRNNError(f"{self.kind} settings: " + "; ".join(faults))

    @classmethod
    def setting_names(cls) -> tuple[str, ...]:
        """Returns the names of the fields, in order."""
        return tuple(f.name for f in fields(cls))

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> list[str]:
        """Returns a sentence for each of these values that breaks its field's rule."""
        return [
            f"{f.name}={values[f.name]!r} must be {f.metadata['rule'].text}"
            for f in fields(cls)
            if f.name in values and not f.metadata["rule"].holds(values[f.name])
        ]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Returns the config with these fields, the others at their defaults.

        Raises:
            SketchRNNError: on unknown names or values out of range, all of them in one message.
        """
        faults = unknown_names(values, cls.setting_names()) + cls.faults(values)
        if faults:
            raise SketchRNNError(f"{cls.kind} settings: " + "; ".join(faults))
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Returns every field by name, ready for JSON."""
        return asdict(self)


def setting_help(setting: Field[Any]) -> str:
    """Returns the sentence that explains one field of a config."""
    return str(setting.metadata["help"])


def setting_default(setting: Field[Any]) -> Any:
    """Returns the default of one field of a config."""
    return None if setting.default is MISSING else setting.default


def unknown_names(names: Iterable[str], known: Sequence[str]) -> list[str]:
    """Returns a phrase for each name that is not `known`, with a near match or all known names."""
    # Names come from files, too, and may have line ends in them.
    strange = [(name, " ".join(name.split())) for name in names if name not in known]
    return [f"unknown '{shown}' ({_hint(name, known)})" for name, shown in strange]


def reject_unknown_names(names: Iterable[str], known: Sequence[str]) -> None:
    """Raises SketchRNNError with every phrase of `unknown_names`, if there is one."""
    faults = unknown_names(names, known)
    if faults:
        raise SketchRNNError("; ".join(faults))


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"


@dataclass(frozen=True, kw_only=True)
class ModelConfig(_Config):
    """The architecture. Names and defaults follow the original's hyperparameters.

    The original's `*_dropout_prob` are probabilities of keeping a unit; here they are
    called `*_keep_prob`, and 1 switches that dropout off.
    """

    kind: ClassVar[str] = "model"

    dec_model: CellName = _setting(  # noqa: RUF009
        "lstm", _one_of(*CELL_NAMES), "Decoder cell: lstm, layer_norm or hyper."
    )
    dec_rnn_size: int = _setting(512, _whole(1), "Units of the decoder cell.")
    enc_model: CellName = _setting(  # noqa: RUF009
        "lstm", _one_of(*CELL_NAMES), "Encoder cell: lstm, layer_norm or hyper."
    )
    enc_rnn_size: int = _setting(256, _whole(1), "Units of each direction of the encoder.")
    z_size: int = _setting(128, _whole(1), "Length of the latent vector z.")
    num_mixture: int = _setting(20, _whole(1), "Gaussians in the mixture of the next offset.")
    conditional: bool = _setting(True, _FLAG, "With an encoder and z; otherwise decoder only.")
    num_labels: int = _setting(
        0, _whole(0), "Classes that the decoder is told; 0 for a model without labels."
    )
    label_size: int = _setting(64, _whole(1), "Length of a label's learned vector.")
    recurrent_keep_prob: float = _setting(
        0.9, _KEEP_PROB, "Kept share of the candidate update in every cell; 1 = no dropout."
    )
    input_keep_prob: float = _setting(
        1.0, _KEEP_PROB, "Kept share of the decoder's input; 1 = no dropout."
    )
    output_keep_prob: float = _setting(
        1.0, _KEEP_PROB, "Kept share of the decoder's output; 1 = no dropout."
    )


@dataclass(frozen=True, kw_only=True)
class TrainConfig(_Config):
    """How a model is trained. Names and defaults follow the original's hyperparameters."""

    kind: ClassVar[str] = "training"

    num_steps: int = _setting(10_000_000, _whole(1), "Training steps.")
    epochs: int | None = _setting(
        None, _optional(_whole(1)), "Passes over the training drawings; overrides num_steps."
    )
    save_every: int = _setting(500, _whole(1), "Steps between validations and checkpoints.")
    batch_size: int = _setting(100, _whole(1), "Drawings in one step.")
    accumulate: int = _setting(
        1, _whole(1), "Parts that a batch is gone through in, to save memory."
    )
    learning_rate: float = _setting(0.001, _POSITIVE, "Learning rate at step 0.")
    decay_rate: float = _setting(
        0.9999, _FRACTION, "Factor on the learning rate's distance to its minimum, each step."
    )
    min_learning_rate: float = _setting(0.00001, _NON_NEGATIVE, "Learning rate in the long run.")
    grad_clip: float = _setting(1.0, _POSITIVE, "Bound on the size of each element of a gradient.")
    kl_weight: float = _setting(0.5, _NON_NEGATIVE, "Weight of the KL loss in the long run.")
    kl_weight_start: float = _setting(0.01, _NON_NEGATIVE, "Weight of the KL loss at step 0.")
    kl_decay_rate: float = _setting(
        0.99995, _FRACTION, "Factor on the KL weight's distance to its end value, each step."
    )
    kl_tolerance: float = _setting(0.2, _NON_NEGATIVE, "KL loss below which it is not reduced.")
    random_scale_factor: float = _setting(
        0.15, _real(0, 0.99), "Augmentation: each axis is stretched by up to this share."
    )
    augment_stroke_prob: float = _setting(
        0.10, _FRACTION, "Augmentation: probability of dropping a point inside a stroke."
    )
    label_keep_prob: float = _setting(
        0.9,
        _FRACTION,
        "Class-conditional training: share of the drawings whose label the decoder is told; the "
        "others teach it to draw without one.",
    )
    ema_decay: float = _setting(
        0.0,
        _real(0, 0.999999),
        "Average the weights over steps with this decay, and validate and save the average; 0 "
        "saves the weights themselves.",
    )
    loss_form: PenLossForm = _setting(  # noqa: RUF009
        "true_length",
        _one_of(*TRAINING_LOSS_FORMS),
        "Pen loss up to the first end of sketch (true_length) or on all padding (padded, the "
        "original; about half as fast).",
    )
    precision: PrecisionSetting = _setting(  # noqa: RUF009
        "auto",
        _one_of(*PRECISION_SETTINGS),
        "What cells multiply: float32 numbers, bfloat16 ones (sizes must be multiples of 32), or "
        "auto: bfloat16 where this processor is faster with it, but not in hyper cells.",
    )
    patience: int | None = _setting(
        None, _optional(_whole(1)), "Stop after this many validations without a better one."
    )
    seed: int = _setting(0, _whole(0), "Fixes weights, batches, augmentation, dropout and z.")
    log_every: int = _setting(20, _whole(1), "Steps between entries in the TensorBoard log.")
