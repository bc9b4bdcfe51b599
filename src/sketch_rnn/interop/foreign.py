"""Models of other libraries, as their files describe them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from shlex import quote
from typing import Final

from torch import Tensor

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile, DrawingHabits
from sketch_rnn.sketch import FirstRow

# The original's default, for files that do not say.
ASSUMED_MAX_SEQ_LEN: Final = 250


@dataclass(frozen=True, eq=False, kw_only=True)
class ForeignModel:
    """A model read from the file of another library.

    Attributes:
        where: the file, for messages.
        config: the architecture.
        weights: our parameters by name, float32.
        max_seq_len: rows of the longest drawing it was trained on, None if unknown.
        scale: pixels per normalised unit, None if unknown.
        first_row: what row 0 of a drawing means in that library, see `Sketch.first_row`.
        habits: the drawing conventions of that library.
        sources: names of the data it was trained on, if known.
    """

    where: str
    config: ModelConfig
    weights: Mapping[str, Tensor]
    max_seq_len: int | None
    scale: float | None
    first_row: FirstRow
    habits: DrawingHabits
    sources: tuple[str, ...] = ()

    def profile(
        self,
        scale: float | None = None,
        measured: DataProfile | None = None,
        *,
        named: str = "",
    ) -> DataProfile:
        """The measures of the drawings that the model was trained on.

        Args:
            scale: pixels per normalised unit, if known from elsewhere.
            measured: the measures of that data, if it is available: they fill in what the file
                leaves out. Without them, a missing length of the longest drawing is taken to
                be `ASSUMED_MAX_SEQ_LEN` rows.
            named: the user's name of the model, for the message.

        Raises:
            SketchRNNError: if neither the file nor an argument gives the scale, or it is invalid.
        """
        if scale is not None and not 0 < scale < math.inf:
            raise SketchRNNError(
                f"{self.where}: a scale of {scale:g} pixels per unit is invalid; give a number "
                "above 0 with --scale, or the data it was trained on with --data"
            )
        chosen = scale if scale is not None else self.scale
        if chosen is None and measured is not None:
            chosen = measured.scale
        if chosen is None:
            raise SketchRNNError(
                f"{self.where} does not hold the scale of its drawings; give the data it was "
                "trained on with --data, or the number itself with --scale: "
                f"sketch-rnn import {quote(named or self.where)} --scale PIXELS --out MODEL"
            )
        if measured is None:
            return DataProfile(
                scale=chosen,
                max_seq_len=self.max_seq_len or ASSUMED_MAX_SEQ_LEN,
                first_row=self.first_row,
                sources=self.sources,
            )
        longest = self.max_seq_len or measured.max_seq_len
        return replace(measured, scale=chosen, max_seq_len=longest)
