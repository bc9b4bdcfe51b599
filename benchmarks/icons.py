"""Compares published icons, as they are read, with what an independent renderer shows.

    python benchmarks/icons.py OUT.png

It prints shares of ink near the other's ink, before and after the default simplification, and
writes a picture of the icons that agree least: the file, what was read, what is left of it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from ink import agreement, icons, redrawn, shades
from sketch_rnn.lines import Lines
from sketch_rnn.preparation.options import PrepareOptions
from sketch_rnn.preparation.pipeline import prepare_lines
from sketch_rnn.sources.svg import read_svg

NUM_WORST = 10


def main() -> None:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, svg in icons().items():
            path = Path(folder) / f"{name}.svg"
            path.write_text(svg)
            read = read_svg(path)
            left = simplified(read)
            found.append((agreement(svg, read), agreement(svg, left), name, svg, read, left))
    for title, place in (("as read", 0), ("after the default simplification", 1)):
        shares = np.array([entry[place] for entry in found])
        print(f"{len(found):,} icons, {title}:")
        for column, what in enumerate(
            ("of what was read near the file's", "of the file's near it")
        ):
            mean, least = shares[:, column].mean(), shares[:, column].min()
            print(f"  ink {what}: {mean:.4f} on average, {least:.4f} at least")
    for place, title in ((0, "as read"), (1, "simplified")):
        worst = sorted(found, key=lambda entry: entry[place].worse)[:NUM_WORST]
        print(f"least agreement {title}:", ", ".join(f"{e[2]} {e[place].worse:.3f}" for e in worst))
    columns = [
        np.concatenate([shades(svg), shades(redrawn(read)), shades(redrawn(left))])
        for *_, svg, read, left in worst
    ]
    Image.fromarray(np.concatenate(columns, axis=1)).resize((1280, 384)).save(sys.argv[1])


def simplified(read: list) -> list:
    """Returns the lines after the default preparation, at their own place and size."""
    lines = Lines.from_polylines([read])
    low, high = lines.boxes()
    options = PrepareOptions()
    prepared = prepare_lines(lines, options).lines
    factor = (high - low).max() / options.box
    return [line * factor + low[0] for line in prepared.drawing(0)] if len(prepared) else []


if __name__ == "__main__":
    main()
