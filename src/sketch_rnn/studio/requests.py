"""What a request may ask for, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Final

from sketch_rnn.config import TEMPERATURE_RULES, TemperatureRule
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.options import (
    COMPLETION_LATENTS,
    INTERPOLATION_MODES,
    CompletionLatent,
    DrawingOptions,
    InterpolationMode,
)
from sketch_rnn.options import (
    REQUIRED,
    YES_OR_NO,
    Options,
    Rule,
    many,
    number,
    one_of,
    option,
    optional,
    whole,
)
from sketch_rnn.studio.limits import (
    DRAWINGS_SHOWN,
    GIF_SECONDS,
    MOST_DRAWINGS,
    MOST_POINTS,
    MOST_STEPS,
)

_LARGEST: Final = 1e6
_LARGEST_SEED: Final = 2**53 - 1
_HOTTEST: Final = 10.0
_MOST_CANDIDATES: Final = 16
_STRONGEST: Final = 10.0
_HEAVIEST: Final = 100.0
_LONGEST_NAME: Final = 1_000
_MOST_LINES: Final = 20_000

Lines = list[list[tuple[float, float]]]


def _is_position(value: Any) -> bool:
    is_pair = isinstance(value, list) and len(value) == 2
    return is_pair and all(
        isinstance(x, int | float) and not isinstance(x, bool) and abs(x) <= _LARGEST for x in value
    )


def _are_lines(value: Any) -> bool:
    is_list = isinstance(value, list) and len(value) <= MOST_POINTS
    if not is_list or not all(isinstance(line, list) and line for line in value):
        return False
    return sum(map(len, value)) <= MOST_POINTS and all(
        map(_is_position, chain.from_iterable(value))
    )


_NAME: Final = f"{_LONGEST_NAME:,} characters at most"
_TEXT: Final = Rule(lambda v: isinstance(v, str) and len(v) <= _LONGEST_NAME, f"a text of {_NAME}")
_LINES: Final = Rule(
    _are_lines,
    f"lines of points [x, y] within {_LARGEST:,.0f} pixels, {MOST_POINTS:,} points at most",
)
_COUNT: Final = whole(at_least=1, at_most=MOST_DRAWINGS)
_STRENGTH: Final = optional(number(at_least=0, at_most=_STRONGEST))
_CANDIDATES: Final = optional(whole(at_least=1, at_most=_MOST_CANDIDATES))
_COLOR: Final = Rule(
    lambda v: isinstance(v, str) and len(v) == 7 and v[0] == "#" and _is_hex(v[1:]),
    "a colour like #27356e",
)


def _is_hex(text: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in text)


@dataclass(frozen=True, kw_only=True)
class ModelRequest(Options):
    """A model by its name."""

    model: str = option(REQUIRED, _TEXT, "Name of the model.")


@dataclass(frozen=True, kw_only=True)
class GuessRequest(ModelRequest):
    """A drawing whose label is wanted."""

    lines: Lines = option(REQUIRED, _LINES, "The drawing so far.")


@dataclass(frozen=True, kw_only=True)
class InsideRequest(GuessRequest):
    """A drawing that is replayed."""

    label: str | None = option(None, optional(_TEXT), "What it shows.")
    strength: float | None = option(None, _STRENGTH, "Of the label; by default the model's own.")
    ended: bool = option(True, YES_OR_NO, "Whether it is finished.")


@dataclass(frozen=True, kw_only=True)
class Manner(ModelRequest):
    """How drawings are made."""

    temperature: float = option(0.4, number(at_least=0, at_most=_HOTTEST), "0 is greedy.")
    rule: TemperatureRule | None = option(
        None, optional(one_of(*TEMPERATURE_RULES)), "How the temperature acts."
    )
    seed: int = option(0, whole(at_most=_LARGEST_SEED), "Fixes the drawings.")
    limit: int | None = option(
        None, optional(whole(at_least=1, at_most=MOST_STEPS)), "Rows after which they are cut off."
    )
    strength: float | None = option(None, _STRENGTH, "Of the label; by default the model's own.")
    candidates: int | None = option(
        None, _CANDIDATES, "Of the label for each movement; by default the model's own."
    )

    def options(self, longest: int) -> DrawingOptions:
        """The options for a model whose longest drawing has so many rows."""
        limit = min(longest, MOST_STEPS) if self.limit is None else self.limit
        return DrawingOptions(
            temperature=self.temperature,
            rule=self.rule,
            seed=self.seed,
            max_len=limit,
            label_strength=self.strength,
            label_candidates=self.candidates,
        )


@dataclass(frozen=True, kw_only=True)
class DrawRequest(Manner):
    """New drawings, or endings of one that was begun."""

    count: int = option(1, _COUNT, "Drawings, of each label.")
    labels: tuple[str, ...] = option((), many(_TEXT, f"labels of {_NAME}"), "What to draw.")
    lines: Lines | None = option(None, optional(_LINES), "The beginning.")
    continues: bool = option(False, YES_OR_NO, "Whether its last line may go on.")
    add: int | None = option(
        None, optional(whole(at_least=1, at_most=MOST_STEPS)), "Rows that an ending may have."
    )
    latent: CompletionLatent = option("encode", one_of(*COMPLETION_LATENTS), "Where z comes from.")

    def conflicts(self) -> list[str]:
        """More drawings than one request may have."""
        total = self.count * max(len(self.labels), 1)
        text = f"{total:,} drawings are more than a request may have, {MOST_DRAWINGS}"
        return [text] if total > MOST_DRAWINGS else []


@dataclass(frozen=True, kw_only=True)
class Corner(Options):
    """One of: a label, a drawing, a latent vector, or the seed of one."""

    kind: ClassVar[str] = "corner"

    label: str | None = option(None, optional(_TEXT), "A label.")
    lines: Lines | None = option(None, optional(_LINES), "A drawing.")
    z: tuple[float, ...] | None = option(
        None,
        optional(many(number(at_least=-_LARGEST, at_most=_LARGEST), "a list of numbers")),
        "A latent vector.",
    )
    seed: int | None = option(None, optional(whole(at_most=_LARGEST_SEED)), "Draws a z.")

    def conflicts(self) -> list[str]:
        """None or several of them."""
        given = [self.label, self.lines, self.z, self.seed]
        is_one = sum(value is not None for value in given) == 1
        return [] if is_one else ["give one of label, lines, z and seed"]


@dataclass(frozen=True, kw_only=True)
class MorphRequest(Manner):
    """Drawings on the way between corners."""

    corners: tuple[Any, ...] = option(
        REQUIRED,
        Rule(lambda v: isinstance(v, list) and len(v) in (2, 4), "two corners, or four", tuple),
        "What is between.",
    )
    steps: int = option(8, whole(at_least=2, at_most=MOST_DRAWINGS), "Drawings along each side.")
    path: InterpolationMode = option("linear", one_of(*INTERPOLATION_MODES), "Line or arc.")

    def conflicts(self) -> list[str]:
        """More drawings than one request may have."""
        total = self.steps if len(self.corners) == 2 else self.steps**2
        text = f"{total:,} drawings are more than a request may have, {MOST_DRAWINGS}"
        return [text] if total > MOST_DRAWINGS else []


@dataclass(frozen=True, kw_only=True)
class CombineRequest(Manner):
    """Drawings of a weighted sum of corners, such as 1, -1, 1 for a - b + c."""

    corners: tuple[Any, ...] = option(
        REQUIRED,
        Rule(lambda v: isinstance(v, list) and 1 <= len(v) <= 4, "one to four corners", tuple),
        "What is summed.",
    )
    weights: tuple[float, ...] = option(
        REQUIRED,
        many(number(at_least=-_HEAVIEST, at_most=_HEAVIEST), "a list of numbers"),
        "A factor for each corner.",
    )
    count: int = option(1, _COUNT, "Drawings of the sum.")

    def conflicts(self) -> list[str]:
        """Another number of weights than of corners."""
        same = len(self.corners) == len(self.weights)
        return [] if same else ["give as many weights as corners"]


@dataclass(frozen=True, kw_only=True)
class DataRequest(Options):
    """Drawings of the dataset."""

    count: int = option(48, whole(at_least=1, at_most=DRAWINGS_SHOWN), "Drawings picked at random.")
    seed: int = option(0, whole(at_most=_LARGEST_SEED), "Picks them.")
    numbers: tuple[int, ...] = option(
        (),
        many(whole(at_most=_LARGEST_SEED), "a list of whole numbers of at least 0"),
        "Instead, the drawings with these numbers.",
    )

    def conflicts(self) -> list[str]:
        """More drawings than one answer may have."""
        text = f"numbers has {len(self.numbers)} drawings; {DRAWINGS_SHOWN} fit into an answer"
        return [text] if len(self.numbers) > DRAWINGS_SHOWN else []


@dataclass(frozen=True, kw_only=True)
class MapRequest(ModelRequest):
    """The map of the dataset's latent vectors."""


