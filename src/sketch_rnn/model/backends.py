"""The table of backends: fast ways to run what this room defines, by name.

The plain loops of this room say what is computed and run any cell. `sketch_rnn.kernels` adds fast
backends to the table when it is imported. A network holds the name of one, so it can be copied,
pickled and sent to another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from torch import Tensor

from sketch_rnn.config import unknown_names
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.cells import Cell, Context, State
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.mixture import StrokeNoise, TemperatureRule

if TYPE_CHECKING:
    from sketch_rnn.model.decoder import Decoder

AUTO: Final = "auto"
PLAIN: Final = "plain"


class DrawnBlock(NamedTuple):
    """The movements of a block of steps.

    Attributes:
        rows: `(B, S, 5)` normalised movements, zeros after the end of a drawing.
        running: `(A,)` the drawings that have not ended, in any order.
        stroke: `(A, 5)` their last movements.
        state: their states.
    """

    rows: Tensor
    running: Tensor
    stroke: Tensor
    state: State


class DrawingLoop(Protocol):
    """Draws a block of steps with one decoder."""

    def __call__(
        self,
        stroke: Tensor,
        context: Context,
        state: State,
        noise: StrokeNoise,
        *,
        temperature: float,
        rule: TemperatureRule,
    ) -> DrawnBlock:
        """Returns the next S movements of B drawings; see `StrokeMixture.sample`.

        Args:
            stroke: `(B, 5)` normalised movement to be fed next.
            context: the decoder's context.
            state: its state before that movement.
            noise: `(S, B, 2)` each.
            temperature: 0 is greedy.
            rule: how the temperature acts.
        """


class Backend(Protocol):
    """A fast way to run cells; the loops of `unroll` and `drawing` say what it computes."""

    def supports(self, cell: Cell, inputs: Tensor) -> bool:
        """Returns whether it can run this cell over these inputs now."""

    def unroll(
        self,
        cell: Cell,
        inputs: Tensor,
        active: tuple[int, ...],
        context: Context,
        state: State,
        dropout: Dropout | None,
    ) -> tuple[Tensor, State]:
        """Returns what `unroll_plain` returns, for a cell that it supports."""

    def drawing_loop(self, decoder: Decoder, batch: int) -> DrawingLoop | None:
        """Returns what draws `batch` drawings, or None where the plain loop does it as well."""


# By name, and those that `auto` tries, the fastest first. Filled by `sketch_rnn.kernels`.
BACKENDS: Final[dict[str, Backend]] = {}
AUTOMATIC: Final[list[Backend]] = []


def candidates(name: str) -> list[Backend]:
    """Returns the backends to try before the plain loops, in order.

    Args:
        name: of the table, `auto`, or `plain`.

    Raises:
        SketchRNNError: if there is no such name.
    """
    if name == AUTO:
        return AUTOMATIC
    if name == PLAIN:
        return []
    if name not in BACKENDS:
        faults = unknown_names([name], [AUTO, PLAIN, *BACKENDS])
        raise SketchRNNError(f"backend: {faults[0]}")
    return [BACKENDS[name]]
