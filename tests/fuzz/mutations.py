"""Mutations of files: of bytes, and of what a format is made of."""

from __future__ import annotations

import gzip
import io
import json
import pickletools
import re
import struct
import zipfile
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

Mutation = Callable[[Random, bytes], bytes]

# More bytes by repeating would be gigabytes before they are packed or cut off.
_MOST_REPEATED = 2**26

TOKENS = tuple(
    text.encode()
    for text in (
        *("0", "-1", "1e999", "NaN", "null", "true", "[]", "{}", '""', "?", "\x00", "9" * 40),
        *("[" * 2000, "{" * 2000, '"a":', "__metadata__", "data_offsets", "F64", "\n", "=", ","),
    )
)
NUMBERS = (0, -1, 1, 255, 2**15, 2**31 - 1, 2**31, 2**32, 2**63, -(2**63), 2**64, 10**400)
VALUES: tuple[Any, ...] = (
    *NUMBERS[:-1],
    *(0.5, 1e-320, 1e308, float("nan"), float("inf"), None, True, "", "a" * 100_000, [], {}),
    *("\ud800", "\x1b[31m\x07", "../x", "__proto__", [[[[]]]], [0] * 10_000, {"x": {"y": []}}),
    *([[1, 2]] * 3, [[0, 0, 0, 0, 1]], [[1e300, -1e300], [5, 5]], "1e999", "NaN"),
)


