"""Draw the reconstruction loss of a run over its steps."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.render.figure import Box, Figure, Line, Text, Tracing
from sketch_rnn.render.style import LABEL_INK, ORDER_RAMP, PAPER

Losses = Mapping[str, Sequence[tuple[int, float]]]

_WIDTH, _HEIGHT = 720.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 60.0, 20.0, 36.0
_SIZE: Final = 12.0
_GRID_INK: Final = "#e5e7eb"
_STYLES: Final = {"train": ("#b6bbc5", 1.2), "valid": (ORDER_RAMP[0], 2.0)}
_NUM_TICKS: Final = 5


def read_losses(metrics: Path) -> dict[str, list[tuple[int, float]]]:
    """The steps and reconstruction losses of both splits in a run's `metrics.csv`."""
    losses: dict[str, list[tuple[int, float]]] = {name: [] for name in _STYLES}
    with metrics.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] in losses and row["reconstruction"]:
                losses[row["split"]].append((int(row["step"]), float(row["reconstruction"])))
    return losses


def loss_curve(losses: Losses) -> Figure:
    """The figure of losses over steps, a line for each split, without the largest losses.

    Args:
        losses: pairs of step and loss, by split; at least one.
    """
    found = {name: np.array(pairs, float) for name, pairs in losses.items() if len(pairs)}
    every = np.concatenate([*found.values()])
    last = max(every[:, 0].max(), 1.0)
    # The losses of the first steps are so large that they would flatten all the others.
    low, high = every[:, 1].min(), np.quantile(every[:, 1], 0.97)
    span = max(high - low, 1e-6)
    low, high = low - 0.05 * span, high + 0.05 * span

    def place(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x = _LEFT + points[:, 0] / last * (_WIDTH - _LEFT - _RIGHT)
        shares = (points[:, 1] - low) / (high - low)
        return np.column_stack([x, _HEIGHT - _BOTTOM - shares * (_HEIGHT - _TOP - _BOTTOM)])

    boxes, texts = [], [Text(_LEFT, _HEIGHT - 2, "step", _SIZE, LABEL_INK, "start")]
    for value in _ticks(low, high):
        (_, y) = place(np.array([[0.0, value]]))[0]
        boxes.append(Box(_LEFT, y - 0.5, _WIDTH - _LEFT - _RIGHT, 1, _GRID_INK))
        texts.append(Text(_LEFT - 8, y + 4, f"{value:.10g}", _SIZE, LABEL_INK, "end"))
    for value in _ticks(0, last):
        (x, _) = place(np.array([[value, low]]))[0]
        texts.append(Text(x, _HEIGHT - _BOTTOM + 18, f"{value:,.10g}", _SIZE, LABEL_INK))
    lines = []
    for name, points in found.items():
        color, width = _STYLES[name]
        placed = place(points[points[:, 1] <= high])
        lines.append(Tracing((Line(placed, color, width),)))
        # The two curves often end at the same place.
        y = placed[-1, 1] + (-6 if name == "train" else 14)
        texts.append(Text(placed[-1, 0] + 8, y, name, _SIZE, color, "start"))
    return Figure(
        _WIDTH,
        _HEIGHT,
        PAPER,
        boxes=tuple(boxes),
        texts=tuple(texts),
        drawings=tuple(lines),
        title="Reconstruction loss over steps",
    )


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two bounds, about as many as fit."""
    rough = (high - low) / _NUM_TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return [round(number * step, 10) for number in range(first, math.floor(high / step) + 1)]
