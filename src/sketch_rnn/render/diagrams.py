"""Diagrams of boxes and arrows from top to bottom, such as a model's network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.render.figure import Box, Figure, Line, Text, Tracing
from sketch_rnn.render.lettering import clean_text, text_width
from sketch_rnn.render.style import LABEL_INK, PAPER, TITLE_INK

FILLS: Final = {
    "data": "#eef0f4",
    "layer": "#dfe4f7",
    "random": "#fbe6d2",
    "plain": "#f6f7f9",
}
_ARROW_INK: Final = "#8b93a3"
_TITLE: Final = 13.0
_DETAIL: Final = 11.0
_LEADING: Final = 16.0
_PADDING: Final = 12.0
_GAP_X: Final = 28.0
_GAP_Y: Final = 34.0
_MARGIN: Final = 20.0
_SPARE: Final = 1.06
_TIP: Final = 5.0
_SWEEPS: Final = 4


@dataclass(frozen=True)
class Block:
    """One box of a diagram.

    Attributes:
        title: the first line.
        details: smaller lines under it.
        fill: the kind of box, a name in `FILLS`.
    """

    title: str
    details: tuple[str, ...] = ()
    fill: str = "plain"

    @property
    def width(self) -> float:
        """The width that the text needs."""
        widths = [text_width(clean_text(self.title), _TITLE)]
        widths += [text_width(clean_text(line), _DETAIL) for line in self.details]
        return max(widths) * _SPARE + 2 * _PADDING

    @property
    def height(self) -> float:
        """The height that the text needs."""
        return 2 * _PADDING + _LEADING * (1 + len(self.details)) - 6


_PASSAGE: Final = Block("")


def diagram(
    blocks: Mapping[str, Block], arrows: Iterable[tuple[str, str]], title: str = ""
) -> Figure:
    """The figure of a diagram, in which every arrow leads downwards.

    Args:
        blocks: the boxes by name.
        arrows: pairs of names, from and to.
        title: of the file.

    Raises:
        SketchRNNError: if there is no box, an arrow leads nowhere, or the arrows go in a circle.
    """
    if not blocks:
        raise SketchRNNError("a diagram needs at least one box")
    pairs = list(dict.fromkeys(arrows))
    unknown = {name for pair in pairs for name in pair} - blocks.keys()
    if unknown:
        raise SketchRNNError(f"an arrow leads to {sorted(unknown)[0]}, which is not a box")
    levels = _levels(blocks, pairs)
    routes = [_route(start, end, levels) for start, end in pairs]
    passed = {name: level for route in routes for name, level in route.items()}
    everything = {**blocks, **dict.fromkeys(passed.keys() - blocks.keys(), _PASSAGE)}
    everything = {name: everything[name] for name in [*blocks, *passed]}
    steps = [pair for route in routes for pair in pairwise(route)]
    places = _places(everything, _rows({**levels, **passed}, steps))
    width = max(place.left + place.width for place in places.values()) + _MARGIN
    height = max(place.top + place.height for place in places.values()) + _MARGIN
    return Figure(
        width,
        height,
        PAPER,
        boxes=tuple(places[name] for name in blocks),
        texts=tuple(text for name in blocks for text in _texts(blocks[name], places[name])),
        drawings=tuple(_arrow([places[name] for name in route]) for route in routes),
        title=title,
    )


def network_diagram(config: ModelConfig) -> Figure:
    """The figure of a network: its inputs, layers and outputs, with their sizes."""
    size, mixtures = config.dec_rnn_size, config.num_mixture
    gaussians = "Gaussian" if mixtures == 1 else "Gaussians"
    blocks = {
        "stroke": Block("movement", ("dx, dy, pen down, up, end", "the one before"), "data"),
        "decoder": Block(f"{config.dec_model} decoder", (f"{size} units", "one step"), "layer"),
        "output": Block("output layer", (f"3 + 6 x {mixtures} numbers",), "layer"),
        "pen": Block("pen state", ("down, up or end",), "random"),
        "offset": Block("next offset", (f"{mixtures} {gaussians} of dx, dy",), "random"),
    }
    arrows = [*chain("stroke", "decoder", "output", "pen"), ("output", "offset")]
    if config.conditional:
        encoder = Block(
            f"{config.enc_model} encoder", (f"{config.enc_rnn_size} units each way",), "layer"
        )
        blocks = {
            "drawing": Block("drawing", ("dx, dy, pen down, up, end", "all movements"), "data"),
            "encoder": encoder,
            "mean": Block("mean", (f"{config.z_size} numbers",), "layer"),
            "log_var": Block("log variance", (f"{config.z_size} numbers",), "layer"),
            "z": Block("latent vector z", (f"{config.z_size} numbers",), "random"),
            "initial_state": Block("first state", ("tanh, a linear layer",), "layer"),
            **blocks,
        }
        arrows += [*chain("drawing", "encoder", "mean", "z", "decoder")]
        arrows += [*chain("encoder", "log_var", "z", "initial_state", "decoder")]
    if config.num_labels:
        sizes = (f"one of {config.num_labels}", f"{config.label_size} numbers")
        blocks = {"label": Block("label", sizes, "data"), **blocks}
        arrows.append(("label", "decoder"))
    return diagram(blocks, arrows, title="Sketch-RNN")


def _route(start: str, end: str, levels: Mapping[str, int]) -> dict[str, int]:
    """The row of each box and passage along an arrow, with a passage in each row between."""
    between = range(levels[start] + 1, levels[end])
    passages = {f"{start}>{end}>{level}": level for level in between}
    return {start: levels[start], **passages, end: levels[end]}


def _rows(levels: Mapping[str, int], pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The names in each row, sorted to be near their neighbours above and below."""
    rows: list[list[str]] = [[] for _ in range(max(levels.values()) + 1)]
    for name, level in levels.items():
        rows[level].append(name)
    above: dict[str, list[str]] = {name: [] for name in levels}
    below: dict[str, list[str]] = {name: [] for name in levels}
    for start, end in pairs:
        above[end].append(start)
        below[start].append(end)
    for sweep in range(_SWEEPS):
        near, order = (above, rows) if sweep % 2 == 0 else (below, rows[::-1])
        shares = {n: (i + 0.5) / len(row) for row in rows for i, n in enumerate(row)}
        for row in order:
            middles = {
                name: float(np.mean([shares[other] for other in near[name]] or [shares[name]]))
                for name in row
            }
            row.sort(key=middles.__getitem__)
            shares |= {name: (i + 0.5) / len(row) for i, name in enumerate(row)}
    return rows


