"""The profile of a dataset: the measures that a trained model needs to keep."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sketch_rnn.config import (
    FIRST_ROWS,
    MOST_CANDIDATES,
    TEMPERATURE_RULES,
    FirstRow,
    TemperatureRule,
)
from sketch_rnn.errors import SketchRNNError, wrong_type
from sketch_rnn.options import REQUIRED, TEXT, Options, Rule, many, number, one_of, option, whole
from sketch_rnn.sketch import START_TOKEN
from sketch_rnn.text import listed, printable

# The length limit of drawings that do not finish; without it a file could ask for endless ones.
MAX_SEQ_LEN: Final = 1_000_000
# Sizes in pixels, whose quotients fit a float64.
_LARGEST: Final = 1e30
_SIZE: Final = number(at_least=1 / _LARGEST, at_most=_LARGEST)
_SIZE_OR_ZERO: Final = Rule(
    lambda value: _SIZE.holds(value) or (number().holds(value) and value == 0),
    f"0, or {_SIZE.text}",
    float,
)

_NAMES: Final = many(TEXT._replace(stored=printable), "a list of names")


@dataclass(frozen=True, kw_only=True)
class DataProfile(Options):
    """The measures of a dataset that a model needs to draw in pixels.

    Raises:
        SketchRNNError: if fields have impossible values, all of them in one message.
    """

    kind = "data profile"

    scale: float = option(
        REQUIRED,
        _SIZE,
        "Pixels per normalised unit: the standard deviation of all training offsets.",
    )
    max_seq_len: int = option(
        REQUIRED,
        whole(at_least=1, at_most=MAX_SEQ_LEN),
        "N_max, the rows of the longest drawing over all three splits.",
    )
    first_row: FirstRow = option(
        "move", one_of(*FIRST_ROWS), "Meaning of row 0 of a drawing, see `Sketch.first_row`."
    )
    typical_size: float = option(
        0.0,
        _SIZE_OR_ZERO,
        "Median longer side of a drawing's box, in pixels.",
    )
    typical_spacing: float = option(
        0.0,
        _SIZE_OR_ZERO,
        "Median length of a pen-down offset, in pixels.",
    )
    typical_corner: tuple[float, float] = option(
        (0.0, 0.0),
        many(number(at_least=-_LARGEST, at_most=_LARGEST), "two numbers", count=2),
        "Median left and top of the box, in pixels from the origin.",
    )
    labels: tuple[str, ...] = option(
        (), _NAMES, "Names of the classes, in the order of the data's label numbers."
    )
    sources: tuple[str, ...] = option((), _NAMES, "Names of the datasets, for the record.")

    def check_labels(self, num_labels: int) -> None:
        """Raises SketchRNNError if a model of `num_labels` labels does not have their names."""
        if num_labels and num_labels != len(self.labels):
            raise SketchRNNError(
                f"num_labels={num_labels}, but the data profile names {len(self.labels)} labels"
            )


@dataclass(frozen=True, kw_only=True)
class DrawingHabits(Options):
    """The drawing conventions of the library that a model was made for.

    They are a model's defaults, because the same temperature gives different drawings in
    different libraries.

    Raises:
        SketchRNNError: if values cannot be used, naming all of them.
    """

    kind = "drawing habits"

    temperature_rule: TemperatureRule = option(
        "paper",
        one_of(*TEMPERATURE_RULES),
        "How a temperature acts, see `temperature_scales`.",
    )
    start_token: tuple[float, ...] = option(
        START_TOKEN,
        many(number(), "five numbers", count=5),
        "The stroke-5 row fed to the decoder first; it is not drawn.",
    )
    label_strength: float = option(
        1.0,
        number(at_least=0),
        "Factor on label vectors: above 1, drawings show their label more clearly.",
    )
    label_candidates: int = option(
        1,
        whole(at_least=1, at_most=MOST_CANDIDATES),
        "Candidates for each movement of which the one that tells most of the label is taken.",
    )


def label_number(name: str, labels: Sequence[str]) -> int:
    """The number of the label called `name`; case, `-` and `_` do not matter.

    Raises:
        SketchRNNError: if there is no such label; the message suggests similar ones.
    """
    if not isinstance(name, str):
        raise wrong_type(name, "label", "a name, as text")
    return label_numbers([name], labels)[0]


def label_numbers(names: Sequence[str], labels: Sequence[str]) -> list[int]:
    """The numbers of several labels; see `label_number`."""
    places = {label: number for number, label in reversed(list(enumerate(labels)))}
    return [places[n] if n in places else _near_number(n, labels) for n in names]


def _near_number(name: str, labels: Sequence[str]) -> int:
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
    """Up to three labels similar to `name`, the most similar first."""
    plain = {_plain(label): label for label in labels}
    wanted = _plain(name)
    close = difflib.get_close_matches(wanted, plain, n=3)
    inside = [key for key in plain if set(wanted.split()) & set(key.split())]
    return [plain[key] for key in dict.fromkeys([*close, *inside])][:3]


def _plain(label: str) -> str:
    return " ".join(label.lower().replace("-", " ").replace("_", " ").split())


def _some(labels: Sequence[str]) -> str:
    return f"the labels are {listed(labels)}"
