"""Divide a sequence among programs, and launch its kernels.

The arguments of every kernel: `steps` `(T, 4)`: for each step its number of rows, that of the step
before, the first row of the step before in the history, and the first packed row; `counters`,
zeros for `wait_for_group`; the phases from `first` to before `stop`; `sizes`: B, H, and the D of
inputs or the distance between the rows of `d_gates`. The other tuples are described in `names`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from sketch_rnn.kernels.operands import Layout
from sketch_rnn.kernels.triton.names import Dropped
from sketch_rnn.model.dropout import Dropout
from sketch_rnn.model.transfer import moved

# Hidden units of a program, and the choices for its number of sequences.
UNITS: Final = 16
ROWS: Final = (16, 32, 64, 128)
# Products that a program sums at once.
DEPTH: Final = 32
NUM_WARPS: Final = 8


class Grid(NamedTuple):
    """A division of the work among programs.

    Attributes:
        rows: sequences of a program.
        unit_blocks: programs that share them, a group.
        row_blocks: groups.
        at_once: whether all programs of a group run at the same time, so that they can wait for
            one another.
    """

    rows: int
    unit_blocks: int
    row_blocks: int
    at_once: bool

    @classmethod
    def of(cls, batch: int, size: int, num_processors: int) -> Grid:
        """A division of `batch` sequences and `size` units.

        Args:
            batch: B.
            size: H.
            num_processors: number of programs that are sure to run at once, one on each.
        """
        unit_blocks = _ceil(size, UNITS)
        for rows in ROWS:
            row_blocks = _ceil(batch, rows)
            if unit_blocks == 1 or unit_blocks * row_blocks <= num_processors:
                return cls(rows, unit_blocks, row_blocks, at_once=True)
        return cls(ROWS[1], unit_blocks, _ceil(batch, ROWS[1]), at_once=False)


class Launcher:
    """Launches the kernels of a sequence.

    Args:
        layout: of its rows.
        size: of the units that are divided among the programs.
        device: to run on.
        dropout: of candidate updates, or None.
        num_processors: number of programs that are sure to run at once; None to ask the device.
        precision: of products, as Triton's `input_precision`.

    Attributes:
        grid: the programs.
    """

    def __init__(
        self,
        layout: Layout,
        size: int,
        device: torch.device,
        dropout: Dropout | None,
        num_processors: int | None,
        precision: str,
    ) -> None:
        self._device = device
        self.grid = Grid.of(layout.batch, size, num_processors or _num_processors(device))
        steps = moved(_step_table(layout), device)
        if dropout is None:
            # A pointer that is not read.
            kept, scale = steps, 1.0
        else:
            kept, scale = dropout.kept.contiguous().view(torch.uint8), dropout.scale
        self._common = {
            "steps": steps,
            "dropout": Dropped(kept, scale),
            "is_dropped": dropout is not None,
            "rows": self.grid.rows,
            "units": UNITS,
            "depth": DEPTH,
            "precision": precision,
            "num_warps": NUM_WARPS,
            # Programs that need not wait may outnumber those that run at once.
            "launch_cooperative_grid": self.grid.at_once and self.grid.unit_blocks > 1,
        }

    def run(self, kernel: Any, num_phases: int, **arguments: Any) -> None:
        """Runs the phases of a kernel in one launch, or in one each if groups cannot wait."""
        launch = kernel[self.grid.unit_blocks, self.grid.row_blocks]
        counters = torch.zeros(self.grid.row_blocks, dtype=torch.int32, device=self._device)
        length = num_phases if self.grid.at_once else 1
        for first in range(0, num_phases, length):
            launch(
                **self._common,
                **arguments,
                counters=counters,
                first=first,
                stop=first + length,
            )


def _num_processors(device: torch.device) -> int:
    """The number of programs that are sure to run at once; 1 in the interpreter."""
    if device.type != "cuda":
        return 1
    return int(torch.cuda.get_device_properties(device).multi_processor_count)


def _step_table(layout: Layout) -> Tensor:
    rows = []
    for step, active in enumerate(layout.active):
        past = layout.past(step)
        rows.append((active, past.stop - past.start, past.start, layout.rows(step).start))
    return torch.tensor(rows)


def _ceil(count: int, size: int) -> int:
    return -(-count // size)