@dataclass(frozen=True, kw_only=True)
class VaryRequest(Manner):
    """Drawings like one."""

    lines: Lines = option(REQUIRED, _LINES, "The drawing.")
    count: int = option(9, _COUNT, "How many.")
    spread: float = option(0.5, number(at_least=0, at_most=10), "Standard deviations from its z.")


@dataclass(frozen=True, kw_only=True)
class GifRequest(Options):
    """A moving picture of drawings."""

    drawings: tuple[Lines, ...] = option(
        REQUIRED,
        Rule(
            lambda v: isinstance(v, list) and 0 < len(v) <= MOST_DRAWINGS and _fit_together(v),
            f"a list of drawings, {_MOST_LINES:,} points at most",
            tuple,
        ),
        "The drawings.",
    )
    seconds: float = option(4.0, number(above=0, at_most=30), "Time that the drawing takes.")
    color: str | None = option(None, optional(_COLOR), "Of the ink; by default that of the order.")

    def conflicts(self) -> list[str]:
        """More to draw than is done in half a minute."""
        text = f"{len(self.drawings)} drawings for {self.seconds:g} s are too much for a GIF"
        total = len(self.drawings) * self.seconds
        return [f"{text}; give fewer, or less time"] if total > GIF_SECONDS else []


def _fit_together(drawings: list[Any]) -> bool:
    are_lines = all(_are_lines(drawing) and drawing for drawing in drawings)
    return are_lines and sum(len(line) for lines in drawings for line in lines) <= _MOST_LINES


def parsed_corners(corners: Sequence[Any]) -> list[Corner]:
    """The corners of a request, checked."""
    return [Corner.from_dict(checked_object(corner)) for corner in corners]


def checked_object(value: Any) -> Mapping[str, Any]:
    """The JSON object itself.

    Raises:
        SketchRNNError: if it is something else.
    """
    if not isinstance(value, dict):
        raise SketchRNNError(f"expected a JSON object, not {type(value).__name__}")
    return value


def refuse_constant(name: str) -> float:
    """Raises SketchRNNError for NaN and infinite numbers, which JSON does not have."""
    raise SketchRNNError(f"{name} is not a number in JSON")
