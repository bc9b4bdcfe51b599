"""Compressed SVG files."""

from __future__ import annotations

import gzip

import pytest
from svg_reading import HEAD, PEN, box_of

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.budget import BUDGETS, BYTES, Allowance, Budget
from sketch_rnn.sources.svg import read_svg

LINE = '<path d="M2 2L20 9"/>'


def test_gzip_is_read_whatever_it_is_called(path):
    content = gzip.compress(f"{HEAD}{PEN}>{LINE}</svg>".encode())
    for name in ("b.svgz", "b.svg"):
        path.with_name(name).write_bytes(content)
        assert box_of(read_svg(path.with_name(name))) == [2, 2, 20, 9]
    for broken in (content[:-9], content[:40], content[:10] + b"\xff" + content[11:]):
        path.write_bytes(broken)
        with pytest.raises(SketchRNNError, match=r"a\.svg: not a readable SVG \(gzip"):
            read_svg(path)


def test_a_little_gzip_that_holds_too_much(path, monkeypatch):
    monkeypatch.setitem(BUDGETS, "svg", Budget("an SVG", 10_000, {BYTES: Allowance(10_000)}))
    path.write_bytes(gzip.compress(b" " * 10_001))
    with pytest.raises(SketchRNNError, match="more than 10,000 bytes when unpacked"):
        read_svg(path)