def repeated(part: bytes, times: int) -> list[bytes]:
    """The part as often, or as often as fits into some memory."""
    return [part] * max(1, min(times, _MOST_REPEATED // max(len(part), 1)))


def of_bytes(rng: Random, data: bytes) -> bytes:
    """A few bytes changed, cut, doubled or put in."""
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        # Headers come first, and are where most decisions are made.
        end = len(mutated) if rng.random() < 0.5 else min(len(mutated), 600)
        place, length = rng.randint(0, end), rng.randint(1, 64)
        kind = rng.randrange(6)
        if kind == 0 and place < len(mutated):
            mutated[place] ^= 1 << rng.randrange(8)
        elif kind == 1 and place < len(mutated):
            mutated[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            del mutated[place : place + (length if rng.random() < 0.9 else len(mutated))]
        elif kind == 3:
            mutated[place:place] = mutated[place : place + length] * rng.choice((1, 1, 1, 500))
        elif kind == 4:
            mutated[place:place] = rng.choice(TOKENS)
        else:
            mutated[place:place] = rng.randbytes(rng.randint(0, 16))
    return bytes(mutated)


def of_json(rng: Random, data: bytes) -> bytes:
    """Values replaced, repeated, nested or removed somewhere in a JSON text."""
    top, most = [json.loads(data)], 1000
    for _ in range(rng.randint(1, 4)):
        node, key = rng.choice(_places(top))
        kind = rng.randrange(5)
        if kind == 0 and node is not top:
            node.pop(key)
        elif kind == 1:
            times = rng.choice((1, 2, most))
            node[key] = [node[key]] * times
            # Thousands of thousands would be gigabytes.
            most = 2 if times > 2 else most
        elif kind == 2 and isinstance(node, dict):
            node[rng.choice(("x", "label", "\ud800", "points", "drawing"))] = deepcopy(
                rng.choice(VALUES)
            )
        elif kind == 3:
            for _ in range(rng.choice((3, 900))):
                node[key] = [node[key]]
        else:
            node[key] = deepcopy(rng.choice(VALUES))
    try:
        return json.dumps(top[0]).encode()
    except RecursionError:
        return b"[" * 2000


def _places(top: list[Any]) -> list[tuple[Any, Any]]:
    """Each list or object with an index or a key, up to some thousands."""
    places: list[tuple[Any, Any]] = [(top, 0)]
    stack: list[Any] = [top]
    while stack:
        node = stack.pop()
        for key, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
            places.append((node, key))
            if isinstance(child, dict | list) and len(places) < 5000:
                stack.append(child)
    return places


def of_lines(rng: Random, data: bytes) -> bytes:
    """Cells of a table, or values of settings, replaced, and lines repeated or swapped."""
    lines = data.split(b"\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        kind = rng.randrange(4)
        if kind == 0:
            lines[at:at] = repeated(rng.choice(lines), rng.choice((1, 3, 30_000)))
        elif kind == 1:
            rng.shuffle(lines)
        else:
            parts = re.split(rb"([,=.\[\]:])", lines[at])
            value = str(rng.choice((*VALUES, "[" * 5000, "a." * 9000, "0x" + "f" * 20_000)))
            parts[rng.randrange(len(parts))] = value.encode("utf-8", "surrogatepass")
            lines[at] = b"".join(parts)
    return b"\n".join(lines)


def of_gzip(inner: Mutation) -> Mutation:
    """The content of a gzip file mutated by `inner`, and repeated now and then."""

    def mutate(rng: Random, data: bytes) -> bytes:
        content = inner(rng, gzip.decompress(data))[: 2**20] * rng.choice((1, 1, 1, 20, 200))
        packed = gzip.compress(content[: 2**24], 1)
        return packed if rng.random() < 0.8 else of_bytes(rng, packed)

    return mutate


def of_safetensors(rng: Random, data: bytes) -> bytes:
    """The JSON header of a safetensors file mutated, its length kept right.

    Its settings often lose their checksum, so that what changed is read and not only refused.
    """
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    if rng.random() < 0.8 and header.get("__metadata__"):
        name = rng.choice(sorted(header["__metadata__"]))
        settings = json.loads(header["__metadata__"][name])
        if rng.random() < 0.8:
            settings.pop("sha256", None)
        text = json.dumps(settings).encode()
        header["__metadata__"][name] = of_json(rng, text).decode()
        text = json.dumps(header).encode()
    else:
        text = of_json(rng, json.dumps(header).encode())
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def of_zip(rng: Random, data: bytes) -> bytes:
    """Members of an archive mutated: array headers, pickles or bytes; renamed, or repeated."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(sorted(members))
        kind = rng.randrange(6)
        if kind == 0:
            other = rng.choice(
                ("x", "label_names.npy", "train_labels.npy", "first_row.npy", "../y")
            )
            members[other] = rng.choice(sorted(members.values()))
        elif kind == 1:
            del members[name]
            members = members or {"x": b""}
        else:
            members[name] = of_npy(rng, members[name])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return made.getvalue()


def of_npy(rng: Random, data: bytes) -> bytes:
    """The header or the pickle of an array mutated; any other bytes as bytes."""
    if not data.startswith(b"\x93NUMPY\x01"):
        return of_bytes(rng, data)
    length = struct.unpack_from("<H", data, 8)[0]
    header, content = data[10 : 10 + length].decode("latin1"), data[10 + length :]
    if "|O" in header and rng.random() < 0.6:
        content = _of_pickle(rng, content)
    else:
        shape = tuple(rng.choice(NUMBERS) for _ in range(rng.choice((0, 1, 2, 3, 3, 40))))
        descr = rng.choice(
            ("<i2", "<f8", "<U9", "<U1000000000", "|O", "<M8[s]", "<c8", "|V9", "()")
        )
        changes = (
            (r"'shape': \([^)]*\)", f"'shape': {shape}"),
            (r"'descr': '[^']*'", f"'descr': '{descr}'"),
            (r"'descr': '[^']*'", "'descr': [('a', '<f8')]"),
            (r"'shape': \([^)]*\)", "'shape': (" + "-" * rng.choice((3, 5000)) + "1,)"),
            ("False", rng.choice(("True", "None", "1 + 1", "'x'"))),
        )
        pattern, value = rng.choice(changes)
        header = re.sub(pattern, lambda _: value, header)
    packed = header.encode("latin1")[:60_000]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(packed)) + packed + content


def _of_pickle(rng: Random, data: bytes) -> bytes:
    """Instructions of a pickle removed, repeated, replaced or swapped."""
    try:
        starts = [at for _, _, at in pickletools.genops(data)]
    except ValueError:
        return of_bytes(rng, data)
    parts = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    more = (
        *(b"\x8f", b"}", b"]", b")", b"(", b"l", b"t", b"2", b"0", b"N", b"u", b"b", b"R", b"\x85"),
        *(
            b"\x8b\xff\x00\x00\x00" + b"\x01" * 255,
            b"L" + b"9" * 4000 + b"L\n",
            b"h\x00",
            b"r\xff" * 3,
        ),
        *(b"cos\nsystem\n", b"X\x02\x00\x00\x00f8", b"J\xff\xff\xff\x7f", b"B\x00\x00\x00\x10"),
    )
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(parts))
        kind = rng.randrange(4)
        if kind == 0:
            del parts[at]
            parts = parts or [b"."]
        elif kind == 1:
            parts[at:at] = repeated(parts[at], rng.choice((1, 2, 100_000)))
        elif kind == 2:
            parts[at:at] = repeated(rng.choice(more), rng.choice((1, 1, 1, 1_000_000)))
        else:
            parts[at] = rng.choice(parts)
    return b"".join(parts)


def of_svg(rng: Random, data: bytes) -> bytes:
    """Attributes, elements and style rules of an SVG replaced, repeated and nested."""
    text = data.decode("utf-8", "replace")
    number = rng.choice(("1e999", "-1", "1e-320", "9" * 400, "0", "1" + " " * 5000 + "!", "1e5"))
    values = (
        number,
        f"M0 0{rng.choice(('h1v1z', 'l1 1', 'a1 1 0 1 1 5 5', 'c1 1 2 2 3 3', 'T1 1', 'z'))}"
        * rng.choice((1, 300, 3000)),
        f"{rng.choice(('rotate', 'scale', 'matrix', 'skewX', 'translate'))}({number})"
        * rng.choice((1, 1000)),
        *("url(#a)", "url(#x) none", "#a", "inherit", "var(--a)", "calc(1px + 50%)", "none", "%"),
        "fill:var(--a);--a:var(--b)var(--b);--b:var(--a)" * rng.choice((1, 100)),
    )
    rules = (
        *(
            "*{stroke:red}",
            "g g ~ g > *{fill:none}",
            ":not(:not(:not(:not(a)))){d:none}",
            "/*" * 900,
        ),
        *("a" * 9000, "@media all{" * 900, ".c{x:" + "(" * 900, ":nth-child(2n+1){stroke:url(#a)}"),
        *("".join(f".c{n}{{fill:red}}" for n in range(rng.choice((9, 2000)))), "a,b,c,*{r:5}"),
    )
    for _ in range(rng.randint(1, 4)):
        kind = rng.randrange(6)
        if kind <= 1:
            found = list(re.finditer(r'="[^"]*"', text))
            if found:
                match = rng.choice(found)
                text = f'{text[: match.start()]}="{rng.choice(values)}"{text[match.end() :]}'
        elif kind == 2:
            found = list(re.finditer(r"<\w+[^<>]*/>", text))
            if found:
                match = rng.choice(found)
                text = (
                    text[: match.end()] + match[0] * rng.choice((1, 20, 2000)) + text[match.end() :]
                )
        elif kind == 3:
            wrap = rng.choice(("g", "svg", "symbol", "switch", "defs", "clipPath", 'g id="a"'))
            count = rng.choice((1, 20, 2000))
            first, last = text.find(">") + 1, text.rfind("</")
            inner = f"<{wrap}>" * count + text[first:last] + f"</{wrap.split()[0]}>" * count
            text = text[:first] + inner + text[last:]
        elif kind == 4:
            at = text.find(">") + 1
            text = f"{text[:at]}<style>{rng.choice(rules)}</style>{text[at:]}"
        else:
            at = text.find(">") + 1
            uses = rng.choice(('<use href="#a"/>', '<g clip-path="url(#a)"><use href="#a"/></g>'))
            text = text[:at] + uses * rng.choice((1, 30, 3000)) + text[at:]
    return text[: 2**22].encode("utf-8", "replace")
