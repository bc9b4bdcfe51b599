"""Draws the pictures of docs/format.md: `python docs/pictures/draw.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sketch_rnn import ModelConfig, Sketch
from sketch_rnn.render import Figure, network_diagram, save
from sketch_rnn.render.figure import Box, Line, Text, Tracing
from sketch_rnn.render.style import LABEL_INK, ORDER_RAMP, PAPER, TITLE_INK

FOLDER = Path(__file__).parent
INKS = (ORDER_RAMP[0], ORDER_RAMP[5])
ROW, LEFT = 24.0, 330.0


def main() -> None:
    """Writes both pictures."""
    save(stroke3_picture(), FOLDER / "stroke3.svg")
    config = ModelConfig(enc_model="layer_norm", dec_model="layer_norm")
    save(network_diagram(config), FOLDER / "network.svg")


def stroke3_picture():
    """Returns a drawing of two strokes, its points numbered, beside its rows."""
    house = [[[40, 120], [40, 60], [100, 20], [160, 60], [160, 120]], [[80, 120], [80, 85]]]
    sketch = Sketch.from_polylines(house)
    points = sketch.positions() * 1.5 + [20, 50]
    lines, texts, boxes, stroke = [], [], [], 0
    for number, row in enumerate(sketch.strokes):
        ink = INKS[stroke]
        if number and not sketch.strokes[number - 1, 2]:
            lines.append(Line(points[number - 1 : number + 1], ink, 3.0))
        elif number:
            # The pen is up: dashes for the way to the next stroke.
            way = np.linspace(points[number - 1], points[number], 12)
            lines += [Line(way[i : i + 2], "#c5cad3", 1.2) for i in range(0, 12, 2)]
        x, y = points[number]
        aside = -12 if number == 1 else 12
        texts.append(Text(x + aside, y - 6, str(number), 12.0, LABEL_INK))
        top = 66 + ROW * number
        boxes.append(Box(LEFT, top - 17, 230, ROW - 3, "#f2f4f8", 4))
        offsets = (f"{value:+.0f}" if value else "0" for value in row[:2])
        cells = (str(number), *offsets, f"{row[2]:.0f}")
        for column, cell in enumerate(cells):
            ink_of = LABEL_INK if column == 0 else INKS[stroke]
            texts.append(Text(LEFT + 25 + 60 * column, top, cell, 14.0, ink_of))
        stroke += int(row[2])
    for column, name in enumerate(("row", "dx", "dy", "lifted")):
        texts.append(Text(LEFT + 25 + 60 * column, 38, name, 13.0, TITLE_INK))
    dots = tuple(Line(np.array([p, p]), TITLE_INK, 4.0) for p in points)
    drawings = (Tracing(tuple(lines)), Tracing(dots))
    return Figure(580, 260, PAPER, tuple(boxes), tuple(texts), drawings, "stroke-3")


if __name__ == "__main__":
    main()
