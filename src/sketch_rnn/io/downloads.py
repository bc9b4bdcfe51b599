"""Download files into the user's cache folder, complete or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import platformdirs

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.transfer import (
    CutShortError,
    Progress,
    RefusedError,
    TooSlowError,
    Transfer,
)

# Seconds to wait after each consecutive failure without progress.
_WAITS: Final = (0.5, 1.0, 2.0, 4.0)
_MOST_FAILURES: Final = 50
_CHUNK: Final = 2**20


def is_address(text: str) -> bool:
    """Whether `text` is a URL of http or https."""
    return text.startswith(("http://", "https://"))


def cache_folder() -> Path:
    """The user's folder for downloads."""
    return platformdirs.user_cache_path("sketch-rnn")


def fetch_file(
    address: str,
    folder: Path | None = None,
    *,
    size: int | None = None,
    sha256: str | None = None,
    check: Callable[[Path], None] | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """The path of the file at this address, downloaded unless it is in the cache.

    The file appears under its own name, complete or not at all. If the connection breaks, stalls or
    becomes very slow, the download is retried, up to four times without progress and 50 times in
    all. It resumes where it broke off if the server supports that; so does the next call. Files
    larger than 8 GiB and redirects to other hosts without https are refused. Processes that want
    the same file wait for the first.

    Args:
        address: begins with http:// or https:// and ends with the file's name.
        folder: where downloads are kept; by default in the user's cache folder.
        size: of the file in bytes, if known.
        sha256: its checksum in hexadecimal, if known.
        check: raises ValueError with a reason to reject the file.
        on_progress: called with the bytes received and the bytes in total, None if unknown.

    Raises:
        SketchRNNError: if it cannot be downloaded, or the file is rejected.
    """
    from filelock import FileLock  # noqa: PLC0415  (slow to import)

    path = cached_path(address, folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{path.name}.lock")):
            if path.is_file() and (size is None or path.stat().st_size == size):
                return path
            transfer = Transfer(address, path.with_name(f"{path.name}.part"), size, on_progress)
            _download(transfer)
            _verify(transfer, sha256, check)
            transfer.finish(path)
            return path
    except (OSError, ValueError) as error:
        raise SketchRNNError(
            f"cannot download {address}: {_reason(error)}; try again, or download it by hand"
        ) from error


def cached_path(address: str, folder: Path | None = None) -> Path:
    """The place of the file at this address in the cache, downloaded or not.

    Raises:
        SketchRNNError: if the address does not name a file.
    """
    name = file_name(address)
    if not is_address(address) or name in ("", ".", ".."):
        raise SketchRNNError(f"{address} is not the address of a file")
    # A folder for each address: two addresses may end in the same name.
    key = hashlib.sha256(address.encode()).hexdigest()[:16]
    return (cache_folder() if folder is None else folder) / key / name


def file_name(address: str) -> str:
    """The last part of an address's path, empty if it names no file."""
    try:
        return Path(unquote(urlsplit(address).path)).name
    except ValueError:  # Brackets around something that is not an IP address.
        return ""


def _download(transfer: Transfer) -> None:
    """Receives the whole file, with retries after failures that may be temporary."""
    tries = failures = 0
    while True:
        before = transfer.num_bytes
        try:
            transfer.receive()
            return
        except CutShortError as error:
            has_progress = transfer.num_bytes > before and not isinstance(error, TooSlowError)
            tries = 0 if has_progress else tries + 1
            failures += 1
            if tries > len(_WAITS) or failures > _MOST_FAILURES:
                raise
            time.sleep(_WAITS[max(tries - 1, 0)])


def _verify(transfer: Transfer, sha256: str | None, check: Callable[[Path], None] | None) -> None:
    """Raises ValueError and removes the download if it is not the expected file."""
    try:
        if sha256 is not None and _sha256(transfer.part) != sha256.lower():
            raise ValueError("the download has a wrong checksum")
        if check is not None:
            check(transfer.part)
    except ValueError:
        transfer.discard()
        raise


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _reason(error: OSError | ValueError) -> str:
    """The failure in a few words; network errors are OSErrors with long texts."""
    if isinstance(error, RefusedError | CutShortError) or not isinstance(error, OSError):
        return str(error)
    return error.strerror.lower() if error.strerror else "the connection failed"
