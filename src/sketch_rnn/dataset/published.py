"""Published datasets by name: their addresses, their downloads, and whose drawings they are."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.archives import BROKEN_ZIP
from sketch_rnn.io.downloads import cached_path, fetch_file, file_name
from sketch_rnn.io.transfer import Progress

if TYPE_CHECKING:
    from sketch_rnn.sources.splits import Splits

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
    "quickdraw345": "The Quick, Draw! Dataset, by Google, CC BY 4.0",
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


def is_published(name: str) -> bool:
    """Returns whether `name` is that of a published data set."""
    return published_address(name) is not None


def is_fetched(name: str) -> bool:
    """Returns whether the published data set `name` is in the cache."""
    address = published_address(name)
    return address is not None and cached_path(address).is_file()


def fetch_published(name: str, on_progress: Progress | None = None) -> Path:
    """Returns the path of the published data set `name`, downloaded unless it was before.

    Raises:
        SketchRNNError: if there is none of that name, or it cannot be downloaded.
    """
    address = published_address(name)
    if address is None:
        raise SketchRNNError(
            f"no published data set {name}; known are {', '.join(PUBLISHED)} and quickdraw/CATEGORY"
        )
    try:
        return fetch_npz(address, on_progress=on_progress)
    except SketchRNNError as error:
        raise SketchRNNError(f"{error} and give the file's path instead of {name}") from error


def read_published(name: str) -> Splits:
    """Returns the published data set `name` under its own name, its label without the folder."""
    from sketch_rnn.sources.npz import read_npz  # noqa: PLC0415  (loads NumPy, for names alone)

    return read_npz(fetch_published(name), name=name)


def fetch_npz(
    address: str, folder: Path | None = None, *, on_progress: Progress | None = None
) -> Path:
    """Returns the path of the `.npz` file at this address; see `fetch_file`.

    Raises:
        SketchRNNError: if it cannot be downloaded, or something else comes.
    """
    if not file_name(address).endswith(".npz"):
        raise SketchRNNError(f"{address} is not the address of a .npz file")
    return fetch_file(address, folder, check=_check_npz, on_progress=on_progress)


def _check_npz(path: Path) -> None:
    from sketch_rnn.sources.splits import SPLITS  # noqa: PLC0415  (see read_published)

    # A zip archive is indexed at its end, so this also finds one that was cut short.
    try:
        with zipfile.ZipFile(path) as archive:
            missing = {f"{split}.npy" for split in SPLITS} - set(archive.namelist())
    except BROKEN_ZIP as error:
        raise ValueError("what came is not a complete .npz file") from error
    if missing:
        raise ValueError("what came is a .npz file, but no data set with train, valid and test")
