"""Turns movements into points for the page, as they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sketch_rnn.generate.loop import Task
from sketch_rnn.profile import DataProfile
from sketch_rnn.sketch import FloatArray
from sketch_rnn.studio.jobs import Rows


@dataclass
class _Pen:
    """Where the pen of one drawing is, in pixels, and whether the next point begins a line."""

    x: float
    y: float
    begins: bool
    is_new: bool


class Tracer:
    """Follows the pens of a task's drawings.

    Args:
        task: the drawings.
        profile: of their model, which says what row 0 means.
    """

    def __init__(self, task: Task, profile: DataProfile) -> None:
        self.scale = task.scale
        self.first_row = profile.first_row
        x, y, lifted, is_new = 0.0, 0.0, True, True
        if task.given is not None:
            x, y = task.given.positions()[-1].tolist()
            lifted, is_new = bool(task.given.strokes[-1, 2]), False
        self.pens = [_Pen(x, y, lifted, is_new) for _ in task.numbers]

    def piece(self, rows: Rows) -> dict[str, Any]:
        """What the page is told of some more movements: `Piece` of `page/js/backend.js`."""
        pen = self.pens[rows.drawing]
        points: list[tuple[float, float, int]] = []
        if len(rows.strokes) and pen.is_new:
            points += self._start(pen, rows.strokes[0])
        for dx, dy, lifted in rows.strokes[:, [0, 1, 3]].tolist():
            pen.x, pen.y = pen.x + dx * self.scale, pen.y + dy * self.scale
            points.append((round(pen.x, 2), round(pen.y, 2), int(pen.begins)))
            pen.begins = bool(lifted)
        end = "model" if rows.ended else "limit" if rows.cut else ""
        return {"drawing": rows.drawing, "points": points, "end": end}

    def _start(self, pen: _Pen, row: FloatArray) -> list[tuple[float, float, int]]:
        """The point where a new drawing begins, if its first row is a line and not a dot."""
        pen.is_new = False
        is_dot = bool(row[3]) and not row[:2].any()
        if self.first_row == "move" or is_dot:
            return []
        pen.begins = False
        return [(0.0, 0.0, 1)]
