"""The hand that doodles: lines, bows and rings, with the small faults of a quick drawing.

Points are complex numbers x + iy, about the origin and in a box of about 240 pixels, y down, so
that moving is adding and turning and scaling are multiplying. Curves get as few points as
simplification with a tolerance of about 2 pixels would leave of them, so lines are short lists:
for a dozen points those are several times faster than arrays.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from sketch_rnn.sketch import FloatArray

Line = list[complex]
Choice = TypeVar("Choice")

TOP: Final = -math.pi / 2
_TOLERANCE: Final = 2.2
_BOW_TOLERANCE: Final = 1.7


class Hand:
    """One drawing in the making, by someone with habits of their own.

    Attributes:
        clockwise: whether this hand draws its rings clockwise; most do not.
        tilt: angle in radians, clockwise, by which the finished drawing is turned.
        mirrored: whether it is drawn the other way round.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._random = rng.random
        self._lines: list[Line] = []
        self._part_starts: list[int] = [0]
        self._shake = self.between(0.5, 2.2)
        self._overshoot = self.between(0.0, 5.0)
        self._gap = self.around(0.0, 0.12)
        self._slant = self.around(0.0, 0.06)
        self._stretch = math.exp(self.around(0.0, 0.1))
        self.clockwise = self.chance(0.2)
        self.tilt = self.around(0.0, 0.06)
        self.mirrored = False

    def between(self, low: float, high: float) -> float:
        """A uniformly distributed number in the range."""
        return low + (high - low) * self._random()

    def around(self, middle: float, spread: float) -> float:
        """A number mostly within `spread` of `middle`, and never beyond twice that."""
        return middle + 2 * spread * (self._random() + self._random() - 1)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._random() < probability

    def count(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self._random())

    def pick(self, choices: Sequence[Choice], shares: Sequence[float]) -> Choice:
        """One of the choices, by their shares, which sum to 1."""
        left = self._random()
        for choice, share in zip(choices, shares, strict=True):
            left -= share
            if left < 0:
                return choice
        return choices[-1]

    def next_part(self) -> None:
        """Says that what follows is another part, which some people draw at another time."""
        self._part_starts.append(len(self._lines))

    def path(self, *points: complex) -> None:
        """Draws straight from point to point in one stroke."""
        self._lines.append(list(points))

    def line(self, start: complex, end: complex) -> None:
        """Draws a straight line, a little too long or too short; long ones may sag."""
        way = end - start
        length = abs(way)
        along = way / length
        reach = min(self._overshoot, length / 12)
        points = [start - along * self.around(0, reach), end + along * self.around(0, reach)]
        if length > 90 and self.chance(0.15):
            sag = 1j * along * self.around(0, 4.0)
            points.insert(1, start + way * self.between(0.35, 0.65) + sag)
        self._lines.append(points)

    def bow(self, start: complex, end: complex, bulge: float) -> None:
        """Draws one bow, see the function `bow`."""
        self._lines.append(bow(start, end, bulge))

    def outline(self, *pieces: Line | complex) -> None:
        """Draws bows and points in one stroke, each from where the one before ended."""
        joined: Line = []
        for piece in pieces:
            points = piece if isinstance(piece, list) else [piece]
            joined += points[1:] if joined and abs(points[0] - joined[-1]) < 1 else points
        self._lines.append(joined)

    def ring(self, centre: complex, width: float, height: float | None = None) -> None:
        """Draws a ring of these half-axes from near its top, not quite closed or a bit more."""
        height = width if height is None else height
        start = TOP + self.around(0.0, 0.3)
        turn = 2 * math.pi + self._gap + self.around(0, 0.1)
        points = arc(centre, width, height, start, start + (turn if self.clockwise else -turn))
        drift = self.around(0, 0.04) / len(points)
        self._lines.append([p + (p - centre) * drift * k for k, p in enumerate(points)])

    def dot(self, centre: complex, size: float) -> None:
        """Draws a dot, as the short dab downwards that it is."""
        half = 0.5 * max(size, 7.0) * cmath.rect(1, self.around(math.pi / 2, 0.3))
        self._lines.append([centre - half, centre + half])

    def box(self, left_top: complex, right_bottom: complex) -> None:
        """Draws a box in one stroke from its left top corner, not quite closed."""
        left, top = left_top.real, left_top.imag
        right, bottom = right_bottom.real, right_bottom.imag
        corners = [complex(left, bottom), right_bottom, complex(right, top)]
        if self.clockwise:
            corners.reverse()
        off = 0.04 * min(abs(right - left), abs(bottom - top))
        end = left_top + complex(self.around(0, off), self.around(0, off))
        self._lines.append([left_top, *corners, end])

    def rows(self) -> FloatArray:
        """The drawing as stroke-3 rows, the first one a line.

        The drawing is shaken and posed, 200 to 253 pixels long and on whole pixels.
        """
        lines = self._in_order()
        points = self._posed(self._shaken(lines))
        lifted = np.zeros(len(points), np.float32)
        lifted[np.cumsum([len(line) for line in lines]) - 1] = 1
        steps = points[1:] - points[:-1]
        rows = np.empty((len(steps), 3), np.float32)
        rows[:, 0], rows[:, 1], rows[:, 2] = steps.real, steps.imag, lifted[1:]
        return rows

    def _in_order(self) -> list[Line]:
        """The lines; sometimes one part comes at another time, or a line is turned."""
        lines, starts = self._lines, self._part_starts
        if self.chance(0.2):
            ends = [*starts[1:], len(lines)]
            parts = [lines[a:b] for a, b in zip(starts, ends, strict=True) if b > a]
            moved = parts.pop(self.count(0, len(parts) - 1))
            parts.insert(self.count(0, len(parts)), moved)
            lines = [line for part in parts for line in part]
        if self.chance(0.3):
            turned = self.count(0, len(lines) - 1)
            lines[turned] = lines[turned][::-1]
        return lines

    def _shaken(self, lines: list[Line]) -> npt.NDArray[np.complex128]:
        """The points with small, smooth errors, and an error for each line as a whole."""
        num = sum(len(line) for line in lines)
        errors = self._rng.standard_normal(2 * (num + len(lines))).view(np.complex128)
        errors *= self._shake
        by_line = (errors[num:] * 0.8).tolist()
        points = [p + error for line, error in zip(lines, by_line, strict=True) for p in line]
        smooth = errors[:num]
        smooth[1:-1] = 0.5 * (smooth[:-2] + smooth[2:]) + 0.75 * smooth[1:-1]
        return np.array(points) + smooth

    def _posed(self, points: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
        """The points stretched, slanted and turned, at a common size."""
        points = points + (self._stretch - 1) * points.real - self._slant * points.imag
        points *= cmath.rect(1, self.tilt)
        x, y = points.real, points.imag
        longer = max(x.max() - x.min(), y.max() - y.min())
        points *= self.between(200, 253) / longer
        return np.rint(-points.conj() if self.mirrored else points)


def bow(start: complex, end: complex, bulge: float, lean: float = 0.0) -> Line:
    """A bow that rises by `bulge` of its length, upwards if it leads to the right.

    With a negative `lean` it is fullest near its start, with a positive one near its end.
    """
    way = end - start
    num = max(1, min(6, round(math.sqrt(abs(bulge * way) / _BOW_TOLERANCE))))
    rise = way * 4 * (lean - 1j * bulge)
    return [start + k / num * (way + (1 - k / num) * rise) for k in range(num + 1)]


def arc(centre: complex, width: float, height: float, start: float, end: float) -> Line:
    """The part of an ellipse with these half-axes between two angles."""
    flatness = min(_TOLERANCE / max(width, height), 0.13)
    num = max(2, round(abs(end - start) / 2 / math.acos(1 - flatness)))
    angles = (start + (end - start) * k / num for k in range(num + 1))
    return [centre + complex(width * math.cos(a), height * math.sin(a)) for a in angles]


def arch(start: complex, end: complex, bulge: float, full: float = 0.0) -> Line:
    """An arch that rises by `bulge` of its length, upwards if it leads to the right.

    It is half an ellipse, or more than half: `full` is the angle by which it goes on at both ends.
    """
    way = end - start
    size = max(abs(way) / 2, abs(way * bulge))
    span = math.pi + 2 * full
    num = 3 if size < 14 else 4 if size < 60 else 6
    broad, base = 0.5 / math.cos(full), math.sin(full)
    tall = 1j * bulge / (1 + base)
    angles = (span * k / num - full for k in range(num + 1))
    return [start + way * (0.5 - broad * math.cos(a) - tall * (math.sin(a) + base)) for a in angles]


def polar(angle: float, radius: float) -> complex:
    """The point at this angle, clockwise from the right, and distance."""
    return cmath.rect(radius, angle)
