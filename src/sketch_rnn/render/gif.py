"""Animated GIF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, cast

import numpy as np
from PIL import Image

from sketch_rnn.render.figure import SOFTWARE, Figure, Line, Tracing
from sketch_rnn.render.raster import Sheet, paint, paint_backdrop, paint_lines
from sketch_rnn.render.style import TITLE_INK, rgb
from sketch_rnn.render.timeline import drawn_lines, pen_position, timeline

PEN_INK: Final = TITLE_INK
FRAME_MS: Final = 40
_PEN_SIZE: Final = 1.6
_ROUNDED: Final = 4
# One of 256 is left for "unchanged", so that frames hold only the changes.
_PALETTE_SIZE: Final = 255


def gif_bytes(figure: Figure, *, seconds: float, hold: float, scale: float, pen: bool) -> bytes:
    """A looping GIF in which all drawings of a figure are drawn in the same time.

    Args:
        figure: the last frame.
        seconds: time the drawing takes.
        hold: seconds for which the finished figure stays.
        scale: image pixels for each figure pixel.
        pen: whether a dot shows where the pen is.
    """
    finished = paint(figure, scale)
    palette = _Palette.of(finished)
    steps = max(round(seconds * 1000 / FRAME_MS), 1)
    frames = [palette.applied(frame) for frame in _frames(figure, steps, scale, pen)]
    frames.append(palette.applied(finished))
    file = io.BytesIO()
    frames[0].save(
        file,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[FRAME_MS] * steps + [max(round(hold * 1000), FRAME_MS)],
        loop=0,
        palette=palette.exact,
        optimize=True,
        comment=SOFTWARE,
    )
    return file.getvalue()


def _frames(figure: Figure, steps: int, scale: float, pen: bool) -> Iterator[Image.Image]:
    """Yields the figure at every step before the last."""
    canvas = paint_backdrop(figure, scale)
    easels = [_Easel(drawing, canvas, scale) for drawing in figure.drawings]
    for since, until in pairwise(np.linspace(0, 1, steps + 1).tolist()):
        for easel in easels:
            easel.advance(canvas, since, until)
        yield _with_pens(canvas, easels, until, scale) if pen else canvas


class _Easel:
    """A drawing in progress: its sheet stays enlarged, and only new lines are shrunk."""

    def __init__(self, drawing: Tracing, canvas: Image.Image, scale: float) -> None:
        self.timed = timeline(drawing.lines)
        self._sheet = Sheet.under(canvas, drawing, scale)
        if self._sheet is not None:
            self._sheet.draw(drawing.given)
            self._sheet.transfer(canvas)

    def advance(self, canvas: Image.Image, since: float, until: float) -> None:
        new = list(drawn_lines(self.timed, since, until))
        if self._sheet is not None and new:
            self._sheet.draw(new)
            self._sheet.transfer(canvas, new)

    def pen(self, time: float) -> Line | None:
        position = pen_position(self.timed, time)
        if position is None:
            return None
        return Line(position[None], PEN_INK, self.timed[0].line.width * _PEN_SIZE)


def _with_pens(canvas: Image.Image, easels: list[_Easel], time: float, scale: float) -> Image.Image:
    frame = canvas.copy()
    for easel in easels:
        dot = easel.pen(time)
        if dot is not None:
            paint_lines(frame, [dot], scale)
    return frame


@dataclass(frozen=True)
class _Palette:
    """The colours of a GIF.

    Pillow's search for the nearest colour rounds channels down to multiples of `_ROUNDED`. So it
    searches in `rounded`, where no two colours are equal, and shows the colours in `exact`.
    """

    exact: bytes
    rounded: Image.Image

    @classmethod
    def of(cls, finished: Image.Image) -> _Palette:
        """The most common colours of the finished figure, and the pen's."""
        counted = finished.getcolors(maxcolors=finished.width * finished.height) or []
        commonest = [color for _, color in sorted(counted, reverse=True)]
        chosen: dict[tuple[int, ...], tuple[int, ...]] = {}
        for red, green, blue in [rgb(PEN_INK), *cast("list[tuple[int, int, int]]", commonest)]:
            box = red // _ROUNDED, green // _ROUNDED, blue // _ROUNDED
            chosen.setdefault(box, (red, green, blue))
            if len(chosen) == _PALETTE_SIZE:
                break
        rounded = Image.new("P", (1, 1))
        rounded.putpalette([value * _ROUNDED for box in chosen for value in box])
        return cls(bytes(value for color in chosen.values() for value in color), rounded)

    def applied(self, frame: Image.Image) -> Image.Image:
        """The frame with every colour replaced by the nearest in the palette."""
        indexed = frame.quantize(palette=self.rounded, dither=Image.Dither.NONE)
        indexed.putpalette(self.exact)
        return indexed
