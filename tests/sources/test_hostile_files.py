"""Files made to take memory or time, or to read other files."""

from __future__ import annotations

import gzip
import resource
import sys
import time

import pytest
from bounded_reading import SECONDS, read

from sketch_rnn.sources.svg.shapes import SHAPES

OPEN = '<svg stroke="red" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


USE = '<use href="#u{}"/>'


def laughs():
    entities = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    return f'<!DOCTYPE svg [<!ENTITY l0 "ha">{entities}]>{OPEN}<text>&l9;</text></svg>'


def use_bomb():
    levels = "".join(f'<g id="u{n + 1}">{USE.format(n) * 10}</g>' for n in range(12))
    return f'{OPEN}<path id="u0" d="M0 0L1 1"/>{levels}</svg>'


def panels(side=50):
    places = [(x, y) for y in range(0, 2 * side, 2) for x in range(0, 2 * side, 2)]
    rects = "".join(
        f'<rect x="{x}" y="{y}" width="1" height="1" stroke="none"/>' for x, y in places
    )
    return f'{OPEN}{rects}{"""<path d="M98.2 98.2l.5 .5"/>""" * len(places)}</svg>'


def pages(count=2000):
    all_pages = "".join(f'<i:page x="{n}000" width="1" height="1"/>' for n in range(count))
    lines = "".join(f'<path d="M{n % 50} 50l5 90"/>' for n in range(count))
    names = 'xmlns:i="http://www.inkscape.org/namespaces/inkscape"'
    return f"{OPEN}<g {names}>{all_pages}</g>{lines}</svg>"


HOSTILE = {
    "entities in entities": (laughs(), "not a readable SVG"),
    "uses in uses": (use_bomb(), "more than 10,000 elements by reference"),
    "deep": (OPEN + "<g>" * 5000 + '<path d="M0 0L1 1"/>' + "</g>" * 5000 + "</svg>", "deep"),
    "a use of itself": (f'{OPEN}<g id="a"><use href="#a"/></g></svg>', "nothing is drawn"),
    "numbers beyond all": (f'{OPEN}<path d="M0 0L1e999 1"/></svg>', "nothing is drawn"),
    "a long path": (f'{OPEN}<path d="M0 0{"l1 1" * 10_000}"/></svg>', ""),
    "many panels": (panels(), ""),
    "a huge arc": (f'{OPEN}<path d="M0 0a1e300 1e300 0 1 1 5 5L9 9"/></svg>', ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_svg(tmp_path, name):
    content, message = HOSTILE[name]
    path = tmp_path / "a.svg"
    path.write_text(content)
    begun = time.process_time()
    faults, count = read(path)
    assert time.process_time() - begun < SECONDS
    if message:
        assert message in faults[0]
        assert len(faults[0]) < 500
    else:
        assert (faults, count) == ([], 1) or len(faults) == 1


FAR = (
    "M0 0L1e308 1e308L-1e308 5",
    "M0 0L1e308 1e308C1e308 -1e308 1e308 5 6 7L50 50",
    "M0 0h1.7e308v5h-1e308",
    "M0 0A1e308 1e200 0 1 1 50 50",
    "M0 0L1e160 1L5 1e160z",
)
LOOKS = (
    'stroke="red"',
    'fill="red" stroke="none"',
    'clip-path="url(#c)"',
    'transform="scale(1e200)"',
)


def test_many_pages(tmp_path):
    (tmp_path / "a.svg").write_text(pages())
    begun = time.process_time()
    read(tmp_path / "a.svg", groups=True)
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("data", FAR)
def test_a_line_that_is_absurdly_far_away_is_left_out_without_a_word(lines_of, data, look):
    clip = '<clipPath id="c"><rect width="9" height="1e308"/></clipPath>'
    lines = lines_of(f'{clip}<path {look} d="{data}"/><path d="M1 1L5 9"/>')
    assert [line.tolist() for line in lines] == [[[1, 1], [5, 9]]]


def test_a_path_that_is_used_again_and_again_is_parsed_once(lines_of, monkeypatch):
    parsed, parse = [], SHAPES["path"]
    monkeypatch.setitem(SHAPES, "path", lambda *given: parsed.append(0) or parse(*given))
    uses = "".join(f'<use href="#a" x="{x}"/>' for x in range(5))
    lines = lines_of(f'<defs><path id="a" d="M0 0L1 2"/></defs>{uses}')
    assert [line[0].tolist() for line in lines] == [[x, 0] for x in range(5)]
    assert len(parsed) == 1


@pytest.fixture(scope="module")
def opened():
    """Collects the names of files that are opened, while it is told to."""
    names, wanted = [], []

    def listen(event, arguments):
        if wanted and event in ("open", "socket.connect", "urllib.Request"):
            names.append(str(arguments[0]))

    sys.addaudithook(listen)
    yield names, wanted
    wanted.clear()


def test_no_other_file_is_read(tmp_path, opened):
    names, wanted = opened
    secret = tmp_path / "secret.svg"
    secret.write_text(f'{OPEN}<path id="a" d="M0 0L5 5"/></svg>')
    path = tmp_path / "a.svg"
    documents = [
        f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{secret}">]>{OPEN}&x;<path d="M0 0L1 1"/></svg>',
        f'<!DOCTYPE svg SYSTEM "file://{secret}">{OPEN}<path d="M0 0L1 1"/></svg>',
        (
            f'<!DOCTYPE svg [<!ENTITY % p SYSTEM "file://{secret}"> %p;]>{OPEN}'
            '<path d="M0 0L1 1"/></svg>'
        ),
        (
            f'{OPEN}<use href="{secret}#a"/><use xlink:href="file://{secret}#a"/>'
            f'<image href="{secret}"/><style>@import url("{secret}");</style></svg>'
        ),
        f'<?xml-stylesheet href="{secret}"?>{OPEN}<path d="M0 0L1 1"/></svg>',
        f'{OPEN}<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret}"/></svg>',
    ]
    for document in documents:
        path.write_text(document)
        wanted.append(True)
        read(path)
        wanted.clear()
    assert str(path) in names
    assert not [name for name in names if "secret" in name]


def test_a_little_gzip_that_would_fill_the_memory(tmp_path):
    path = tmp_path / "a.ndjson.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(40):
            file.write(b" " * 2**20)
        file.write(b'\n{"drawing": [[[1, 2], [3, 4]]]}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _, count = read(path)
    assert count == 1
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300
