"""Figures and sketches as SVG text, images, bytes and files."""

# ruff: noqa: PLC0415
# Pillow is loaded for pixels, not for SVG.

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sketch_rnn.errors import SketchRNNError, expect_path
from sketch_rnn.io.atomic import write_atomically
from sketch_rnn.render.figure import SOFTWARE, Figure, svg_text
from sketch_rnn.render.formats import picture_format
from sketch_rnn.render.motion import motion_svg
from sketch_rnn.render.tables import grid, single
from sketch_rnn.sketch import Sketch

if TYPE_CHECKING:
    from os import PathLike

    from PIL import Image

Drawable = Figure | Sketch | Sequence[Sketch]

_LONGEST_SIDE: Final = 20_000
_START_READ: Final = 4096
_OUR_SVG: Final = re.compile(
    rb'<svg xmlns="http://www\.w3\.org/2000/svg" width="[\d.]+(mm)?" height="[\d.]+(mm)?" '
    rb'viewBox="0 0 [\d.]+ [\d.]+" role="img">\n'
)


def to_svg(drawable: Drawable) -> str:
    """A standalone SVG document.

    Args:
        drawable: a figure, a sketch or several sketches (as `single` and `grid` arrange them).
    """
    return svg_text(as_figure(drawable))


def animated_svg(drawable: Drawable, *, seconds: float = 4.0, hold: float = 2.0) -> str:
    """SVG in which the drawings are drawn stroke after stroke, in a loop.

    Viewers that do not animate show the finished figure, as do readers who asked for less motion.

    Args:
        drawable: a figure, a sketch or several sketches.
        seconds: time the drawing takes.
        hold: seconds for which the finished figure stays.
    """
    figure = as_figure(drawable)
    _check_times(seconds, hold)
    return motion_svg(figure, seconds=seconds, hold=hold)


def to_image(drawable: Drawable, *, scale: float = 2.0) -> Image.Image:
    """An antialiased RGB image.

    Args:
        drawable: a figure, a sketch or several sketches.
        scale: image pixels for each figure pixel.

    Raises:
        SketchRNNError: if the image would be longer than 20000 pixels.
    """
    from sketch_rnn.render.raster import paint

    figure = as_figure(drawable)
    _check_size(figure, scale)
    return paint(figure, scale)


def to_png(drawable: Drawable, *, scale: float = 2.0) -> bytes:
    """The bytes of a PNG file; arguments as for `to_image`."""
    from PIL.PngImagePlugin import PngInfo

    file, info = io.BytesIO(), PngInfo()
    info.add_text("Software", SOFTWARE.decode())
    to_image(drawable, scale=scale).save(file, format="PNG", pnginfo=info)
    return file.getvalue()


def to_gif(
    drawable: Drawable,
    *,
    seconds: float = 4.0,
    hold: float = 2.0,
    scale: float = 1.5,
    pen: bool = True,
) -> bytes:
    """The bytes of a GIF file in which the drawings are drawn, in a loop.

    Args:
        drawable: a figure, a sketch or several sketches.
        seconds: time the drawing takes.
        hold: seconds for which the finished figure stays.
        scale: image pixels for each figure pixel.
        pen: whether a dot shows where the pen is.
    """
    from sketch_rnn.render.gif import gif_bytes

    figure = as_figure(drawable)
    _check_size(figure, scale)
    _check_times(seconds, hold)
    return gif_bytes(figure, seconds=seconds, hold=hold, scale=scale, pen=pen)


def save(drawable: Drawable, path: str | PathLike[str], *, animated: bool = False) -> Path:
    """Writes a picture in the format of its extension, and returns its path.

    The file appears complete or not at all. Folders on the way are made. A GIF is always animated.

    Args:
        drawable: a figure, a sketch or several sketches.
        path: ends in `.svg`, `.png` or `.gif`.
        animated: whether an SVG shows the drawing being drawn.

    Raises:
        SketchRNNError: if there is nothing to draw, the extension is unknown or cannot be animated,
            or the file cannot be written.
    """
    target = Path(expect_path(path, "path"))
    format_ = picture_format(target, animated=animated)
    data = format_.encode(as_figure(drawable), animated=animated)
    write_atomically(Path(os.path.realpath(target)) if target.is_symlink() else target, data)
    return target


def is_saved_picture(path: Path) -> bool:
    """Whether `save` wrote this file."""
    with path.open("rb") as file:
        start = file.read(_START_READ)
    return bool(_OUR_SVG.match(start)) or (SOFTWARE in start and path.suffix.lower() != ".svg")


def as_figure(drawable: Drawable) -> Figure:
    """The figure itself, or the default arrangement of one sketch or of several.

    Raises:
        SketchRNNError: if there are no sketches, or something else is given.
    """
    if isinstance(drawable, Figure):
        return drawable
    if isinstance(drawable, Sketch):
        return single(drawable)
    if isinstance(drawable, Sequence) and all(isinstance(item, Sketch) for item in drawable):
        return grid(drawable)
    raise SketchRNNError(
        f"cannot draw a {type(drawable).__name__}; give a Sketch, a list of them, or a Figure"
    )


def _check_size(figure: Figure, scale: float) -> None:
    side = max(figure.width, figure.height) * _positive("scale", scale)
    if side > _LONGEST_SIDE:
        raise SketchRNNError(
            f"a picture {side:.0f} pixels long is too large; "
            "draw fewer sketches, or use a smaller cell or scale"
        )


def _check_times(seconds: float, hold: float) -> None:
    _positive("seconds", seconds)
    if not 0 <= hold < float("inf"):
        raise SketchRNNError(f"hold={hold!r} must be at least 0")


def _positive(name: str, value: float) -> float:
    if not 0 < value < float("inf"):
        raise SketchRNNError(f"{name}={value!r} must be a number above 0")
    return value
