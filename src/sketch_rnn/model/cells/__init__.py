"""The recurrent cells, one file each, behind the interface in `cell.py`.

In: a row of the batch, what stays the same of a sequence, and the state before. Out: the state
after. Stable are the names of the cells in `config.CELLS` and of their parameters.
"""

from __future__ import annotations

from importlib import import_module

from sketch_rnn.config import CELLS
from sketch_rnn.model.cells.cell import Cell


def cell_class(name: str) -> type[Cell]:
    """Returns the class of a cell by its name in `config.CELLS`."""
    module, _, attribute = CELLS[name].partition(":")
    found: type[Cell] = getattr(import_module(module), attribute)
    return found
