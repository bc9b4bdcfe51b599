"""The table of backends by name: fast implementations of this room's loops.

The plain loops of this room define what is computed and run any cell. `sketch_rnn.kernels` adds
fast backends to the table when it is imported. A network holds only the name of a backend, so it
can be copied, pickled and sent to another process.
"""

from __future__ import annotations

from typing import Final, Protocol

from torch import Tensor

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.cells.cell import Cell, Context, State
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.options import unknown_names

AUTO: Final = "auto"
PLAIN: Final = "plain"


class Backend(Protocol):
    """A fast implementation of `unroll`, and optionally of drawing (`DrawingBackend`)."""

    def supports(self, cell: Cell, inputs: Tensor) -> bool:
        """Whether it can run this cell over these inputs now."""

    def unroll(
        self,
        cell: Cell,
        inputs: Tensor,
        active: tuple[int, ...],
        context: Context,
        state: State,
        dropout: Dropout | None,
    ) -> tuple[Tensor, State]:
        """The same as `unroll_plain`, for a supported cell."""


# All backends by name, and those that `auto` tries, fastest first. Filled by `sketch_rnn.kernels`.
BACKENDS: Final[dict[str, Backend]] = {}
AUTOMATIC: Final[list[Backend]] = []


def candidates(name: str) -> list[Backend]:
    """The backends to try before the plain loops, in order.

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
