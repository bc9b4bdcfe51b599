"""What a model must remember of the drawings it was trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from numbers import Integral, Real
from typing import Any, Self

from sketch_rnn.config import unknown_names
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.sketch import FIRST_ROWS, FirstRow


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
        SketchRNNError: if scale, max_seq_len or first_row cannot be what they stand for.
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
        faults = []
        if not _is_positive(self.scale, Real):
            faults.append(f"scale={self.scale!r} must be a number above 0")
        if not _is_positive(self.max_seq_len, Integral):
            faults.append(f"max_seq_len={self.max_seq_len!r} must be a whole number of at least 1")
        if self.first_row not in FIRST_ROWS:
            faults.append(f"first_row={self.first_row!r} must be one of {', '.join(FIRST_ROWS)}")
        if faults:
            raise SketchRNNError("data profile: " + "; ".join(faults))
        # NumPy scalars are welcome, but JSON takes only Python's own numbers.
        object.__setattr__(self, "scale", float(self.scale))
        object.__setattr__(self, "max_seq_len", int(self.max_seq_len))

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


def _is_positive(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and 0 < value < math.inf
