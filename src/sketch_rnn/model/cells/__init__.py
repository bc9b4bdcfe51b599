"""The recurrent cells, one file each, behind the interface in `cell.py`.

In: a step's inputs, the context of the whole sequence, and the state before. Out: the state after.
Stable: the names of the cells in `config.CELLS` and of their parameters.
"""

from __future__ import annotations

from pkgutil import resolve_name

from sketch_rnn.config import CELLS
from sketch_rnn.model.cells.cell import Cell


def cell_class(name: str) -> type[Cell]:
    """The class of a cell by its name in `config.CELLS`."""
    found: type[Cell] = resolve_name(CELLS[name])
    return found
