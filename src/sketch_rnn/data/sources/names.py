"""Data sets known by name, and the addresses they are published at."""

from __future__ import annotations

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


def published_address(name: str) -> str | None:
    """Returns where the data set `name` can be downloaded, none for an unknown name."""
    if name.startswith("quickdraw/") and len(name) > len("quickdraw/"):
        category = quote(name.removeprefix("quickdraw/"), safe="")
        return f"{_QUICKDRAW}/{category}.npz"
    return PUBLISHED.get(name)
