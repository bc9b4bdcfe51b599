"""Models of other libraries: what their files say, and what they leave out."""

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

# The original's default, where a file does not say.
ASSUMED_MAX_SEQ_LEN: Final = 250


@dataclass(frozen=True, eq=False, kw_only=True)
class ForeignModel:
    """A model in the file of another library.

    Attributes:
        where: the file, for messages.
        config: the architecture.
        weights: our parameters by name, float32.
        max_seq_len: rows of the longest drawing it was trained on, None where the file does not
            say.
        scale: pixels per normalised unit, None where the file does not say.
        first_row: what row 0 of a drawing means in that library, see `Sketch.first_row`.
        habits: how that library draws.
        sources: names of the data it was trained on, as far as the file says.
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
        """Returns the measures of the drawings that the model was trained on.

        Args:
            scale: pixels per normalised unit, if it is known from elsewhere.
            measured: the measures of that data, if it is at hand: they give all that the file
                leaves out. Without them a longest drawing that it leaves out is of
                `ASSUMED_MAX_SEQ_LEN` rows.
            named: what the user calls the model, for the message.

        Raises:
            SketchRNNError: if neither the file nor an argument says what the scale is, or one says
                what it cannot be.
        """
        if scale is not None and not 0 < scale < math.inf:
            raise SketchRNNError(
                f"{self.where}: a scale of {scale:g} pixels per unit cannot be; give a number "
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
