"""What is on a picture and where, computed once; the SVG and the pixel painter both follow it.

Coordinates are pixels of the figure, x to the right and y down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from sketch_rnn.render import svg
from sketch_rnn.sketch import Bounds

Points = npt.NDArray[np.float64]
Anchor = Literal["start", "middle", "end"]

DOT_GROWTH: Final = 1.5


@dataclass(frozen=True, eq=False)
class Line:
    """A polyline with round joins and ends.

    Attributes:
        points: `(n, 2)` positions, n >= 1.
        color: `#rrggbb`.
        width: thickness of the line.
    """

    points: Points
    color: str
    width: float

    @property
    def is_dot(self) -> bool:
        """Returns whether all of the line is at one place."""
        return bool((self.points == self.points[0]).all())

    @property
    def brush(self) -> float:
        """Returns the width to paint with: a dot as thin as a line would hardly be seen."""
        return self.width * DOT_GROWTH if self.is_dot else self.width

    @property
    def length(self) -> float:
        """Returns the length along the line."""
        return float(self._steps().sum())

    def between(self, start: float, end: float) -> Line:
        """Returns the piece between two shares of the length, 0 <= start <= end <= 1."""
        steps = self._steps()
        along = np.concatenate([[0.0], np.cumsum(steps)])
        if along[-1] == 0:
            return self
        low, high = start * along[-1], end * along[-1]
        inside = self.points[(along > low) & (along < high)]
        ends = [_point_at(self.points, along, at) for at in (low, high)]
        return Line(np.vstack([ends[0], inside, ends[1]]), self.color, self.width)

    def _steps(self) -> Points:
        offsets = np.diff(self.points, axis=0)
        return np.hypot(offsets[:, 0], offsets[:, 1])


def _point_at(points: Points, along: Points, at: float) -> Points:
    return np.array([np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])])


@dataclass(frozen=True)
class Text:
    """One line of text; `(x, y)` is on its baseline, at the side that `anchor` names."""

    x: float
    y: float
    content: str
    size: float
    color: str
    anchor: Anchor = "middle"


@dataclass(frozen=True)
class Box:
    """A filled rectangle with corners rounded by `radius`."""

    left: float
    top: float
    width: float
    height: float
    color: str
    radius: float = 0.0


@dataclass(frozen=True, eq=False)
class Drawing:
    """The lines of one sketch in the order they are drawn.

    Attributes:
        lines: what an animation draws.
        given: what is there before it starts, as the drawing that a completion continues.
    """

    lines: tuple[Line, ...]
    given: tuple[Line, ...] = ()

    def __iter__(self) -> Iterator[Line]:
        yield from self.given
        yield from self.lines


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture ready to be painted: boxes, then text, then drawings. Notebooks show it."""

    width: float
    height: float
    background: str
    boxes: tuple[Box, ...] = ()
    texts: tuple[Text, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    title: str = ""

    def _repr_svg_(self) -> str:
        return svg.svg_text(self)


def extent(lines: Iterable[Line]) -> Bounds | None:
    """Returns the box around everything the lines paint; none where there are no lines."""
    corners = [
        (*(line.points.min(axis=0) - line.brush / 2), *(line.points.max(axis=0) + line.brush / 2))
        for line in lines
    ]
    if not corners:
        return None
    left, top, right, bottom = np.array(corners).T
    return Bounds(float(left.min()), float(top.min()), float(right.max()), float(bottom.max()))
