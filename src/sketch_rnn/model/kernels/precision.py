"""Which numbers a network multiplies in training: chosen by what this processor can do."""

from __future__ import annotations

from typing import Final

from torch import nn

from sketch_rnn.config import PrecisionSetting
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.model.cells import Cell, HyperLSTMCell, Precision
from sketch_rnn.model.kernels import compiled_engine_for
from sketch_rnn.model.kernels.build import half_speedup
from sketch_rnn.model.kernels.compiled import HALF_MULTIPLE

# What is less faster is not worth a rounding.
WORTH_IT: Final = 1.2


def set_precision(network: nn.Module, setting: PrecisionSetting) -> Precision:
    """Returns the precision that a network's cells multiply in from now on, in training mode.

    Args:
        network: its cells are set.
        setting: `auto` for bfloat16 where this processor multiplies such numbers faster, which is
            measured once, and float32 elsewhere and with hyper cells.

    Raises:
        SketchRNNError: if bfloat16 is asked for and cannot be used.
    """
    cells = [module for module in network.modules() if isinstance(module, Cell)]
    if setting == "bfloat16" and (reason := _reason_against(cells)):
        raise SketchRNNError(f"precision=bfloat16: {reason}; choose float32, or auto")
    is_half = setting == "bfloat16" or (setting == "auto" and _chooses_half(cells))
    precision: Precision = "bfloat16" if is_half else "float32"
    for cell in cells:
        cell.precision = precision
    return precision


def _chooses_half(cells: list[Cell]) -> bool:
    """Returns whether bfloat16 is faster, and these cells were shown to learn as well with it."""
    if any(isinstance(cell, HyperLSTMCell) for cell in cells):
        return False
    return not _reason_against(cells) and half_speedup() >= WORTH_IT


def _reason_against(cells: list[Cell]) -> str:
    """Returns why these cells cannot multiply bfloat16 numbers; nothing if they can."""
    sizes = [cell.hidden_size for cell in cells if cell.hidden_size % HALF_MULTIPLE]
    if sizes:
        return f"it is for cells whose size {HALF_MULTIPLE} divides, not {sizes[0]} units"
    if any(compiled_engine_for(cell, may_compile=True) is None for cell in cells):
        return "it needs the compiled kernels, which are for training on a processor"
    if half_speedup() == 0:
        return "this processor or system does not multiply such numbers rightly"
    return ""
