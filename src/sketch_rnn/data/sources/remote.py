"""Files from the network, kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pooch

from sketch_rnn.errors import SketchRNNError

_NUM_RETRIES: Final = 2
_TIMEOUT: Final = 30.0


def is_address(text: str) -> bool:
    """Returns whether `text` says where something is on the network."""
    return text.startswith(("http://", "https://"))


def fetch_npz(address: str, folder: Path | None = None) -> Path:
    """Returns the path of the `.npz` file at this address, downloaded unless it was before.

    The file appears under its own name, complete or not at all. What fails is tried again twice.

    Args:
        address: begins with http:// or https:// and ends with the file's name.
        folder: where downloads are kept; by default in the user's cache folder.

    Raises:
        SketchRNNError: if it cannot be downloaded, or something else comes.
    """
    name = Path(unquote(urlsplit(address).path)).name
    if not name.endswith(".npz"):
        raise SketchRNNError(f"{address} is not the address of a .npz file")
    # A folder for each address: files of one name from two places must not be mixed up.
    key = hashlib.sha256(address.encode()).hexdigest()[:16]
    store = pooch.create(
        path=(folder or Path(pooch.os_cache("sketch-rnn"))) / key,
        base_url="",
        registry={name: None},
        urls={name: address},
        retry_if_failed=_NUM_RETRIES,
    )
    try:
        with _quiet():
            return Path(store.fetch(name, downloader=_download_npz))
    except (OSError, ValueError) as error:
        raise SketchRNNError(
            f"cannot download {address}: {_reason(error)}; try again, or download it by hand"
        ) from error


def _download_npz(address: str, file: str, store: pooch.Pooch | None) -> None:
    pooch.HTTPDownloader(timeout=_TIMEOUT)(address, file, store)
    # A zip archive is indexed at its end, so this also finds one that was cut short.
    if not zipfile.is_zipfile(file):
        raise ValueError("what came is not a complete .npz file")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps pooch from writing to standard error."""
    logger: Any = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _reason(error: OSError | ValueError) -> str:
    """Returns what went wrong in a few words; network errors are OSErrors of many words."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answers {response.status_code} {response.reason}"
    if isinstance(error, ValueError):
        return str(error)
    return error.strerror.lower() if error.strerror else "the connection failed"
