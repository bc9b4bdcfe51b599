"""Damaged and hostile files end in an error of one line, or in drawings that are right."""

from __future__ import annotations

import gzip
import io
import json
import resource
import time

import numpy as np
import pytest
from bounded_reading import MEGABYTES, SECONDS, read

from ink import icons
from sketch_rnn.dataset.npz_writer import write_npz
from sketch_rnn.errors import SketchRNNError
from tiny import zigzags

TOKENS = [
    *("NaN", "1e999", "-1e308", "1e-320", "0", "-", "99999999999999999999", "Infinity", "null"),
    *("[", "]", "{", "}", "[[", '"', ",", ":", "<", ">", "</g>", "<g>", "&lt;", "&x;", "z", "A"),
    *('<use href="#a"/>', 'transform="scale(0)"', 'viewBox="0 0 0 1"', "\x00", "\n", "\r\n", "é"),
    *("&", "!important", "@media", "@layer", ":not(", "url(#a)", "var(--c)", "calc(", "/*", "{}"),
    *('"x":', '"points"', '"pen"', "[[[[", "pen_up", "1,2,1,b"),
    *("M1e400 1", "a5 5 0 1", "\x80\x02", "true", '"drawing"', '"word"', "rx", "100%", "mm", ";"),
]


def svg_seeds():
    found = icons()
    features = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="10mm"><style>.a{stroke:'
        'red}</style><defs><g id="a"><rect rx="2" width="9" height="5"/></g></defs><use href="#a" '
        'transform="rotate(30)" class="a"/><svg x="1" viewBox="0 0 2 2"><ellipse rx="1" ry="2"/>'
        '<polygon points="1,2 3,4 5,6"/></svg></svg>'
    )
    return [features.encode(), *(found[name].encode() for name in list(found)[::150])]


STYLE_SHEETS = (
    "path{fill:none;stroke:red} g > .a:not([d^='M']) ~ path:nth-child(2n+1){x:1!important}",
    "@media screen and (min-width:9px){g{&.a,.b &{stroke:#0003}}} @layer x.y,z; @layer z{*{r:5}}",
    "@supports not (d:none){path{x:1}} :root{--c:rgb(1 2 3/50%)} .a{stroke:var(--c,var(--d))}",
    "#a{d:path('M1 1L9 9');transform:rotate(9deg) scale(2);transform-box:fill-box;marker:url(#m)}",
    ".b{clip-path:url(#c);transform-origin:50% top;stroke-width:calc(1px);overflow:visible}",
)


def style_sheet_seeds():
    shapes = (
        '<marker id="m" orient="auto"><path d="M0 0L2 1"/></marker><clipPath id="c"><circle r="9"/>'
        '</clipPath><g class="a b"><path id="a" d="M2 2H9V9"/><rect class="b" width="9" rx="5"/>'
        '<path d="M1 9L9 1" style="stroke:red;marker-end:url(#m)"/></g>'
    )
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" stroke="black">'
    sheets = [*STYLE_SHEETS, " ".join(STYLE_SHEETS)]
    return [f"{head}<style><![CDATA[{s}]]></style>{shapes}</svg>".encode() for s in sheets]


def svgz_seeds():
    return [gzip.compress(seed) for seed in (*style_sheet_seeds(), *svg_seeds())]


def form_seeds():
    """Drawings in JSON as other programs write them."""
    points = [{"x": 1.5, "y": 2, "time": 3, "pressure": 0.5}, {"x": 4, "y": 6, "time": 9}]
    pens = [{"dx": 1, "dy": 2, "pen": "down"}, {"dx": 3, "dy": -1, "pen": "up"}]
    forms = [
        *([{"points": points, "color": "black"}], {"strokes": [points, points], "word": "a"}),
        *([*pens, {"dx": 0, "dy": 0, "pen": "end"}], [[[[0, 1, 2, 3], [4, 5, 6, 7]]]] * 2),
        *(
            [[[1, 2, 0.5], [3, 4, 1.0]]],
            [[1, 2, 0], [-3, 4, 1]],
            {"drawing": [[[1, 2], [3, 4]], []]},
        ),
    ]
    return [json.dumps(form).encode() for form in forms]


def form_line_seeds():
    return [b"\n".join(form_seeds())]


