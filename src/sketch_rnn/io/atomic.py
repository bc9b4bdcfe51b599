"""Files that appear complete or not at all, and survive a crash once they do."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from sketch_rnn.errors import SketchRNNError

CHECKSUM: Final = "sha256"
NO_CHECKSUM: Final = {CHECKSUM: "0" * 64}
_TEMPORARY: Final = re.compile(r"\..+\.\d+\.tmp")
_ADVICE: Final = {
    errno.ENOSPC: "; free some space and try again",
    errno.EDQUOT: "; free some space and try again",
    errno.EISDIR: "; choose another name",
    errno.ENOENT: "; its folder is gone",
    errno.EROFS: "; choose a place that can be written to",
    errno.EACCES: "; choose a place that can be written to",
}


def write_atomically(
    path: Path,
    data: bytes | Iterable[bytes],
    *,
    keep: Path | None = None,
    make_folder: bool = True,
) -> None:
    """Writes a file that appears complete or not at all, and survives a power cut once it does.

    It takes its place only after it was read back from the disk and found the same.

    Args:
        path: the file.
        data: its bytes, or pieces of them that are made as they are written.
        keep: where the file that was there before stays; in the same folder.
        make_folder: make the file's folder if need be. Whoever writes again and again should not:
            a folder that has vanished is a disk that has, and what comes in its place is lost.

    Raises:
        SketchRNNError: if it cannot be written; a file that was there before is unharmed.
    """
    temporary = _temporary(path)
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        _write_proven(temporary, [data] if isinstance(data, bytes) else data)
        if keep is not None and path.exists():
            _keep(path, keep)
        os.replace(temporary, path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    _sync_folder(path.parent)


def write_json(path: Path, values: Mapping[str, Any], *, make_folder: bool = True) -> None:
    """Writes settings as indented JSON, for people; as `write_atomically` does."""
    text = json.dumps(values, indent=2) + "\n"
    write_atomically(path, text.encode(), make_folder=make_folder)


def check_place(path: Path, *, is_folder: bool = False) -> None:
    """Raises SketchRNNError if no file of this name can be made, with its folders; makes none.

    To be called before the work whose result the file will hold.

    Args:
        path: the file, or the folder that files will be in.
        is_folder: whether it is the folder.
    """
    places = [path, *path.parents] if is_folder else [*path.parents]
    try:
        nearest = next((place for place in places if place.exists()), Path())
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except FileNotFoundError as error:  # so says a file system without files of users
        raise SketchRNNError(
            f"{path}: cannot be written: nothing can be made in {nearest}; choose another place"
        ) from error
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> SketchRNNError:
    """Returns the error that says why a file cannot be written, and what to do."""
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        files = [place for place in (path, *path.parents) if place.is_file()]
        if files:
            return SketchRNNError(
                f"{path}: cannot be written: {files[-1]} is a file, not a folder; choose another "
                "name"
            )
    advice = _ADVICE.get(error.errno or 0, "")
    return SketchRNNError(f"{path}: cannot be written: {error.strerror or error}{advice}")


def with_checksum(data: bytes) -> bytes:
    """Returns a file's bytes with their checksum in the place of `NO_CHECKSUM`.

    Args:
        data: bytes in which `NO_CHECKSUM` stands as JSON in a text within JSON.
    """
    checksum = hashlib.sha256(data).hexdigest()
    return data.replace(_entry(NO_CHECKSUM[CHECKSUM]), _entry(checksum), 1)


def has_checksum(data: bytes, checksum: object) -> bool:
    """Returns whether the bytes are those that `with_checksum` returned with this checksum."""
    before = data.replace(_entry(str(checksum)), _entry(NO_CHECKSUM[CHECKSUM]), 1)
    return hashlib.sha256(before).hexdigest() == checksum


def _entry(checksum: str) -> bytes:
    """Returns how a checksum stands in a file.

    No other text there can look like this: its quotes would be escaped once more.
    """
    return json.dumps(json.dumps({CHECKSUM: checksum})[1:-1])[1:-1].encode()


def remove_leftovers(folder: Path) -> None:
    """Removes what processes that were killed while they wrote have left in `folder`."""
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()


def _temporary(path: Path) -> Path:
    # In the same folder, since a rename is atomic only within one file system.
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _write_proven(path: Path, pieces: Iterable[bytes]) -> None:
    """Writes a file through to the disk, and compares what the disk gives back."""
    written = hashlib.sha256()
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
            written.update(piece)
        file.flush()
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            # Otherwise the system would answer from its memory.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    if found.digest() != written.digest():
        raise OSError(errno.EIO, "the disk gives back something else than was written")


def _keep(path: Path, keep: Path) -> None:
    """Gives the file a second name, so that it is never without one."""
    temporary = _temporary(keep)
    try:
        os.link(path, temporary)
        os.replace(temporary, keep)
    except OSError:
        # Not every file system can do that: then it is for a moment only there under that name.
        os.replace(path, keep)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
