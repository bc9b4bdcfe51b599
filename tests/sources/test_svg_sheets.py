"""A sheet of drawings that this program writes reads back as the drawings on it."""

from __future__ import annotations

import numpy as np
import pytest

from sketch_rnn.lines import Lines
from sketch_rnn.render import grid, pairs, single, strip
from sketch_rnn.render.figure import svg_text
from sketch_rnn.render.motion import motion_svg
from sketch_rnn.sketch import Sketch
from sketch_rnn.sources.options import ReadingOptions
from sketch_rnn.sources.svg import read_svg_file

SIZE = 100


def scribble(rng):
    lengths = rng.integers(2, 12, 3)
    return [np.cumsum(rng.normal(0, 9, (n, 2)), axis=0) + rng.uniform(0, 90, 2) for n in lengths]


RNG = np.random.default_rng(0)
SKETCHES = [Sketch.from_polylines(scribble(RNG)) for _ in range(4)]
LAYOUTS = {
    "grid": lambda: grid(SKETCHES),
    "labels": lambda: grid(SKETCHES, labels=("a", "b", "c", "d"), title="four"),
    "rows": lambda: grid(SKETCHES, row_labels=("x", "y"), column_labels=("p", "q")),
    "one place": lambda: grid(SKETCHES, fit="place"),
    "strip": lambda: strip(SKETCHES),
    "pairs": lambda: pairs(SKETCHES[::2], SKETCHES[1::2]),
    "one": lambda: single(SKETCHES[0]),
}


def fitted(lines):
    """Returns lines with their corner at the origin and their longer side as SIZE."""
    drawing = Lines.from_polylines([lines])
    low, high = drawing.boxes()
    return [(line - low[0]) * SIZE / (high - low).max() for line in lines]


@pytest.mark.parametrize("animated", [False, True])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_sheet_reads_back_as_its_drawings(tmp_path, name, animated):
    figure = LAYOUTS[name]()
    text = motion_svg(figure, seconds=2, hold=1) if animated else svg_text(figure)
    (tmp_path / "a.svg").write_text(text)
    (chunk,) = read_svg_file(tmp_path / "a.svg", ReadingOptions(groups=True))
    expected = SKETCHES[: len(figure.drawings)]
    assert len(chunk.lines) == len(expected)
    for index, sketch in enumerate(expected):
        read, drawn = fitted(chunk.lines.drawing(index)), fitted(sketch.polylines())
        assert len(read) == len(drawn)
        # The sheet rounds to tenths of a pixel of cells that are 120 wide.
        assert all(np.allclose(a, b, atol=0.5) for a, b in zip(read, drawn, strict=True))


def test_shapes_that_are_no_panels_are_kept(tmp_path):
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 90">'
    panel = '<rect x="{}" y="5" width="{}" height="30" rx="2"/>'
    line = '<path d="M9 9 H20 V20" stroke="#000" fill="none"/>'
    apart, larger = panel.format(5, 30), panel.format(45, 40)
    documents = {
        # Two of one size that hold the line, then of two sizes, and a line beside them.
        f"{apart}{panel.format(45, 30)}{line}": 1,
        f"{apart}{larger}{line}": 3,
        f'{apart}{panel.format(45, 30)}{line}<path d="M1 80 H9" stroke="#000"/>': 4,
        f"{apart}{panel.format(20, 30)}{line}": 3,
        f"{apart}{panel.format(45, 30)}": 2,
        # The stripes of a flag touch each other.
        f"{apart}{panel.format(35, 30)}{line}": 3,
    }
    for inside, count in documents.items():
        (tmp_path / "a.svg").write_text(f"{head}{inside}</svg>")
        (chunk,) = read_svg_file(tmp_path / "a.svg", ReadingOptions())
        assert len(chunk.lines.line_starts) - 1 == count, inside


INKSCAPE = (
    'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
    'xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"'
)


def test_pages_of_inkscape_are_drawings(tmp_path):
    pages = "".join(
        f'<inkscape:page x="{x}" y="0" width="9" height="9" id="p{x}" {label}/>'
        for x, label in ((0, 'inkscape:label="cat"'), (10, ""), (20, ""))
    )
    layer = '<path d="M1 1H8"/><path d="M11 1V8"/><path d="M12 2H14"/><path d="M31 1H39"/>'
    (tmp_path / "a.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {INKSCAPE} viewBox="0 0 9 9" width="18mm">'
        f'<sodipodi:namedview>{pages}</sodipodi:namedview><g stroke="#000">{layer}</g></svg>'
    )
    options = ReadingOptions(groups=True, labels="group")
    (chunk,) = read_svg_file(tmp_path / "a.svg", options)
    assert chunk.labels == ["cat", "p10"]
    assert chunk.lines.line_counts.tolist() == [1, 2]
    assert [note.text for note in chunk.notes] == ["shapes that are on none of the pages, left out"]
    (chunk,) = read_svg_file(tmp_path / "a.svg", ReadingOptions())
    assert chunk.lines.line_counts.tolist() == [4]
