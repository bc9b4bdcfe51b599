"""Mutations of the forms that drawings come in: style sheets, JSON objects, records and tables."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from copy import deepcopy
from random import Random
from typing import Any

from mutations import VALUES, of_json, of_lines, of_svg

KEYS = (
    *("x", "y", "dx", "dy", "pen", "points", "strokes", "polylines", "drawing", "label", "word"),
    *("time", "pressure", "recognized", "countrycode", "data", "", "\x1b[31m"),
)
COLUMNS = (
    *("x", "y", "stroke", "drawing", "label", "word", "pen_up", "pen_down", "lift", "recognized"),
    *("pressure", "X ", "", "\ufeffx", "a" * 2000),
)
CELLS = (
    *("0", "1", "-1", "0.5", "1e999", "nan", "inf", "9" * 400, "", " ", "a", "true", "\x00"),
    *("[[[0,9],[0,9]]]", "[[[0,9],[0]]]", "[" * 3000, '"', "1,2", "\ud800", "\x1b[2J", "1" * 5000),
)
# More of a table is cut off anyway.
_MAX_CHARACTERS = 2**22
SELECTORS = (
    *("*", "g", "path", "rect", ".a", ".c", "#b", ":root", "[d]", '[d^="M"]', '[class~="a" i]'),
    *(":not(.a)", ":is(g,rect)", ":where(path)", ":nth-child(2n+1)", ":nth-last-child(-n+3)"),
    *(":first-child", ":hover", "::before", ":has(path)", "&", "svg|path", "[", ")", "\\31 "),
)
PROPERTIES = (
    *("fill", "stroke", "stroke-width", "opacity", "display", "visibility", "color", "d", "r", "x"),
    *("width", "rx", "transform", "transform-origin", "transform-box", "translate", "rotate"),
    *(
        "scale",
        "clip-path",
        "mask",
        "marker",
        "marker-end",
        "overflow",
        "--ink",
        "--a",
        "fill-rule",
    ),
)
STYLE_VALUES = (
    *(
        "red",
        "none",
        "transparent",
        "rgba(0,0,0,0)",
        "hsl(1turn 5% 5% / 0)",
        "currentColor",
        "inherit",
    ),
    *("unset", "revert-layer", "url(#clip)", "url(#mask) none", "url(#x) red", "var(--a)"),
    *("var(--a,var(--ink,var(--a)))", "calc(1px + 50%)", "9e999px", "-1px", "1e-320mm", "50%"),
    *("rotate(1e308deg)", "scale(0)", "matrix(1,2,3,4,5)", "skewX(90deg)", "fill-box", "evenodd"),
    *(
        'path("M0 0h1e999")',
        'path("M0 0C1")',
        "#12345",
        "color-mix(in srgb,red,blue)",
        "context-fill",
    ),
)
WRAPPERS = (
    *("@media screen", "@media (max-width:1px)", "@media not print", "@supports (d:none)", "g"),
    *("@supports not (not (a:b))", "@layer a.b", "@layer", "@container x", "&", ".a, .b, .c, .d"),
)


def of_style(rng: Random, data: bytes) -> bytes:
    """Rules of a style sheet added, nested, repeated, cut, or given other selectors and values."""
    first, last = data.index(b"<style>") + 7, data.index(b"</style>")
    sheet = html.unescape(data[first:last].decode("utf-8", "replace"))
    for _ in range(rng.randint(1, 4)):
        kind = rng.randrange(6)
        if kind == 0:
            sheet += _rule(rng) * rng.choice((1, 1, 50, 5000))
        elif kind == 1:
            wrapper, depth = rng.choice(WRAPPERS), rng.choice((1, 3, 20, 2000))
            sheet = f"{wrapper}{{" * depth + sheet + "}" * (depth - rng.choice((0, 0, 1)))
        elif kind == 2:
            parts = re.split(r"([{};:,>+~()\[\] ])", sheet)
            parts[rng.randrange(len(parts))] = rng.choice(
                (*SELECTORS, *STYLE_VALUES, "{", "}", "(")
            )
            sheet = "".join(parts)
        elif kind == 3:
            at, length = rng.randrange(len(sheet) + 1), rng.randint(1, 200)
            sheet = sheet[:at] + sheet[at : at + length] * rng.choice((0, 2, 300)) + sheet[at:]
        elif kind == 4:
            sheet += "".join(f".a{n}{{{_declaration(rng)}}}" for n in range(rng.choice((9, 3000))))
        else:
            word = rng.choice((" ", ">", "+", "~", ",", ""))
            chain = word.join(rng.choice(SELECTORS) for _ in range(rng.choice((2, 9, 3000))))
            sheet += f"{chain}{{{_declaration(rng)}}}"
    sheet = html.escape(sheet[: 2**20], quote=False)
    styled = data[:first] + sheet.encode("utf-8", "replace") + data[last:]
    return styled if rng.random() < 0.7 else of_svg(rng, styled)


def _rule(rng: Random) -> str:
    selectors = ", ".join(
        "".join(rng.choice(("", " ", ">", "~", "+")) + rng.choice(SELECTORS) for _ in range(n))
        for n in rng.choices((1, 2, 5), k=rng.randint(1, 3))
    )
    return f"{selectors}{{{';'.join(_declaration(rng) for _ in range(rng.randint(0, 4)))}}}"


def _declaration(rng: Random) -> str:
    important = rng.choice(("", "", " !important"))
    return f"{rng.choice(PROPERTIES)}:{rng.choice(STYLE_VALUES)}{important}"


def of_forms(rng: Random, data: bytes) -> bytes:
    """Keys of a JSON text exchanged for others that have a meaning, then its values mutated."""
    content = json.loads(data)
    for _ in range(rng.randint(0, 3)):
        content = _with_key(rng, content, rng.choice(KEYS), rng.choice(KEYS))
    if rng.random() < 0.3:
        content = rng.choice(([content], {rng.choice(KEYS): content}, [content, content, 1]))
    text = json.dumps(content).encode()
    return of_json(rng, text) if rng.random() < 0.6 else text


def _with_key(rng: Random, value: Any, old: str, new: str) -> Any:
    """A JSON value with one key renamed, and another put in here and there."""
    if isinstance(value, list):
        return [_with_key(rng, item, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {new if key == old else key: _with_key(rng, v, old, new) for key, v in value.items()}
    if rng.random() < 0.2:
        renamed[new] = deepcopy(rng.choice(VALUES))
    return renamed


def of_records(rng: Random, data: bytes) -> bytes:
    """Records of an .ndjson file mutated as JSON forms, and repeated, cut or swapped."""
    lines = data.split(b"\n")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        try:
            lines[at] = of_forms(rng, lines[at])
        except (ValueError, RecursionError):
            lines[at] = rng.choice(lines)
    return _perhaps_lines(rng, b"\n".join(lines))


def of_table(rng: Random, data: bytes) -> bytes:
    """Columns of a table renamed, doubled, removed or swapped, and cells replaced."""
    rows = list(csv.reader(io.StringIO(data.decode())))
    for _ in range(rng.randint(1, 4)):
        column, kind = rng.randrange(max(1, len(rows[0]))), rng.randrange(6)
        # Many rows of many columns would be gigabytes.
        is_large = len(rows) * len(rows[0]) > 1000
        if kind == 0:
            rows[0][column : column + 1] = [rng.choice(COLUMNS)]
        elif kind == 1:
            added, times = rng.choice(COLUMNS), rng.choice((1, 1, 1 if is_large else 1500))
            rows = [row + [rng.choice(CELLS[:6])] * times for row in rows]
            rows[0][-times:] = [added] * times
        elif kind == 2:
            rows = [row[:column] + row[column + 1 :] for row in rows]
        elif kind == 3:
            rows = [row[column:] + row[:column] for row in rows]
        elif kind == 4:
            row = rng.choice(rows)
            row[column : column + 1] = [rng.choice(CELLS)] * rng.choice((1, 1, 3))
        else:
            rows[1:] = rng.choices(rows, k=rng.choice((0, 5, 5, 5 if is_large else 20_000)))
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
        if made.tell() > _MAX_CHARACTERS:
            break
    return _perhaps_lines(rng, made.getvalue().encode("utf-8", "surrogatepass"))


def _perhaps_lines(rng: Random, data: bytes) -> bytes:
    """Mutated as lines now and then, unless repeating its lines would make gigabytes of it."""
    return of_lines(rng, data) if len(data) < 5000 and rng.random() < 0.4 else data
