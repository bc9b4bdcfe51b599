"""What is done to drawings before a model learns them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Final, Literal

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FIRST_ROWS, FirstRow

Tiny = Literal["dot", "drop"]
Order = Literal["given", "travel"]
Long = Literal["simplify", "split", "drop"]

TINY: Final = ("dot", "drop")
ORDERS: Final = ("given", "travel")
LONG: Final = ("simplify", "split", "drop")
# Differences of whole positions in a box of this size fit in int16.
LARGEST_BOX: Final = 32_000
_COUNTS: Final = (
    *("box", "resample", "epsilon", "points"),
    *("min_stroke", "per_label", "max_points", "seed"),
)


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """The steps of a preparation, in the order in which they are taken.

    Attributes:
        box: longer side to which every drawing is scaled, in pixels, keeping its aspect; 0 keeps
            sizes.
        join: a stroke that begins within this many pixels of the end of the one before is joined
            to it; below 0 never.
        resample: distance between points in equal steps along a stroke, in pixels; 0 keeps them.
        epsilon: tolerance of Ramer, Douglas and Peucker, in pixels; 0 keeps points. 2 in a box of
            256 is what was published.
        points: simplify each drawing, beyond epsilon if need be, to at most about so many points;
            0 does not.
        min_stroke: a stroke whose box is smaller than this, in pixels, is tiny.
        tiny: tiny strokes become a `dot` of one point, or `drop`.
        order: of strokes: as `given`, or so that the pen has less to `travel`.
        keep_duplicates: keep drawings that are the same as another.
        per_label: keep the first so many drawings of each label; 0 keeps all.
        max_points: the most points of a drawing; 0 for no limit.
        long: longer drawings: `simplify` further, `split` into several, or `drop`.
        valid: share of the drawings in the validation split.
        test: share of the drawings in the test split.
        split_labels: split each label on its own, so that all have the same shares.
        resplit: split again what comes with splits.
        seed: fixes the splits.
        first_row: what row 0 of a written drawing means, see `Sketch.first_row`.

    Raises:
        SketchRNNError: naming every option that cannot be.
    """

    box: float = 255.0
    join: float = 0.0
    resample: float = 0.0
    epsilon: float = 2.0
    points: int = 0
    min_stroke: float = 2.0
    tiny: Tiny = "dot"
    order: Order = "given"
    keep_duplicates: bool = False
    per_label: int = 0
    max_points: int = 250
    long: Long = "simplify"
    valid: float = 0.05
    test: float = 0.05
    split_labels: bool = False
    resplit: bool = False
    seed: int = 0
    first_row: FirstRow = "line"

    def __post_init__(self) -> None:
        # What is no number fails every comparison below, as NaN does.
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        number: dict[str, Any] = {
            n: v if isinstance(v, Real) else math.nan for n, v in values.items()
        }
        faults = [
            f"{name}={values[name]!r} must be a number of at least 0"
            for name in (
                "box",
                "resample",
                "epsilon",
                "points",
                "min_stroke",
                "per_label",
                "max_points",
                "seed",
            )
            if not 0 <= number[name] < math.inf
        ]
        if number["box"] > LARGEST_BOX:
            faults.append(f"box={self.box!r} must be at most {LARGEST_BOX}")
        if not -math.inf < number["join"] < math.inf:
            faults.append(f"join={self.join!r} must be a number")
        for name, known in (
            ("tiny", TINY),
            ("order", ORDERS),
            ("long", LONG),
            ("first_row", FIRST_ROWS),
        ):
            if values[name] not in known:
                faults.append(f"{name}={values[name]!r} must be one of {', '.join(known)}")
        valid, test = number["valid"], number["test"]
        if not (valid > 0 and test > 0 and valid + test < 1):
            faults.append(
                f"valid={self.valid!r} and test={self.test!r} must be shares above 0 that leave "
                "some for training"
            )
        if 0 < number["max_points"] < 2:
            faults.append(f"max_points={self.max_points!r} must be at least 2")
        if faults:
            raise SketchRNNError("prepare: " + "; ".join(faults))
