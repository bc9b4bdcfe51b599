"""What SVG documents show, by an independent renderer: every painted shape as an outline."""

from __future__ import annotations

import copy
import io
import math
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import resvg_py
import svgelements
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from ink import PIXELS, widened
from sketch_rnn.sketch import svg_path

LEAVES = {"path", "line", "polyline", "polygon", "rect", "circle", "ellipse"}
CLIPS = {"clipPath", "mask", "svg", "symbol"}
HIDERS = {"clipPath", "mask", "pattern", "marker", "defs", "symbol"}
XLINK = "{http://www.w3.org/1999/xlink}href"
MOST_USES = 8
# The width of outlines, as a share of the page's longer side.
WIDTH = 0.02
SMALL = 96
# What is lighter is no ink of a shape that is shown alone.
FAINT = 250
OUTLINE = (
    "fill:none!important;stroke:#000!important;stroke-opacity:1!important;opacity:1!important;"
    "stroke-width:{}!important;stroke-linecap:round!important;stroke-linejoin:round!important;"
    "stroke-dasharray:none!important;marker:none!important;mix-blend-mode:normal!important"
)
SOLID = "fill:#000!important;fill-opacity:1!important;opacity:1!important;stroke:none!important"


def outlined(root: ElementTree.Element) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Returns what a document shows, every painted shape as an outline, and the size of its page.

    Whether a shape has paint is seen by rendering it alone, so that the renderer decides about
    style sheets, inheritance and opacity, and nothing of the reader is used. The first picture has
    the outlines that must be read, the second also those that may be, such as of what is hidden
    inside a shape.
    """
    width, height = page_of(root)
    box = box_of(root)
    scales: dict[ElementTree.Element, float] = {}
    by_id = {element.get("id"): element for element in root.iter()}
    measure(root, width / box[2] if box else 1.0, by_id, scales)
    clips = any(tag_of(each) in CLIPS for each in root.iter() if each is not root)
    leaves = list(scales.items())
    kept = [leaf.get("style", "") for leaf, _ in leaves]
    styles, filled = [], []
    inner, outer = (np.zeros((PIXELS, PIXELS), bool) for _ in range(2))
    for number, (leaf, scale) in enumerate(leaves):
        for other, _ in leaves:
            hide(other)
        leaf.set("style", kept[number])
        has_paint = shows(root)
        leaf.set("style", ";".join(filter(None, (kept[number], "fill:none!important"))))
        has_stroke = has_paint and shows(root)
        filled.append(has_paint and not has_stroke)
        if filled[-1]:
            close(leaf)
        if filled[-1] and clips:
            leaf.set("style", ";".join(filter(None, (kept[number], SOLID))))
            inner |= edges(root, at_border=False)
            outer |= edges(root, at_border=True)
        stroke = WIDTH * max(width, height) / scale
        styles.append(OUTLINE.format(stroke) if has_paint else "display:none!important")
    pictures = []
    for seen in (inner, outer):
        for (leaf, _), style, is_filled in zip(leaves, styles, filled, strict=True):
            leaf.set("style", style)
            if clips and is_filled and seen is inner:
                hide(leaf)
        wide = widened(seen, WIDTH / 2 * PIXELS)
        pictures.append(np.where(wide, 0, shades(text_of(root))))
    return *pictures, (width, height)


def edges(root, *, at_border: bool) -> np.ndarray:
    """Returns the pixels at the edge of what a document shows, perhaps also of the page."""
    has_ink = shades(text_of(root), square=False) < FAINT
    padded = np.pad(has_ink, 1, constant_values=False) if at_border else np.pad(has_ink, 1, "edge")
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    found = np.zeros((PIXELS, PIXELS), bool)
    found[: len(inside), : inside.shape[1]] = has_ink & ~inside
    return found


def tag_of(element) -> str:
    return str(element.tag).rpartition("}")[2]


def page_of(root: ElementTree.Element) -> tuple[float, float]:
    """Returns the size of the page in pixels; as large as its box where nothing else is said."""
    box = box_of(root)
    given = [pixels(root.get(name, "")) for name in ("width", "height")]
    if not box and not all(given):
        raise ValueError("it has no size")
    if not box:
        return given[0], given[1]
    ratio = box[3] / box[2]
    width = given[0] or (given[1] / ratio if given[1] else box[2])
    return width, given[1] or (width * ratio)


def box_of(root: ElementTree.Element) -> list[float]:
    numbers = root.get("viewBox", "").replace(",", " ").split()
    return [float(number) for number in numbers] if len(numbers) == 4 else []


def pixels(text: str) -> float:
    length = svgelements.Length(text or "0").value(ppi=96, font_size=16)
    return length if isinstance(length, float) else 0.0


def measure(element, scale: float, by_id: dict, scales: dict, depth: int = 0) -> None:
    """Gathers the shapes that are drawn, with the largest scale of the transforms around each."""
    matrix = svgelements.Matrix(element.get("transform", ""))
    scale *= math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c)) or 1.0
    tag = tag_of(element)
    if tag in LEAVES:
        scales[element] = max(scale, scales.get(element, 0.0))
        return
    children = list(element)
    if tag == "use":
        name = (element.get("href") or element.get(XLINK) or "#").removeprefix("#")
        children = [by_id[name]] if name in by_id and depth < MOST_USES else []
    for child in children:
        is_hidden = tag_of(child) in HIDERS
        if not is_hidden or tag == "use":
            measure(child, scale, by_id, scales, depth + (tag == "use"))


def hide(leaf) -> None:
    leaf.set("style", "display:none!important")


def shows(root) -> bool:
    png = rendered(text_of(root), SMALL)
    return bool((np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3] > 0).any())


def close(leaf) -> None:
    """Closes the parts of a filled path, which its fill does without saying so."""
    tag = tag_of(leaf)
    if tag == "polyline":
        leaf.tag = leaf.tag.replace("polyline", "polygon")
    elif tag == "path" and leaf.get("d"):
        path = svgelements.Path(leaf.get("d"))
        parts = [svgelements.Path(part).d(relative=False) for part in path.as_subpaths()]
        leaf.set("d", " ".join(p if p.endswith(("z", "Z")) else f"{p} Z" for p in parts))


def text_of(root) -> str:
    return ElementTree.tostring(copy.deepcopy(root), encoding="unicode")


def redrawn(lines, page: tuple[float, float]) -> str:
    """Returns an SVG of polylines in pixels on a page of this size."""
    data = " ".join(map(svg_path, lines))
    width, height = page
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><path d="{data}" fill="none" stroke="black" '
        f'stroke-width="{WIDTH * max(page)}" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )


def shades(svg: str, *, square: bool = True) -> np.ndarray:
    """Returns a picture on white, 0 for ink; `(PIXELS, PIXELS)` if square."""
    picture = Image.open(io.BytesIO(rendered(svg, PIXELS, "#ffffff"))).convert("L")
    if not square:
        return np.asarray(picture)
    square = Image.new("L", (PIXELS, PIXELS), 255)
    square.paste(picture, (0, 0))
    return np.asarray(square)


def rendered(svg: str, pixels: int, background: str | None = None) -> bytes:
    root = ElementTree.fromstring(svg)
    width, height = page_of(root)
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        width=max(1, round(pixels * width / max(width, height))),
        height=max(1, round(pixels * height / max(width, height))),
        background=background,
        skip_system_fonts=True,
        dpi=96,
    )
