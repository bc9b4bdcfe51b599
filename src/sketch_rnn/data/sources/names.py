"""Data sets known by name, the addresses they are published at, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

_COLLECTION: Final = "https://github.com/hardmaru/sketch-rnn-datasets/raw/master"
_QUICKDRAW: Final = "https://storage.googleapis.com/quickdraw_dataset/sketchrnn"

PUBLISHED: Final = {
    "aaron_sheep": f"{_COLLECTION}/aaron_sheep/aaron_sheep.npz",
    "omniglot": f"{_COLLECTION}/omniglot/omniglot.npz",
    "kanji": f"{_COLLECTION}/kanji/short_kanji.npz",
    "short_kanji": f"{_COLLECTION}/kanji/short_kanji.npz",
    "kanji.rdp25": f"{_COLLECTION}/kanji/kanji.rdp25.npz",
    "kanji.rdp100": f"{_COLLECTION}/kanji/kanji.rdp100.npz",
    "kanji.rdp200": f"{_COLLECTION}/kanji/kanji.rdp200.npz",
}

_KANJI: Final = "KanjiVG, © Ulrich Apel, CC BY-SA 3.0"
_CREDITS: Final = {
    "aaron_sheep": "The Sheep Market, © 2006 Aaron Koblin, CC BY-NC 4.0",
    "omniglot": "Omniglot, © 2015 Brenden Lake, MIT licence",
    "kanji": _KANJI,
    "short_kanji": _KANJI,
    "kanji.rdp25": _KANJI,
    "kanji.rdp100": _KANJI,
    "kanji.rdp200": _KANJI,
    "quickdraw": "The Quick, Draw! Dataset, by Google, CC BY 4.0",
    "doodles": "doodles that this program draws itself, Apache-2.0 as it is; no person drew them, "
    "and they are not QuickDraw drawings",
}


def published_address(name: str) -> str | None:
    """Returns where the data set `name` can be downloaded, none for an unknown name."""
    if name.startswith("quickdraw/") and len(name) > len("quickdraw/"):
        category = quote(name.removeprefix("quickdraw/"), safe="")
        return f"{_QUICKDRAW}/{category}.npz"
    return PUBLISHED.get(name)


def credits_of(names: Iterable[str]) -> tuple[str, ...]:
    """Returns whose drawings the data sets of these names are, and their licences, as far as known.

    A category of `quickdraw/` or a kind of `doodles/` has the credit of the whole. Licences are
    those that the publishers state.
    """
    known = (_CREDITS.get(name.partition("/")[0]) for name in names)
    return tuple(dict.fromkeys(credit for credit in known if credit))
