"""Icons of a published set, read and drawn again, show what an independent renderer shows."""

from __future__ import annotations

import numpy as np
import pytest

from ink import agreement, icons, ink, widened
from sketch_rnn.sources.svg import read_svg

ICONS = icons()


def agreements(names, folder):
    for name in names:
        path = folder / f"{name}.svg"
        path.write_text(ICONS[name])
        yield agreement(ICONS[name], read_svg(path))


def test_there_are_many_icons():
    assert len(ICONS) > 1000


def test_some_icons(tmp_path):
    found = np.array(list(agreements(list(ICONS)[::70], tmp_path)))
    assert found.mean(axis=0).min() > 0.99
    assert found.min() > 0.95


@pytest.mark.slow
def test_all_icons(tmp_path):
    found = np.array(list(agreements(ICONS, tmp_path)))
    assert found.mean(axis=0).min() > 0.99
    assert found.min() > 0.95


def test_what_is_missing_or_moved_is_noticed(tmp_path):
    path = tmp_path / "icon.svg"
    path.write_text(ICONS["accessibility"])
    lines = read_svg(path)
    assert agreement(ICONS["accessibility"], lines[1:]).original < 0.95
    moved = agreement(ICONS["accessibility"], lines, to_box=lambda points: points + 1)
    assert moved.read < 0.9
    assert moved.original < 0.9


def test_widening_reaches_as_far_as_it_says():
    mask = np.zeros((256, 256), bool)
    mask[100, 100] = True
    rows, columns = np.nonzero(widened(mask, 3.2))
    assert np.hypot(rows - 100, columns - 100).max() == np.sqrt(10)
    assert len(rows) == 37
    assert ink('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"/>').sum() == 0


HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
PEN = 'fill="none" stroke="black" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'


@pytest.mark.parametrize(
    "inside",
    [
        '<path d="M3 12a9 9 0 0118 0M3 12c2 9 6-9 9 0s6 9 9 0"/>',
        '<path d="M2 2q5 0 5 5t5 5T22 22z"/><path d="m2 20h4v-4H4V8"/>',
        '<rect x="3" y="4" width="16" height="12" rx="3"/><rect x="6" y="7" width="5" height="4"/>',
        '<rect x="3" y="4" width="16" height="12" rx="30" ry="2"/>',
        '<circle cx="12" cy="12" r="7"/><ellipse cx="12" cy="12" rx="10" ry="3"/>',
        '<polygon points="3,3 21,3 12,20"/><polyline points="2 22 12 12 22 22"/>',
        (
            '<g transform="rotate(30 12 12) scale(.8 .5)"><g transform="translate(3,2) skewX(10)">'
            '<rect x="3" y="4" width="12" height="12"/></g></g>'
        ),
        '<g transform="matrix(0.5 0.2 -0.3 0.8 6 1)"><circle cx="12" cy="12" r="8"/></g>',
        (
            '<defs><path id="a" d="M2 2L9 9"/></defs><use href="#a" x="4"/>'
            '<use xlink:href="#a" y="9"/>'
        ),
        (
            '<symbol id="s" viewBox="0 0 10 10"><path d="M1 1L9 9M9 1L1 9"/></symbol>'
            '<use href="#s" x="2" y="3" width="8" height="16"/>'
        ),
        (
            '<svg x="4" y="4" width="16" height="8" viewBox="0 0 8 8">'
            '<circle cx="4" cy="4" r="3"/></svg>'
        ),
        (
            '<svg x="4" y="4" width="16" height="8" viewBox="0 0 8 8" preserveAspectRatio="none">'
            '<path d="M1 1L7 7"/></svg>'
        ),
        (
            "<style>.off{display:none} #b{visibility:hidden}</style>"
            '<path class="off" d="M1 1L20 9"/>'
            '<path id="b" d="M1 20L20 20"/><path d="M3 3L20 20"/><g style="display:none">'
            '<path d="M1 1L1 20"/></g><path opacity="0" d="M1 1L1 20"/>'
        ),
        '<switch><path d="M2 2L20 2"/><path d="M2 20L20 20"/></switch>',
        '<line x1="10%" y1="1mm" x2="90%" y2="15pt"/>',
        '<path d="M2 2L20 2 L 9 oops L 5 20"/>',
        '<path d="M4 4h16v16" transform="nonsense(3)"/>',
    ],
)
def test_features_are_read_as_they_are_drawn(tmp_path, inside):
    svg = f'{HEAD}viewBox="0 0 24 24" {PEN}>{inside}</svg>'
    (tmp_path / "a.svg").write_text(svg)
    found = agreement(f"{svg}", read_svg(tmp_path / "a.svg"))
    assert ink(svg).any()
    # Scaled strokes are thinner or wider there, and drawn two wide here.
    scaled = any(word in inside for word in ("scale", "matrix", "viewBox"))
    assert found.worse > (0.6 if scaled else 0.99)
