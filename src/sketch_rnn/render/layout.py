"""Geometry of a table of sketches, and the figure it makes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from sketch_rnn.render.figure import Box, Figure, Picture, Text, Tracing
from sketch_rnn.render.lettering import clean_text, fitted_text, text_width
from sketch_rnn.render.style import LABEL_INK, TITLE_INK, Style
from sketch_rnn.render.tracing import CELL_PADDING, Cell, Fit, placements, trace
from sketch_rnn.sketch import Sketch

Labels = Sequence[str]

_LINE_HEIGHT: Final = 1.7
_EMPTY: Final = "empty"
_NOTHING: Final = Sketch(np.zeros((0, 3), np.float32))


@dataclass(frozen=True)
class Table:
    """Rows and columns of cells with their texts.

    Attributes:
        cell: the side of a cell in pixels.
        columns: cells in a row.
        rows: rows.
        group: neighbours that share a label and a scale.
        bare: no margin around the cells.
        title: above everything.
        labels: below each group.
        row_labels: left of each row.
        column_labels: above each column.
    """

    cell: float
    columns: int
    rows: int
    group: int = 1
    bare: bool = False
    title: str = ""
    labels: Labels = ()
    row_labels: Labels = ()
    column_labels: Labels = ()

    @property
    def _text_size(self) -> float:
        return min(max(self.cell * 0.1, 9.0), 13.0)

    @property
    def _title_size(self) -> float:
        return self._text_size * 1.35

    @property
    def _text_height(self) -> float:
        return self._text_size * _LINE_HEIGHT

    @property
    def _gap(self) -> float:
        return self.cell * 0.07

    @property
    def _margin(self) -> float:
        return 0.0 if self.bare else min(max(self.cell * 0.1, 8.0), 16.0)

    @property
    def _left(self) -> float:
        widths = [text_width(clean_text(text), self._text_size) for text in self.row_labels]
        return self._margin + (max(widths) + self._text_size if widths else 0)

    @property
    def _top(self) -> float:
        above = self._title_size * 1.9 if self.title else 0
        return self._margin + above + (self._text_height if self.column_labels else 0)

    def _cell(self, index: int) -> Cell:
        row, column = divmod(index, self.columns)
        between_groups = (column // self.group) * self._gap * (3 if self.group > 1 else 1)
        inside_groups = (column - column // self.group) * self._gap if self.group > 1 else 0
        left = self._left + column * self.cell + between_groups + inside_groups
        height = self.cell + self._gap + (self._text_height if self.labels else 0)
        return Cell(left, self._top + row * height, self.cell)

    def figure(
        self,
        sketches: Sequence[Sketch | None],
        fit: Fit,
        prefixes: Sequence[int],
        style: Style,
        documents: Mapping[int, bytes] = MappingProxyType({}),
    ) -> Figure:
        """The painted table; where there is None instead of a sketch, the cell is left out.

        `documents` are SVG documents to show in such cells, by the number of the cell.
        """
        if style.plain and not self.bare:
            bare = replace(self, bare=True, title="", labels=(), row_labels=(), column_labels=())
            return bare.figure(sketches, fit, prefixes, style)
        drawings = self._drawings(sketches, fit, prefixes, style)
        last = self._cell(self.rows * self.columns - 1)
        title = clean_text(self.title)
        title_width = text_width(title, self._title_size) + self._margin * 2 if title else 0
        below = self._text_height if self.labels else 0
        return Figure(
            width=self._rounded(max(last.left + self.cell + self._margin, title_width)),
            height=self._rounded(last.top + self.cell + below + self._margin),
            background="" if style.plain else style.paper,
            boxes=tuple(self._panels([*drawings, *documents], style)),
            texts=() if self.bare else tuple(self._texts(title, drawings)),
            drawings=tuple(drawings.values()),
            title=title,
            in_mm=style.in_mm,
            pictures=tuple(self._picture(i, document) for i, document in documents.items()),
        )

    def _picture(self, index: int, document: bytes) -> Picture:
        cell, edge = self._cell(index), self.cell * CELL_PADDING
        return Picture(cell.left + edge, cell.top + edge, cell.side - 2 * edge, document)

    def _rounded(self, length: float) -> float:
        # A bare picture is exactly as large as was asked for.
        return length if self.bare else math.ceil(length)

    def _panels(self, indices: Iterable[int], style: Style) -> list[Box]:
        if style.panel is None or style.plain:
            return []
        cells = [self._cell(index) for index in indices]
        radius = self.cell * 0.06
        return [Box(c.left, c.top, c.side, c.side, style.panel, radius) for c in cells]

    def _drawings(
        self,
        sketches: Sequence[Sketch | None],
        fit: Fit,
        prefixes: Sequence[int],
        style: Style,
    ) -> dict[int, Tracing]:
        """What is drawn, by the number of the cell."""
        shown = [_NOTHING if sketch is None else sketch for sketch in sketches]
        cells = [self._cell(index) for index in range(len(shown))]
        size = self.group if self.group > 1 else len(shown)
        places = [
            place
            for i in range(0, len(shown), size)
            for place in placements(shown[i : i + size], cells[i : i + size], fit)
        ]
        width = style.pen_width(self.cell)
        return {
            index: trace(shown[index], places[index], width, style, prefixes[index])
            for index, sketch in enumerate(sketches)
            if sketch is not None
        }

    def _texts(self, title: str, drawings: Mapping[int, Tracing]) -> list[Text]:
        blank = [self._cell(index) for index, drawing in drawings.items() if not [*drawing]]
        texts = [self._text(*_middle(cell), _EMPTY, cell.side) for cell in blank]
        texts += [self._label(self._cell(i * self.group), t) for i, t in enumerate(self.labels)]
        texts += [self._heading(self._cell(i), text) for i, text in enumerate(self.column_labels)]
        texts += [
            self._row_label(self._cell(i * self.columns), text)
            for i, text in enumerate(self.row_labels)
        ]
        if title:
            baseline = self._margin + self._title_size
            texts.append(Text(self._margin, baseline, title, self._title_size, TITLE_INK, "start"))
        return [text for text in texts if text.content]

    def _label(self, cell: Cell, text: str) -> Text:
        room = cell.side * self.group + self._gap * (self.group - 1)
        return self._text(cell.left + room / 2, cell.top + cell.side + self._text_size, text, room)

    def _heading(self, cell: Cell, text: str) -> Text:
        baseline = cell.top - self._text_size * 0.6
        return self._text(cell.left + cell.side / 2, baseline, text, cell.side + self._gap)

    def _row_label(self, cell: Cell, text: str) -> Text:
        right = self._left - self._text_size * 0.6
        baseline = cell.top + cell.side / 2 + self._text_size * 0.35
        return Text(right, baseline, clean_text(text), self._text_size, LABEL_INK, "end")

    def _text(self, x: float, y: float, text: str, room: float) -> Text:
        content = fitted_text(clean_text(text), self._text_size, room)
        return Text(x, y, content, self._text_size, LABEL_INK)


def _middle(cell: Cell) -> tuple[float, float]:
    return cell.left + cell.side / 2, cell.top + cell.side / 2
