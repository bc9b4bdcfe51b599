"""The original's hyperparameters: parse its command line, convert to our settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sketch_rnn.config import ModelConfig, TrainConfig, setting_faults, split_settings
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.hyperparameters import (
    DROPOUTS,
    HYPERPARAMETERS,
    NOT_SETTINGS,
    hyperparameter,
    translated,
)
from sketch_rnn.options import unknown_names

# The original's behaviour, where this package has a choice.
_AS_THE_ORIGINAL: Final = {
    "loss_form": "padded",
    "ema_decay": 0.0,
    "precision": "float32",
    "products": "pytorch",
}
_DEFAULT_DATA_SET: Final = ("aaron_sheep.npz",)
_SPACE: Final = " \t\r\n"
_QUOTES: Final = ('"', "'")


@dataclass(frozen=True, kw_only=True)
class OriginalSettings:
    """Our settings for a set of the original's hyperparameters.

    Attributes:
        model: the architecture.
        train: the training, in the original's form (loss on padding).
        data_set: file names, concatenated split by split.
        max_seq_len: N_max as it was given, else None. Training measures it on the data, as the
            original does; a checkpoint's `model_config.json` holds the measured one.
        notes: one line for each value that was accepted but has no effect.
    """

    model: ModelConfig
    train: TrainConfig
    data_set: tuple[str, ...] = _DEFAULT_DATA_SET
    max_seq_len: int | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)


def parse_hparams(texts: Sequence[str]) -> dict[str, str | list[str]]:
    """The hyperparameters that these `--hparams` texts name, values still as text.

    A text is `name=value,name=[value,value]` or a JSON-like object. `=` and `:` both assign;
    braces and quotes are optional, because a shell removes them if the object is not quoted. It may
    also split the object at its commas into several texts, which are joined again. The last of
    several values for a name counts.

    Raises:
        SketchRNNError: if a text does not follow this grammar, showing the place.
    """
    scanner = _Scanner(",".join(_without_braces(text) for text in texts))
    values: dict[str, str | list[str]] = {}
    while scanner.skip(_SPACE + ","):
        name = scanner.word("=:,")
        if scanner.skip(_SPACE) not in ("=", ":"):
            raise scanner.fault(f"'{name}' is not followed by = or :")
        scanner.position += 1
        values[name] = scanner.value(name)
    return values


def settings_from_hparams(values: Mapping[str, Any]) -> OriginalSettings:
    """The settings these hyperparameters stand for, the others at the original's defaults.

    Args:
        values: what `parse_hparams` returns, or the object of a `model_config.json`.

    Raises:
        SketchRNNError: naming every hyperparameter that is unknown, of the wrong type or out of
            range.
    """
    given, faults = _read(values)
    outside = {name: given.pop(name) for name, _ in NOT_SETTINGS if name in given}
    modern, not_translated = translated(_with_dropout_defaults(given))
    faults += not_translated + setting_faults(modern)
    if faults:
        raise SketchRNNError("hparams: " + "; ".join(faults))
    model, train = split_settings({**modern, **_AS_THE_ORIGINAL})
    return OriginalSettings(
        model=model,
        train=train,
        data_set=outside.get("data_set", _DEFAULT_DATA_SET),
        max_seq_len=outside.get("max_seq_len"),
        notes=_notes(given, outside),
    )


def original_hparams(
    model: ModelConfig, train: TrainConfig, data_set: Sequence[str], max_seq_len: int
) -> dict[str, Any]:
    """Every hyperparameter as the original's `model_config.json` holds it, in its order.

    Settings that the original does not know (seed, patience, loss_form, ...) are left out.
    """
    values = {**model.to_dict(), **train.to_dict()}
    values |= {"data_set": list(data_set), "max_seq_len": max_seq_len, "is_training": True}
    for dropout in DROPOUTS:
        keep_prob = values[dropout.setting]
        values[dropout.switch] = keep_prob < 1
        values[dropout.prob] = keep_prob if keep_prob < 1 else dropout.default_prob
    return {entry.name: values[entry.name] for entry in HYPERPARAMETERS}


class _Scanner:
    """A parser's position in a text, and the steps that advance it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def char(self) -> str:
        """The next character, empty at the end."""
        return self.text[self.position : self.position + 1]

    def skip(self, chars: str) -> str:
        """Skips all of `chars` and returns the next character, empty at the end."""
        while self.char() and self.char() in chars:
            self.position += 1
        return self.char()

    def fault(self, what: str) -> SketchRNNError:
        rest = self.text[self.position :]
        where = f"before '{rest[:20]}'" if rest else "at the end"
        return SketchRNNError(
            f"hparams: {what}, {where}; write name=value,name=value or name=[value,value]"
        )

    def value(self, name: str) -> str | list[str]:
        """Reads the value after `name=`, up to the comma."""
        start = self.skip(_SPACE)
        if start == "{":
            raise self.fault(f"{name} is an object, expected one value or a list")
        value = self.items(name) if start == "[" else self.word(",")
        if self.skip(_SPACE) not in ("", ","):
            raise self.fault(f"something follows the value of {name}")
        return value

    def items(self, name: str) -> list[str]:
        """Reads `[item,item]`."""
        self.position += 1
        items: list[str] = []
        while self.skip(_SPACE + ",") not in ("", "]"):
            items.append(self.word(",]"))
            if self.skip(_SPACE) not in ("", ",", "]"):
                raise self.fault(f"something follows an item of {name}")
        if not self.char():
            raise self.fault(f"the list of {name} is not closed with ]")
        self.position += 1
        return items

    def word(self, stops: str) -> str:
        """Reads a quoted text, or a bare one up to a character of `stops`."""
        if self.skip(_SPACE) in _QUOTES:
            return self.quoted()
        start = self.position
        while self.char() and self.char() not in stops:
            self.position += 1
        return self.text[start : self.position].strip()

    def quoted(self) -> str:
        """Reads up to the closing quote; a backslash makes the next character plain."""
        opened, quote = self.position, self.char()
        self.position += 1
        letters: list[str] = []
        while self.char() != quote:
            self.position += self.char() == "\\"
            if not self.char():
                self.position = opened
                raise self.fault("a quote is not closed")
            letters.append(self.char())
            self.position += 1
        self.position += 1
        return "".join(letters)


