"""Files from the network, kept in the user's cache folder: whole, or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import platformdirs

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.transfer import CutShortError, Progress, RefusedError, Transfer

# Seconds to wait after each failure in a row that brought no byte.
_WAITS: Final = (0.5, 1.0, 2.0, 4.0)
_MOST_FAILURES: Final = 50
_CHUNK: Final = 2**20


def is_address(text: str) -> bool:
    """Returns whether `text` says where something is on the network."""
    return text.startswith(("http://", "https://"))


def cache_folder() -> Path:
    """Returns the user's folder for downloads."""
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
    """Returns the path of the file at this address, downloaded unless it was before.

    The file appears under its own name, complete or not at all. A connection that breaks, stalls or
    becomes very slow is tried again, up to four times without progress and 50 times in all, and
    resumes where it broke if the server can; so does the next call, after a failure or a stop.
    Files larger than 8 GiB and redirects to other hosts without https are refused. Processes that
    want one file wait for the first.

    Args:
        address: begins with http:// or https:// and ends with the file's name.
        folder: where downloads are kept; by default in the user's cache folder.
        size: bytes that the file has, where known.
        sha256: its checksum in hexadecimal, where known.
        check: raises ValueError with the reason if the file is not what it should be.
        on_progress: told the bytes that are there and the bytes of all, None where unknown.

    Raises:
        SketchRNNError: if it cannot be downloaded, or something else comes.
    """
    from filelock import FileLock  # noqa: PLC0415  (as slow to load as all else here)

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
    """Returns where the file at this address is kept, whether it is there or not.

    Raises:
        SketchRNNError: if the address does not name a file.
    """
    name = file_name(address)
    if not is_address(address) or name in ("", ".", ".."):
        raise SketchRNNError(f"{address} is not the address of a file")
    # A folder for each address: files of one name from two places must not be mixed up.
    key = hashlib.sha256(address.encode()).hexdigest()[:16]
    return (cache_folder() if folder is None else folder) / key / name


def file_name(address: str) -> str:
    """The last part of an address's path, empty where it names no file."""
    try:
        return Path(unquote(urlsplit(address).path)).name
    except ValueError:  # Brackets around what is no number of a machine.
        return ""


def _download(transfer: Transfer) -> None:
    """Receives the whole file, trying again after failures that may pass."""
    tries = failures = 0
    while True:
        before = transfer.num_bytes
        try:
            transfer.receive()
            return
        except CutShortError:
            tries = 0 if transfer.num_bytes > before else tries + 1
            failures += 1
            if tries > len(_WAITS) or failures > _MOST_FAILURES:
                raise
            time.sleep(_WAITS[max(tries - 1, 0)])


def _verify(transfer: Transfer, sha256: str | None, check: Callable[[Path], None] | None) -> None:
    """Raises ValueError, and removes what came, if it is not what it should be."""
    try:
        if sha256 is not None and _sha256(transfer.part) != sha256.lower():
            raise ValueError("what came has another checksum than it should have")
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
    """Returns what went wrong in a few words; network errors are OSErrors of many words."""
    if isinstance(error, RefusedError | CutShortError) or not isinstance(error, OSError):
        return str(error)
    return error.strerror.lower() if error.strerror else "the connection failed"