def json_seeds():
    lines = [[[0, 0], [9, 1.5]], [[5, 5]]]
    rows = [[1, 2, 0], [3, -4, 1]]
    forms = [lines, [lines, lines], rows, [rows, rows], {"polylines": lines, "label": "a"}]
    forms += [[{"polylines": lines}, {"drawing": [[[1, 2], [3, 4]]]}], [[1, 2, 1, 0, 0]]]
    return [json.dumps(form).encode() for form in forms]


def ndjson_seeds():
    rng = np.random.default_rng(0)
    records = [
        {"word": "a", "recognized": True, "drawing": rng.integers(0, 9, (2, 3, 5)).tolist()}
        for _ in range(4)
    ]
    return ["\n".join(map(json.dumps, records)).encode()]


def gzip_seeds():
    return [gzip.compress(seed) for seed in ndjson_seeds()]


def csv_seeds():
    return [
        *(b"x,y,stroke,drawing\n1,2,0,a\n3,4,0,a\n5,6,1,b\n7,8,1,b\n", b"1,2,3\n4,5,3\n"),
        b"x,y,pen_up,drawing,colour\n1,2,0,a\n3,4,1,b\n5,6,0,a\n7,8,1,b\n9,9,1,a\n",
        b"y,x,pen_down,label\n1,2,1,a\n3,4,1,a\n5,6,0,a\n",
        b'drawing,word,recognized\n"[[[1, 2], [3, 4]], [[5], [6]]]",cat,True\n"[]",cat,False\n',
    ]


@pytest.fixture(scope="module")
def npz_seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    write_npz(folder / "a.npz", zigzags(3, 0), zigzags(2, 1), zigzags(2, 2), label_names=("a",))
    np.savez(folder / "b.npz", train=np.ones((2, 3, 3)), valid=np.ones((1, 2, 3)), test=np.ones(3))
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def npy_seeds():
    several = np.empty(2, object)
    several[:] = zigzags(2, 3)
    seeds = []
    for array in (np.ones((4, 3)), several, np.zeros((2, 3, 5))):
        stream = io.BytesIO()
        np.save(stream, array, allow_pickle=True)
        seeds.append(stream.getvalue())
    return seeds


SEEDS = {
    ".svg": svg_seeds,
    # Only the ends of these names count.
    "-style.svg": style_sheet_seeds,
    ".svgz": svgz_seeds,
    ".json": json_seeds,
    "-form.json": form_seeds,
    ".ndjson": ndjson_seeds,
    "-form.ndjson": form_line_seeds,
    ".ndjson.gz": gzip_seeds,
    ".csv": csv_seeds,
    ".npy": npy_seeds,
}


def mutated(seeds, rng):
    """Returns one of the seeds with a few things wrong."""
    data = bytearray(seeds[rng.integers(len(seeds))])
    for _ in range(rng.integers(1, 5)):
        place = int(rng.integers(len(data) + 1))
        length = int(rng.integers(1, 30))
        kind = rng.integers(6)
        if kind == 0:
            data[place : place + 1] = bytes([rng.integers(256)])
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = data[place : place + length] * int(rng.integers(1, 4))
        elif kind == 3:
            data[place:place] = TOKENS[rng.integers(len(TOKENS))].encode()
        elif kind == 4:
            other = seeds[rng.integers(len(seeds))]
            data = data[:place] + bytearray(other[int(rng.integers(len(other) + 1)) :])
        elif rng.integers(4) == 0:
            del data[place:]
    return bytes(data)


def check(seeds, suffix, path, count, seed):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        data = mutated(seeds, rng)
        path.write_bytes(data)
        begun = time.process_time()
        try:
            read(path, groups=bool(rng.integers(2)))
        except SketchRNNError:
            pass
        except Exception as error:
            raise AssertionError(f"{suffix}: {data!r}") from error
        assert time.process_time() - begun < SECONDS, data


@pytest.mark.parametrize("suffix", SEEDS)
def test_some_damage(tmp_path, suffix):
    check(SEEDS[suffix](), suffix, tmp_path / f"a{suffix}", 60, 1)


def test_some_damage_to_npz(tmp_path, npz_seeds):
    check(npz_seeds, ".npz", tmp_path / "a.npz", 60, 1)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [*SEEDS, ".npz"])
def test_much_damage(tmp_path, npz_seeds, suffix):
    seeds = npz_seeds if suffix == ".npz" else SEEDS[suffix]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check(seeds, suffix, tmp_path / f"a{suffix}", 2000, 2)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) / 1024 < MEGABYTES
