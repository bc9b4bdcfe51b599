"""Line charts, for loss curves, painted by the same hands as the sketches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.render.axes import Axis, rounded_range, tick_texts
from sketch_rnn.render.lettering import clean_text, text_width
from sketch_rnn.render.scene import Box, Drawing, Figure, Line, Points, Text
from sketch_rnn.render.style import LABEL_INK, PAPER, TITLE_INK, mixed

Series = Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]

# Distinct in hue and in lightness, and related to the colours of drawing order.
SERIES_INKS: Final = ("#3d4a9e", "#e0604f", "#2a9d8f", "#e9a23b", "#96509f", "#5f6b7a", "#7fb069")
GRID_INK: Final = "#e7e9ee"
AXIS_INK: Final = "#aab0bc"
_TEXT: Final = 12.0
_TITLE: Final = 16.0
_MARGIN: Final = 18.0
_LINE_WIDTH: Final = 1.6
_DOT: Final = 2.6
_LABEL_SPACING: Final = 15.0
_MOST_POINTS: Final = 800
_NEAR_ZERO: Final = 0.05
# Where the painter's font is missing, SVG shows a wider one.
_FONT_SPARE: Final = 1.06
_PALENESS: Final = 0.72


@dataclass(frozen=True, eq=False)
class _Curve:
    name: str
    points: Points
    mean: Points
    color: str

    @property
    def is_smoothed(self) -> bool:
        return not np.array_equal(self.points, self.mean)


def line_chart(
    series: Series,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    log_x: bool = False,
    smooth: float = 0.0,
    size: tuple[float, float] = (640.0, 360.0),
) -> Figure:
    """Returns the figure of curves, each named at its end in its own colour.

    Args:
        series: for each name, x values and y values in the order they are joined. NaN and
            infinite values are left out, and on a logarithmic axis x values that are not above 0.
        title: text above everything.
        x_label: what x is.
        y_label: what y is.
        log_x: whether the x axis is logarithmic.
        smooth: share of a series over which a running mean is taken, below 1; the values
            themselves stay behind it, paler. 0 draws only these.
        size: width and height in pixels.

    Raises:
        SketchRNNError: if a series has unequally many x and y, `smooth` is out of range, the size
            is too small, or there is nothing to draw.
    """
    if not 0 <= smooth < 1:
        raise SketchRNNError(f"smooth={smooth!r} must be at least 0 and below 1")
    curves = _curves(series, log_x, smooth)
    labels = clean_text(title), clean_text(x_label), clean_text(y_label)
    x, y = _axes(curves, labels, log_x, size)
    rows, columns = y.ticks(6), x.ticks(max(int((x.end - x.start) / 80), 2))
    return Figure(
        width=size[0],
        height=size[1],
        background=PAPER,
        boxes=tuple(_grid(x, y, rows, columns)),
        texts=tuple(_headings(x, y, labels, size) + _tick_labels(x, y, rows, columns))
        + tuple(_end_labels(curves, x, y)),
        drawings=tuple(_drawings(curves, x, y)),
        title=labels[0],
    )


def _curves(series: Series, log_x: bool, smooth: float) -> list[_Curve]:
    curves = []
    for number, (name, (xs, ys)) in enumerate(series.items()):
        x, y = np.asarray(xs, np.float64).ravel(), np.asarray(ys, np.float64).ravel()
        if len(x) != len(y):
            raise SketchRNNError(f"series {name!r}: {len(x)} x values for {len(y)} y values")
        kept = np.isfinite(x) & np.isfinite(y) & ((x > 0) | (not log_x))
        points = np.column_stack([x[kept], y[kept]])
        if len(points):
            color = SERIES_INKS[number % len(SERIES_INKS)]
            curves.append(_Curve(clean_text(name), points, _running_mean(points, smooth), color))
    if not curves:
        raise SketchRNNError("nothing to draw: no series has a point with finite x and y")
    return curves


def _axes(
    curves: Sequence[_Curve], labels: tuple[str, str, str], log_x: bool, size: tuple[float, float]
) -> tuple[Axis, Axis]:
    points = np.concatenate([curve.points for curve in curves])
    (x_low, y_low), (x_high, y_high) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    if 0 < x_low < _NEAR_ZERO * x_high and not log_x:
        x_low = 0.0
    if x_low == x_high:
        x_low, x_high = (x_low / 2, x_low * 2) if log_x else (x_low - 1, x_high + 1)
    y_low, y_high = rounded_range(y_low, y_high, 6)
    title, x_label, y_label = labels
    top = _MARGIN + (_TITLE * 1.6 if title else 0) + (_TEXT * 1.9 if y_label else _TEXT * 0.5)
    bottom = size[1] - _MARGIN - _TEXT * (3.4 if x_label else 1.4)
    y = Axis(y_low, y_high, round(bottom), round(top))
    left = _MARGIN + _widest(tick_texts(y, y.ticks(6))) + 8
    right = size[0] - _MARGIN - _widest([curve.name for curve in curves]) - 10
    if right - left < 40 or bottom - top < 40:
        raise SketchRNNError(f"size={size!r} leaves no room for the curves; make it larger")
    return Axis(x_low, x_high, round(left), round(right), log_x), y


def _widest(texts: Sequence[str]) -> float:
    return max(text_width(text, _TEXT) for text in texts) * _FONT_SPARE


def _grid(x: Axis, y: Axis, rows: Sequence[float], columns: Sequence[float]) -> list[Box]:
    width = x.end - x.start
    boxes = [Box(x.start, at, width, 1, GRID_INK) for at in np.rint(y(np.array(rows))).tolist()]
    boxes.append(Box(x.start, y.start, width, 1, AXIS_INK))
    marks = np.rint(x(np.array(columns))).tolist()
    return boxes + [Box(at, y.start, 1, 4, AXIS_INK) for at in marks]


def _tick_labels(x: Axis, y: Axis, rows: Sequence[float], columns: Sequence[float]) -> list[Text]:
    beside = zip(y(np.array(rows)).tolist(), tick_texts(y, rows), strict=True)
    below = zip(x(np.array(columns)).tolist(), tick_texts(x, columns), strict=True)
    texts = [Text(x.start - 8, at + _TEXT * 0.35, t, _TEXT, LABEL_INK, "end") for at, t in beside]
    return texts + [Text(at, y.start + _TEXT * 1.5, t, _TEXT, LABEL_INK) for at, t in below]


def _headings(
    x: Axis, y: Axis, labels: tuple[str, str, str], size: tuple[float, float]
) -> list[Text]:
    title, x_label, y_label = labels
    texts = [
        Text(_MARGIN, _MARGIN + _TITLE * 0.8, title, _TITLE, TITLE_INK, "start"),
        Text(_MARGIN, y.end - _TEXT, y_label, _TEXT, LABEL_INK, "start"),
        Text((x.start + x.end) / 2, size[1] - _MARGIN, x_label, _TEXT, LABEL_INK),
    ]
    return [text for text in texts if text.content]


def _end_labels(curves: Sequence[_Curve], x: Axis, y: Axis) -> list[Text]:
    """Returns the names of the curves beside their ends, moved apart where they would overlap."""
    ends = np.array([y(curve.mean[-1:, 1])[0] for curve in curves])
    order = np.argsort(ends, kind="stable")
    places = ends[order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + _LABEL_SPACING)
    places -= max(places[-1] - y.start, 0.0)
    for i in range(len(places) - 2, -1, -1):
        places[i] = min(places[i], max(ends[order[i]], places[i + 1] - _LABEL_SPACING))
    return [
        Text(x.end + 10, place + _TEXT * 0.35, curves[i].name, _TEXT, curves[i].color, "start")
        for i, place in zip(order, places.tolist(), strict=True)
        if curves[i].name
    ]


def _running_mean(points: Points, share: float) -> Points:
    """Returns the points with y averaged over a window.

    At the beginning, where curves are steep, it is narrower; at the end one side of it is cut.
    """
    widest = int(share * len(points) / 2)
    if not widest:
        return points
    at = np.arange(len(points))
    reach = np.minimum(widest, at)
    first, after = at - reach, np.minimum(at + reach + 1, len(points))
    sums = np.concatenate([[0.0], np.cumsum(points[:, 1])])
    means = (sums[after] - sums[first]) / (after - first)
    return np.column_stack([points[:, 0], means])


def _drawings(curves: Sequence[_Curve], x: Axis, y: Axis) -> list[Drawing]:
    """Returns the lines of the curves, after all the paler values that means stand for."""
    values = [_line(curve.points, curve, x, y, _PALENESS) for curve in curves if curve.is_smoothed]
    lines = [_line(curve.mean, curve, x, y) for curve in curves]
    ends = [Line(line.points[-1:], line.color, _DOT) for line in lines]
    drawings = [Drawing(pair) for pair in zip(lines, ends, strict=True)]
    return [Drawing((), given=tuple(values)), *drawings] if values else drawings


def _line(points: Points, curve: _Curve, x: Axis, y: Axis, paleness: float = 0.0) -> Line:
    placed = np.column_stack([x(points[:, 0]), y(points[:, 1])])
    width = _LINE_WIDTH / 2 if paleness else _LINE_WIDTH
    return Line(_thinned(placed), mixed(curve.color, PAPER, paleness), width)


def _thinned(points: Points) -> Points:
    """Returns at most `_MOST_POINTS` points: the lowest and the highest of each short stretch."""
    if len(points) <= _MOST_POINTS:
        return points
    kept = [
        part[sorted({0, int(part[:, 1].argmin()), int(part[:, 1].argmax()), len(part) - 1})]
        for part in np.array_split(points, _MOST_POINTS // 4)
    ]
    return np.concatenate(kept)
