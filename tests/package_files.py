"""The files of the package, for tests of its structure."""

from __future__ import annotations

from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"


PACKAGE = SOURCE / "sketch_rnn"


FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
