"""What every source hands over: three lists of drawings, before any check or scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sketch_rnn.sketch import FirstRow


@dataclass(frozen=True, eq=False)
class RawDataset:
    """Drawings as a source holds them, split by split.

    Attributes:
        train: `(n, 3)` stroke-3 arrays in pixels.
        valid: as `train`.
        test: as `train`.
        labels: for each split's name the class number of every drawing, `(S,)` int32; none where
            the source has no classes.
        label_names: names of the classes, in the order of their numbers.
        first_row: what row 0 of a drawing means, see `Sketch.first_row`; none where unknown.
        name: what the source is called in messages and in the data profile.
    """

    train: list[npt.NDArray[Any]]
    valid: list[npt.NDArray[Any]]
    test: list[npt.NDArray[Any]]
    labels: Mapping[str, npt.NDArray[np.int32]] | None = None
    label_names: tuple[str, ...] = ()
    first_row: FirstRow | None = None
    name: str = ""
