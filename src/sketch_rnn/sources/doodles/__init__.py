"""The built-in data: quick doodles of a dozen kinds of object, drawn by rules from a seed."""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FloatArray, Sketch
from sketch_rnn.sources.doodles import animals, nature, things
from sketch_rnn.sources.doodles.hand import Hand
from sketch_rnn.sources.splits import Splits

_DRAW: Final[dict[str, Callable[[Hand], None]]] = {
    "bird": animals.bird,
    "bus": things.bus,
    "cat": animals.cat,
    "chair": things.chair,
    "fish": animals.fish,
    "flower": nature.flower,
    "house": things.house,
    "ladder": things.ladder,
    "leaf": nature.leaf,
    "sun": nature.sun,
    "tree": nature.tree,
    "umbrella": things.umbrella,
}
KINDS: Final[tuple[str, ...]] = tuple(_DRAW)
# The dataset `doodles`: the kinds that the shipped model of that name was trained on.
DOODLES: Final = ("cat", "bus", "sun", "flower", "house", "fish")
# The kinds of each dataset that has several; `doodles/KIND` names a single one.
_DATA_SETS: Final = {"doodles": DOODLES, "doodles/all": KINDS}
DEFAULT_COUNTS: Final = (7400, 300, 300)


def doodle_kinds(source: str) -> tuple[str, ...]:
    """The kinds of doodle that a source names; empty if it does not name doodles.

    `doodles` is the six kinds of the shipped model, `doodles/all` all twelve.
    """
    if source in _DATA_SETS:
        return _DATA_SETS[source]
    folder, _, kind = source.partition("/")
    return (kind,) if folder == "doodles" and kind else ()


def doodle_sources(labels: Sequence[str]) -> list[str]:
    """The source names a user would type for the kinds of doodle among these labels."""
    kinds = tuple(label for label in labels if label in KINDS)
    names = [name for name, members in _DATA_SETS.items() if members == kinds]
    return names or [f"doodles/{kind}" for kind in kinds]


def draw_doodle(kind: str, rng: np.random.Generator) -> Sketch:
    """One quick doodle of this kind: whole pixels, longer side 200 to 255, y down.

    Its first row is a line: the pen is down at the origin.

    Raises:
        SketchRNNError: if there is no such kind.
    """
    _check_kinds([kind])
    return Sketch(_draw(kind, rng), "line")


def make_doodles(
    kinds: Sequence[str] = KINDS, counts: tuple[int, int, int] = DEFAULT_COUNTS, seed: int = 0
) -> Splits:
    """Doodles of these kinds, equally many of each to within one.

    The kinds come in random order. Drawing number i of a kind in a split depends on the seed, the
    kind, the split and i alone, so that it is the same whatever else is drawn.

    Args:
        kinds: names from `KINDS`; their places here are the label numbers.
        counts: drawings in train, valid and test, of all kinds together.
        seed: a whole number, at least 0.

    Raises:
        SketchRNNError: if a kind is unknown or named twice, no kind is named, or a count or the
            seed is negative.
    """
    _check_kinds(kinds)
    if min(*counts, seed) < 0:
        raise SketchRNNError(f"doodles: counts={counts} and seed={seed} must be at least 0")
    train, valid, test = (_labels(len(kinds), counts[k], seed, k) for k in range(3))
    return Splits.from_arrays(
        *(_draw_split(kinds, part, seed, k) for k, part in enumerate((train, valid, test))),
        labels={"train": train, "valid": valid, "test": test},
        label_names=tuple(kinds),
        first_row="line",
        name="doodles",
    )


def _labels(num_kinds: int, count: int, seed: int, split: int) -> npt.NDArray[np.int32]:
    labels = np.arange(count, dtype=np.int32) % num_kinds
    return np.random.default_rng([seed, split]).permutation(labels)


def _draw_split(
    kinds: Sequence[str], labels: npt.NDArray[np.int32], seed: int, split: int
) -> list[FloatArray]:
    # A name's checksum, not its place in the list, so that new kinds leave the old ones alone.
    keys = [zlib.crc32(kind.encode()) for kind in kinds]
    num_drawn = [0] * len(kinds)
    drawings = []
    for label in labels.tolist():
        rng = np.random.default_rng([seed, keys[label], split, num_drawn[label]])
        drawings.append(_draw(kinds[label], rng))
        num_drawn[label] += 1
    return drawings


def _draw(kind: str, rng: np.random.Generator) -> FloatArray:
    hand = Hand(rng)
    _DRAW[kind](hand)
    return hand.rows()


def _check_kinds(kinds: Sequence[str]) -> None:
    """Raises SketchRNNError at the first name that is no kind, or comes twice."""
    if not kinds:
        raise SketchRNNError(f"no kind of doodle named; choose from {', '.join(KINDS)}")
    for number, kind in enumerate(kinds):
        if kind not in _DRAW:
            near = difflib.get_close_matches(kind, KINDS, n=1)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            names = ", ".join(KINDS)
            raise SketchRNNError(f"no kind of doodle '{kind}'{hint}; choose from {names}")
        if kind in kinds[:number]:
            raise SketchRNNError(f"kind of doodle '{kind}' named twice; name each once")
