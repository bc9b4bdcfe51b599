"""Paint figures as pixels, antialiased by painting enlarged parts and shrinking them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from sketch_rnn.render.figure import Box, Figure, Line, Text, extent
from sketch_rnn.render.lettering import font
from sketch_rnn.render.style import PAPER

Rectangle = tuple[int, int, int, int]

OVERSAMPLING: Final = 4
_ANCHORS: Final = {"start": "ls", "middle": "ms", "end": "rs"}


def paint(figure: Figure, scale: float) -> Image.Image:
    """The figure as an RGB image, with `scale` image pixels for each figure pixel."""
    image = paint_backdrop(figure, scale)
    for drawing in figure.drawings:
        paint_lines(image, drawing, scale)
    return image


def paint_backdrop(figure: Figure, scale: float) -> Image.Image:
    """The image of a figure without its drawings."""
    size = (max(round(figure.width * scale), 1), max(round(figure.height * scale), 1))
    image = Image.new("RGB", size, figure.background or PAPER)
    for box in figure.boxes:
        _paint_box(image, box, scale)
    for text in figure.texts:
        _paint_text(image, text, scale)
    return image


def paint_lines(image: Image.Image, lines: Iterable[Line], scale: float) -> None:
    """Paints lines of a figure on its image."""
    lines = tuple(lines)
    sheet = Sheet.under(image, lines, scale)
    if sheet is not None:
        sheet.draw(lines)
        sheet.transfer(image)


class Sheet:
    """A part of an image, enlarged to draw on; shrinking it back makes smooth edges."""

    def __init__(self, image: Image.Image, rectangle: Rectangle, scale: float) -> None:
        """Enlarges the part of `image` inside `rectangle` (left, top, right, bottom)."""
        self.rectangle = rectangle
        self._scale = scale
        self._factor = scale * OVERSAMPLING
        self._origin = np.array(rectangle[:2]) * OVERSAMPLING
        part = image.crop(rectangle)
        size = (part.width * OVERSAMPLING, part.height * OVERSAMPLING)
        self._large = _enlarged(part, size)
        self._draw = ImageDraw.Draw(self._large)

    @classmethod
    def under(cls, image: Image.Image, lines: Iterable[Line], scale: float) -> Sheet | None:
        """A sheet large enough for these lines; None without lines."""
        rectangle = _pixels_around(lines, scale, (0, 0, image.width, image.height))
        return None if rectangle is None else cls(image, rectangle, scale)

    def draw(self, lines: Iterable[Line]) -> None:
        """Draws lines with round joins and ends."""
        for line in lines:
            corners = np.rint(line.points * self._factor - self._origin).astype(int)
            width = max(round(line.brush * self._factor), 1)
            if len(corners) > 1:
                self._draw.line(corners.ravel().tolist(), fill=line.color, width=width)
            self._draw_discs(corners, width / 2, line.color)

    def transfer(self, image: Image.Image, changed: Iterable[Line] | None = None) -> None:
        """Shrinks the sheet, or only the part around `changed` lines, into its place in `image`."""
        part = self.rectangle
        if changed is not None:
            around = _pixels_around(changed, self._scale, self.rectangle)
            if around is None:
                return
            part = around
        left, top, right, bottom = (
            int(edge) for edge in np.array(part) * OVERSAMPLING - np.tile(self._origin, 2)
        )
        image.paste(self._large.reduce(OVERSAMPLING, (left, top, right, bottom)), part)

    def _draw_discs(self, centers: np.ndarray, radius: float, color: str) -> None:
        reach = radius - 0.5
        for x, y in centers.tolist():
            self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=color)


def _enlarged(part: Image.Image, size: tuple[int, int]) -> Image.Image:
    if part.getcolors(maxcolors=1):
        # Several times faster for the usual case, plain paper.
        corner = part.getpixel((0, 0))
        return Image.new("RGB", size, corner)
    return part.resize(size, Image.Resampling.NEAREST)


def _pixels_around(lines: Iterable[Line], scale: float, within: Rectangle) -> Rectangle | None:
    bounds = extent(lines)
    if bounds is None:
        return None
    left, top = (math.floor(value * scale) - 1 for value in bounds[:2])
    right, bottom = (math.ceil(value * scale) + 1 for value in bounds[2:])
    left, top = max(left, within[0]), max(top, within[1])
    right, bottom = min(right, within[2]), min(bottom, within[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def _paint_box(image: Image.Image, box: Box, scale: float) -> None:
    left, top = round(box.left * scale), round(box.top * scale)
    right, bottom = round((box.left + box.width) * scale), round((box.top + box.height) * scale)
    width, height = max(right - left, 1), max(bottom - top, 1)
    if not box.radius:
        image.paste(box.color, (left, top, left + width, top + height))
        return
    large = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING), 0)
    inside = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(inside, box.radius * scale * OVERSAMPLING, fill=255)
    image.paste(box.color, (left, top), large.reduce(OVERSAMPLING))


def _paint_text(image: Image.Image, text: Text, scale: float) -> None:
    ImageDraw.Draw(image).text(
        (text.x * scale, text.y * scale),
        text.content,
        fill=text.color,
        font=font(text.size * scale, ascii_only=text.content.isascii()),
        anchor=_ANCHORS[text.anchor],
    )
