"""The original's hyperparameters, and the settings they correspond to here.

The original's `*_dropout_prob` are probabilities of keeping a unit, in effect only while
`use_*_dropout` is on. Here one `*_keep_prob` replaces both; 1 is off. The other names are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sketch_rnn.config import SETTING_NAMES, ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.options import unknown_names


def _flag(value: Any) -> bool:
    return {"1": True, "true": True, "0": False, "false": False}[str(value).strip().lower()]


def _real(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _real(value)
    if not number.is_integer():
        raise ValueError
    return int(number)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.strip()


def _names(value: Any) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(map(_text, value))
    if not all(names) or not names:
        raise ValueError
    return names


class Hyperparameter(NamedTuple):
    """One of the original's hyperparameters: how its values are written."""

    name: str
    reader: Callable[[Any], Any]
    text: str

    def read(self, value: Any) -> Any:
        """`value`, a string or a JSON value, converted to this hyperparameter's type.

        Raises:
            SketchRNNError: naming the hyperparameter, if it cannot be read.
        """
        try:
            return self.reader(value)
        except (KeyError, OverflowError, TypeError, ValueError):
            raise SketchRNNError(f"{self.name}={value!r} must be {self.text}") from None


class Dropout(NamedTuple):
    """A pair of the original's hyperparameters that is one setting here, and its defaults."""

    switch: str
    prob: str
    setting: str
    default_switch: bool
    default_prob: float = 0.9


_FLAG: Final = (_flag, "true or false")
_WHOLE: Final = (_whole, "a whole number")
_REAL: Final = (_real, "a number")
_CELL: Final = (_text, "the name of a cell")

HYPERPARAMETERS: Final = (
    Hyperparameter("data_set", _names, "a file name or a list of file names"),
    Hyperparameter("num_steps", *_WHOLE),
    Hyperparameter("save_every", *_WHOLE),
    Hyperparameter("max_seq_len", *_WHOLE),
    Hyperparameter("dec_rnn_size", *_WHOLE),
    Hyperparameter("dec_model", *_CELL),
    Hyperparameter("enc_rnn_size", *_WHOLE),
    Hyperparameter("enc_model", *_CELL),
    Hyperparameter("z_size", *_WHOLE),
    Hyperparameter("kl_weight", *_REAL),
    Hyperparameter("kl_weight_start", *_REAL),
    Hyperparameter("kl_tolerance", *_REAL),
    Hyperparameter("batch_size", *_WHOLE),
    Hyperparameter("grad_clip", *_REAL),
    Hyperparameter("num_mixture", *_WHOLE),
    Hyperparameter("learning_rate", *_REAL),
    Hyperparameter("decay_rate", *_REAL),
    Hyperparameter("kl_decay_rate", *_REAL),
    Hyperparameter("min_learning_rate", *_REAL),
    Hyperparameter("use_recurrent_dropout", *_FLAG),
    Hyperparameter("recurrent_dropout_prob", *_REAL),
    Hyperparameter("use_input_dropout", *_FLAG),
    Hyperparameter("input_dropout_prob", *_REAL),
    Hyperparameter("use_output_dropout", *_FLAG),
    Hyperparameter("output_dropout_prob", *_REAL),
    Hyperparameter("random_scale_factor", *_REAL),
    Hyperparameter("augment_stroke_prob", *_REAL),
    Hyperparameter("conditional", *_FLAG),
    Hyperparameter("is_training", *_FLAG),
)
DROPOUTS: Final = (
    Dropout("use_recurrent_dropout", "recurrent_dropout_prob", "recurrent_keep_prob", True),
    Dropout("use_input_dropout", "input_dropout_prob", "input_keep_prob", False),
    Dropout("use_output_dropout", "output_dropout_prob", "output_keep_prob", False),
)
NOT_SETTINGS: Final = (
    ("data_set", "name the data itself instead"),
    ("max_seq_len", "it is measured on the data"),
    ("is_training", "it follows from what is done with the model"),
)
OLD_NAMES: Final = tuple(name for dropout in DROPOUTS for name in (dropout.switch, dropout.prob))


def hyperparameter(name: str) -> Hyperparameter:
    """The original's hyperparameter of this name; an unknown name raises KeyError."""
    for entry in HYPERPARAMETERS:
        if entry.name == name:
            return entry
    raise KeyError(name)


def modern_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings given by our names or the original's, by our names.

    Translate each source of settings (preset, command line) before laying one over the other.

    Raises:
        SketchRNNError: with all faults that `translated` finds.
    """
    modern, faults = translated(values)
    if faults:
        raise SketchRNNError("settings: " + "; ".join(faults))
    return modern


def translated(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """These settings by our names, and a sentence for each that has no such name.

    Those are unknown names, hyperparameters that are not settings here, and old values that
    cannot be read, have no effect, or are given together with the setting they mean.
    """
    modern = {name: values[name] for name in values if name in SETTING_NAMES}
    faults = []
    for dropout in DROPOUTS:
        given = [name for name in (dropout.switch, dropout.prob) if name in values]
        if not given:
            continue
        try:
            _reject_ambiguous(dropout, given, values)
            modern[dropout.setting] = _keep_prob(dropout, values)
        except SketchRNNError as error:
            faults.append(str(error))
    outside = dict(NOT_SETTINGS)
    faults += [f"'{n}' is not a setting: {outside[n]}" for n in values if n in outside]
    named = [name for name in values if name not in outside]
    return modern, faults + unknown_names(named, SETTING_NAMES + OLD_NAMES)


def assigned(texts: Sequence[str]) -> dict[str, Any]:
    """The settings that `name=value` texts give; the original's names are understood.

    Raises:
        SketchRNNError: if a text is not `name=value`, or an original's value cannot be read.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise SketchRNNError(f"--set {text}: write --set name=value")
        values[name.strip().replace("-", "_")] = value.strip()
    return {name: _value(name, text) for name, text in values.items()}


def _value(name: str, text: str) -> Any:
    try:
        return hyperparameter(name).read(text)
    except KeyError:
        pass
    if text.lower() == "none":
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _reject_ambiguous(dropout: Dropout, given: list[str], values: Mapping[str, Any]) -> None:
    if dropout.setting in values:
        raise SketchRNNError(f"{' and '.join(given)} beside {dropout.setting}: keep only the last")
    if given == [dropout.prob] and not dropout.default_switch:
        raise SketchRNNError(
            f"{dropout.prob} does nothing without {dropout.switch}=true; "
            f"set {dropout.setting} instead"
        )


def _keep_prob(dropout: Dropout, values: Mapping[str, Any]) -> float:
    switch = values.get(dropout.switch, dropout.default_switch)
    prob = hyperparameter(dropout.prob).read(values.get(dropout.prob, dropout.default_prob))
    if not hyperparameter(dropout.switch).read(switch):
        return 1.0
    faults = ModelConfig.faults({dropout.setting: prob})
    if faults:
        raise SketchRNNError(faults[0].replace(dropout.setting, dropout.prob))
    return float(prob)
