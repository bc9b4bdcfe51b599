"""The table of models as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sketch_rnn.io.downloads import is_address
from sketch_rnn.text import printable
from sketch_rnn.zoo.locate import cached_file, shipped_file
from sketch_rnn.zoo.table import ModelEntry, ModelTable

_WIDTH = 100


def model_rows(table: ModelTable) -> list[tuple[str, str, str]]:
    """The name, place and subject of each model; of families only those in the cache."""
    shorts = {name: short for short, name in table.aliases.items()}
    rows = []
    for entry in table.entries.values():
        where = whereabouts(entry)
        if where == "missing" or (entry.family and where != "cached"):
            continue
        alias = f" ({shorts[entry.name]})" if entry.name in shorts else ""
        rows.append((printable(entry.name + alias), where, printable(entry.about)))
    return rows


def family_texts(table: ModelTable) -> Iterator[str]:
    """Yields a paragraph of names for each family."""
    families: dict[str, list[ModelEntry]] = {}
    for entry in table.entries.values():
        if entry.family:
            families.setdefault(entry.family, []).append(entry)
    for members in families.values():
        names = printable(", ".join(member.name for member in members))
        lines = textwrap.fill(
            names, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )
        yield f"{len(members)} known by address, such as {printable(members[0].about)}:\n{lines}"


def whereabouts(entry: ModelEntry) -> str:
    """The place of a model: shipped, cached, here, known (by its address), or missing."""
    if shipped_file(entry):
        return "shipped"
    if cached_file(entry):
        return "cached" if is_address(entry.address) else "here"
    return "known" if entry.address else "missing"
