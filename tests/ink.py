"""Whether drawings show the same: their ink, as an independent SVG renderer paints it."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import NamedTuple

import lucide
import numpy as np
import resvg_py
from PIL import Image

from sketch_rnn.sketch import svg_path

PIXELS = 256
NEARNESS = 0.015
_STROKE = 2.0
_BOX = 24


class Agreement(NamedTuple):
    """Shares of ink near the other's ink.

    Attributes:
        read: of what was read, how much is near the original.
        original: of the original, how much is near what was read.
    """

    read: float
    original: float

    @property
    def worse(self) -> float:
        return min(self)


def icons() -> dict[str, str]:
    """The SVG texts of a published set of stroke icons, by name."""
    with zipfile.ZipFile(Path(lucide.__file__).with_name("lucide.zip")) as archive:
        return {Path(n).stem: archive.read(n).decode() for n in sorted(archive.namelist())}


def agreement(original: str, lines, *, to_box=lambda points: points) -> Agreement:
    """Returns how well lines that were read from an icon's SVG show what it shows.

    Args:
        original: the icon, in a box of 24 and with strokes 2 wide.
        lines: polylines.
        to_box: brings their points into the icon's box.
    """
    return shares(ink(redrawn([to_box(line) for line in lines])), ink(original))


def shares(ours, theirs) -> Agreement:
    """Returns how much of each mask is near the other, within a share of the longer side."""
    rows, columns = np.nonzero(theirs)
    near = (max(np.ptp(rows), np.ptp(columns)) + 1) * NEARNESS if len(rows) else 0.0
    return Agreement(_share(ours, widened(theirs, near)), _share(theirs, widened(ours, near)))


def redrawn(lines) -> str:
    """An SVG of polylines with an icon's box and strokes."""
    data = " ".join(map(svg_path, lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_BOX} {_BOX}"><path d="{data}" '
        f'fill="none" stroke="black" stroke-width="{_STROKE}" stroke-linecap="round" '
        'stroke-linejoin="round"/></svg>'
    )


def ink(svg: str):
    """Returns where an SVG has ink, `(PIXELS, PIXELS)`."""
    return shades(svg) < 128


def shades(svg: str):
    """An SVG's picture, `(PIXELS, PIXELS)` from 0 for ink to 255 for paper."""
    png = resvg_py.svg_to_bytes(
        svg_string=svg.replace("currentColor", "black"),
        width=PIXELS,
        height=PIXELS,
        background="#ffffff",
        skip_system_fonts=True,
        dpi=96,
    )
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def widened(mask, radius: float):
    """Returns where a mask is within `radius` pixels."""
    reach = math.floor(radius)
    padded = np.pad(mask, reach)
    size = len(mask)
    result = np.zeros_like(mask)
    for down in range(-reach, reach + 1):
        for across in range(-reach, reach + 1):
            if math.hypot(down, across) <= radius:
                top, left = reach + down, reach + across
                result |= padded[top : top + size, left : left + size]
    return result


def _share(mask, other) -> float:
    return float((mask & other).sum() / mask.sum()) if mask.any() else 0.0