def _without_braces(text: str) -> str:
    text = text.strip()
    if text.startswith("{") != text.endswith("}"):
        raise SketchRNNError(f"hparams: '{text}' has a brace without its partner; add or remove it")
    return text[1:-1] if text.startswith("{") else text


def _read(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    known = [entry.name for entry in HYPERPARAMETERS]
    faults = unknown_names(values, known)
    given = {}
    for name in known:
        try:
            if name in values:
                given[name] = hyperparameter(name).read(values[name])
        except SketchRNNError as error:
            faults.append(str(error))
    return given, faults


def _with_dropout_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    switches = {dropout.switch: dropout.default_switch for dropout in DROPOUTS}
    probs = {dropout.prob: dropout.default_prob for dropout in DROPOUTS}
    return {**switches, **probs, **given}


def _notes(given: Mapping[str, Any], outside: Mapping[str, Any]) -> tuple[str, ...]:
    notes = [
        f"{dropout.prob}={given[dropout.prob]:g} has no effect without {dropout.switch}=1"
        for dropout in DROPOUTS
        if dropout.prob in given and dropout.switch not in given and not dropout.default_switch
    ]
    if "max_seq_len" in outside:
        notes.append(
            f"max_seq_len={outside['max_seq_len']} is not used: training takes the longest "
            "drawing of the data, as the original does"
        )
    if not outside.get("is_training", True):
        notes.append("is_training=0 is not used: dropout is on in training and off elsewhere")
    return tuple(notes)