def _levels(blocks: Mapping[str, Block], pairs: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The row of each box, one below the lowest box with an arrow to it."""
    levels = dict.fromkeys(blocks, 0)
    for _ in range(len(blocks)):
        lower = {end: levels[start] + 1 for start, end in pairs if levels[end] <= levels[start]}
        if not lower:
            break
        levels |= lower
    else:
        raise SketchRNNError("the arrows of a diagram go in a circle")
    # Boxes without arrows to them stand right above their first follower.
    sources = blocks.keys() - {end for _, end in pairs}
    for name in sources:
        followers = [levels[end] for start, end in pairs if start == name]
        levels[name] = max(min(followers, default=1) - 1, 0)
    return levels


def _places(blocks: Mapping[str, Block], rows: Sequence[Sequence[str]]) -> dict[str, Box]:
    widths = [sum(blocks[n].width for n in row) + _GAP_X * (len(row) - 1) for row in rows]
    widest, top = max(widths), _MARGIN
    places: dict[str, Box] = {}
    for row, width in zip(rows, widths, strict=True):
        left = _MARGIN + (widest - width) / 2
        height = max((blocks[name].height for name in row), default=0.0)
        for name in row:
            block = blocks[name]
            own = height if block is _PASSAGE else block.height
            down = (height - own) / 2
            places[name] = Box(left, top + down, block.width, own, FILLS[block.fill], radius=6)
            left += block.width + _GAP_X
        top += height + _GAP_Y
    return places


def _texts(block: Block, place: Box) -> list[Text]:
    middle, baseline = place.left + place.width / 2, place.top + _PADDING + 10
    texts = [Text(middle, baseline, clean_text(block.title), _TITLE, TITLE_INK)]
    for number, line in enumerate(block.details, start=1):
        height = baseline + number * _LEADING
        texts.append(Text(middle, height, clean_text(line), _DETAIL, LABEL_INK))
    return texts


def _arrow(places: Sequence[Box]) -> Tracing:
    """An arrow from the bottom of the first box to the top of the last, through the others."""
    shares = np.linspace(0, 1, 17)
    ease = 3 * shares**2 - 2 * shares**3
    pieces = []
    for start, end in pairwise(places):
        from_x, to_x = start.left + start.width / 2, end.left + end.width / 2
        from_y, to_y = start.top + start.height, end.top
        pieces.append(
            np.column_stack([from_x + (to_x - from_x) * ease, from_y + (to_y - from_y) * shares])
        )
    x, y = pieces[-1][-1]
    tip = np.array([[x - _TIP, y - _TIP], [x, y], [x + _TIP, y - _TIP]])
    return Tracing(tuple(Line(line, _ARROW_INK, 1.3) for line in (np.vstack(pieces), tip)))


def chain(*names: str) -> list[tuple[str, str]]:
    """Arrows from each name to the next."""
    return list(pairwise(names))
