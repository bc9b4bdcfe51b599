"""Joins the page's JavaScript modules into one script, because a page on disk can import none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_COMMENT: Final = r"/\*\*(?:(?!\*/).)*\*/"
_COMMENT_LINES: Final = re.compile(rf"^[ \t]*{_COMMENT}[ \t]*\n", re.MULTILINE | re.DOTALL)
_COMMENT_INSIDE: Final = re.compile(rf"{_COMMENT} ?", re.DOTALL)
_IMPORT: Final = re.compile(r'^import(?: \{([^{}]*)\} from)? "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(
    r"^export (?=(?:async )?(?:function\*?|class|const) ([\w$]+))", re.MULTILINE
)
_OTHER: Final = re.compile(r"^(?:import|export)\b.*|\bimport\(.*", re.MULTILINE)


def joined_modules(entry: Path) -> str:
    """Returns a script that does what the module `entry` does, with all that it imports.

    Each module becomes a function that returns its exports. Comments in `/** */` are left out.

    Raises:
        ValueError: if a module has other imports or exports than named ones, or modules import each
            other.
    """
    names: dict[Path, str] = {}
    parts = [_wrapped(path, names) for path in _in_order(entry.resolve(), ())]
    return "".join(["(() => {\n", '"use strict";\n', *parts, "})();\n"])


def _in_order(path: Path, importers: tuple[Path, ...]) -> Iterator[Path]:
    """Yields the modules that a module needs, and then it; some of them several times."""
    if path in importers:
        raise ValueError(f"{path.name} imports itself by way of {importers[-1].name}")
    for _, target in _IMPORT.findall(_source(path)):
        yield from _in_order((path.parent / target).resolve(), (*importers, path))
    yield path


def _wrapped(path: Path, names: dict[Path, str]) -> str:
    """The module as a constant whose name is entered in `names`; nothing if it is there already."""
    if path in names:
        return ""
    names[path] = f"module{len(names)}"

    def constants(found: re.Match[str]) -> str:
        if found[1] is None:
            return ""
        imported = ", ".join(re.sub(r"\s+as\s+", ": ", name) for name in _split(found[1]))
        return f"const {{ {imported} }} = {names[(path.parent / found[2]).resolve()]};\n"

    source = _source(path)
    exports = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(constants, source))
    if other := _OTHER.search(body):
        raise ValueError(f"{path.name}: cannot join {other[0]!r}")
    return f"const {names[path]} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"


def _split(imports: str) -> list[str]:
    return [name.strip() for name in imports.split(",") if name.strip()]


def _source(path: Path) -> str:
    return _COMMENT_INSIDE.sub("", _COMMENT_LINES.sub("", path.read_text(encoding="utf-8")))
