"""What a model must remember of the drawings it was trained on."""

from __future__ import annotations

import difflib
import math
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from numbers import Integral, Real
from typing import Any, Final, Self

from sketch_rnn.config import TEMPERATURE_RULES, TemperatureRule, unknown_names
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FIRST_ROWS, START_TOKEN, FirstRow

# A drawing that does not end by itself goes on so long; a file must not decide that it never stops.
MAX_SEQ_LEN: Final = 1_000_000
_MOST_SHOWN: Final = 8


@dataclass(frozen=True, kw_only=True)
class DataProfile:
    """The measures of a data set that a model is useless without.

    Attributes:
        scale: pixels per normalised unit: the standard deviation of all training offsets.
        max_seq_len: N_max, the rows of the longest drawing over all three splits.
        first_row: what row 0 of a drawing means, see `Sketch.first_row`.
        typical_size: median longer side of a drawing's box, in pixels.
        typical_spacing: median length of a pen-down offset, in pixels.
        typical_corner: median left and top of the box, in pixels from the origin.
        labels: names of the classes, in the order of the data's label numbers.
        sources: names of the data sets, for the record.

    Raises:
        SketchRNNError: on every field that cannot be what it stands for, all in one message.
    """

    scale: float
    max_seq_len: int
    first_row: FirstRow = "move"
    typical_size: float = 0.0
    typical_spacing: float = 0.0
    typical_corner: tuple[float, float] = (0.0, 0.0)
    labels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        faults = [
            f"{name}={reprlib.repr(getattr(self, name))} must be {rule}"
            for name, (holds, rule) in _RULES.items()
            if not holds(getattr(self, name))
        ]
        if faults:
            raise SketchRNNError("data profile: " + "; ".join(faults))
        # NumPy scalars are welcome, but JSON takes only Python's own numbers.
        for name in ("scale", "typical_size", "typical_spacing"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "max_seq_len", int(self.max_seq_len))

    def check_labels(self, num_labels: int) -> None:
        """Raises SketchRNNError if a model of `num_labels` labels does not have their names."""
        if num_labels and num_labels != len(self.labels):
            raise SketchRNNError(
                f"num_labels={num_labels}, but the data profile names {len(self.labels)} labels"
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns every field by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Returns the profile that `to_dict` wrote, also after a trip through JSON.

        Raises:
            SketchRNNError: on unknown or missing names, or values that cannot be.
        """
        known = fields(cls)
        faults = unknown_names(values, [f.name for f in known])
        missing = [f.name for f in known if f.default is MISSING and f.name not in values]
        faults += [f"missing '{name}'" for name in missing]
        if faults:
            raise SketchRNNError("data profile: " + "; ".join(faults))
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists})


@dataclass(frozen=True, kw_only=True)
class DrawingHabits:
    """How drawings are begun and varied by the library that a model was made for.

    They are what a model does unless told otherwise: the same temperature means other drawings in
    another library.

    Attributes:
        temperature_rule: how a temperature acts, see `temperature_scales`.
        start_token: the stroke-5 row that every drawing begins with, unseen.

    Raises:
        SketchRNNError: if the rule is unknown, or the token is not five numbers.
    """

    temperature_rule: TemperatureRule = "paper"
    start_token: tuple[float, ...] = tuple(START_TOKEN)

    def __post_init__(self) -> None:
        if self.temperature_rule not in TEMPERATURE_RULES:
            raise SketchRNNError(
                f"temperature rule {self.temperature_rule!r} must be one of "
                f"{', '.join(TEMPERATURE_RULES)}"
            )
        object.__setattr__(self, "start_token", _five_numbers(self.start_token))

    def to_dict(self) -> dict[str, Any]:
        """Returns every field by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Returns the habits that `to_dict` wrote, also after a trip through JSON.

        Raises:
            SketchRNNError: on unknown names, or values that cannot be.
        """
        faults = unknown_names(values, [f.name for f in fields(cls)])
        if faults:
            raise SketchRNNError("drawing habits: " + "; ".join(faults))
        return cls(**values)


def label_number(name: str, labels: Sequence[str]) -> int:
    """The number of the label called `name`; case, `-` and `_` do not matter.

    Raises:
        SketchRNNError: if there is none, with near matches.
    """
    if name in labels:
        return labels.index(name)
    plain = [_plain(label) for label in labels]
    if plain.count(_plain(name)) == 1:
        return plain.index(_plain(name))
    shown = reprlib.repr(" ".join(name.split()))
    if not labels:
        raise SketchRNNError(f"no label {shown}: this model was trained without labels")
    near = near_labels(name, labels)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else _some(labels)
    raise SketchRNNError(f"no label {shown}; {hint}")


def near_labels(name: str, labels: Sequence[str]) -> list[str]:
    """Up to three labels that `name` may have been meant for, the likeliest first."""
    plain = {_plain(label): label for label in labels}
    wanted = _plain(name)
    close = difflib.get_close_matches(wanted, plain, n=3)
    inside = [key for key in plain if set(wanted.split()) & set(key.split())]
    return [plain[key] for key in dict.fromkeys([*close, *inside])][:3]


def _plain(label: str) -> str:
    return " ".join(label.lower().replace("-", " ").replace("_", " ").split())


def _some(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:_MOST_SHOWN])
    more = f", and {len(labels) - _MOST_SHOWN} more" if len(labels) > _MOST_SHOWN else ""
    return f"the labels are {shown}{more}"


def _five_numbers(token: Any) -> tuple[float, ...]:
    numbers = tuple(token) if isinstance(token, Sequence) else ()
    if len(numbers) != 5 or not all(map(_is_number, numbers)):
        raise SketchRNNError(f"start_token={reprlib.repr(token)} must be five numbers")
    return tuple(float(number) for number in numbers)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def _is_length(value: Any) -> bool:
    return isinstance(value, Integral) and _is_number(value) and 1 <= int(value) <= MAX_SEQ_LEN


def _is_measure(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_corner(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))


def _are_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)


_RULES: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "scale": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "max_seq_len": (_is_length, f"a whole number from 1 to {MAX_SEQ_LEN:,}"),
    "first_row": (lambda value: value in FIRST_ROWS, "one of " + ", ".join(FIRST_ROWS)),
    "typical_size": (_is_measure, "a number of at least 0"),
    "typical_spacing": (_is_measure, "a number of at least 0"),
    "typical_corner": (_is_corner, "two numbers"),
    "labels": (_are_names, "a list of names"),
    "sources": (_are_names, "a list of names"),
}
