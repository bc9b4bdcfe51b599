"""The options of drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypedDict, get_args

from sketch_rnn.config import MOST_CANDIDATES, TEMPERATURE_RULES, TemperatureRule
from sketch_rnn.errors import expect
from sketch_rnn.options import Options, many, number, one_of, option, optional, whole

CompletionLatent = Literal["likely", "encode", "prior"]
InterpolationMode = Literal["linear", "spherical"]

COMPLETION_LATENTS: Final[tuple[str, ...]] = get_args(CompletionLatent)
INTERPOLATION_MODES: Final[tuple[str, ...]] = get_args(InterpolationMode)
LATENT: Final[CompletionLatent] = "likely"
MODE: Final[InterpolationMode] = "linear"
MOST_DRAWINGS: Final = 10**9


@dataclass(frozen=True, kw_only=True)
class DrawingOptions(Options):
    """The options of drawing: temperature, seed and length limit.

    Every function that draws takes them as `options`, or each of them as a keyword:

        sample(model, 10, options=DrawingOptions(temperature=0.2, seed=3))
        sample(model, 10, temperature=0.2, seed=3)

    Raises:
        SketchRNNError: if values cannot be used, naming all of them.
    """

    temperature: float = option(
        0.4,
        number(at_least=0),
        "0 takes the most likely movements, 1 varies like the data.",
        short="-t",
    )
    rule: TemperatureRule | None = option(
        None,
        optional(one_of(*TEMPERATURE_RULES)),
        "How the temperature is applied: paper, original, js, or offsets (more drawings finish).",
        flag="--temperature-rule",
        unset="that of the model's library",
    )
    seed: int = option(0, whole(), "The same seed gives the same drawings.")
    max_len: int | None = option(
        None,
        optional(whole(at_least=1)),
        "Cut a drawing off after this many points.",
        unset="longest training drawing",
    )
    start_token: tuple[float, ...] | None = option(
        None,
        optional(many(number(), "five numbers", count=5)),
        "The first stroke-5 input: by default (0, 0, 1, 0, 0), or (0, 0, 0, 0, 0) for JavaScript "
        "models.",
        flag=None,
    )
    label_strength: float | None = option(
        None,
        optional(number(at_least=0)),
        "Factor on the label's vector; above 1, drawings show their label more clearly and vary "
        "less.",
        unset="that of the model",
    )
    label_candidates: int | None = option(
        None,
        optional(whole(at_least=1, at_most=MOST_CANDIDATES)),
        "Candidates for each movement, of which the one that tells most of the label is taken.",
        unset="that of the model",
    )
    batch_size: int = option(1000, whole(at_least=1), "Drawings made at once.", flag=None)


class DrawingKeywords(TypedDict, total=False):
    """The fields of `DrawingOptions` as keywords."""

    temperature: float
    rule: TemperatureRule | None
    seed: int
    max_len: int | None
    start_token: Sequence[float] | None
    label_strength: float | None
    label_candidates: int | None
    batch_size: int


DRAWING: Final = DrawingOptions()


def drawing_options(options: DrawingOptions, keywords: DrawingKeywords) -> DrawingOptions:
    """The options with the values of these keywords.

    Raises:
        SketchRNNError: if an option is unknown, or its value is invalid.
    """
    expect(options, DrawingOptions, "options")
    return options.changed(keywords)
