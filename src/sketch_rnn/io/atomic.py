"""Write files atomically and durably: complete or not at all, and safe from power cuts."""

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
    """Writes a file atomically and durably.

    It is moved into place only after it was read back from the disk and compared.

    Args:
        path: the file.
        data: its bytes, or an iterable of pieces.
        keep: a name in the same folder for the file that is replaced.
        make_folder: make the file's folder if need be. Repeated writes should not: if the folder
            has vanished, its disk has, and a new folder would be lost.

    Raises:
        SketchRNNError: if it cannot be written; an existing file is not damaged.
    """
    temporary = temporary_for(path)
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
    """Writes settings as indented JSON by `write_atomically`."""
    text = json.dumps(values, indent=2) + "\n"
    write_atomically(path, text.encode(), make_folder=make_folder)


def check_place(path: Path, *, is_folder: bool = False) -> None:
    """Raises SketchRNNError if a file could not be written here; creates nothing.

    Called before the work whose result the file will hold.

    Args:
        path: the file, or the folder that files will be in.
        is_folder: whether it is the folder.
    """
    places = [path, *path.parents] if is_folder else [*path.parents]
    try:
        _refuse_device(path)
        if not is_folder and path.is_dir():
            raise SketchRNNError(
                f"cannot write {path}: it is a folder; give the name of a file in it"
            )
        nearest = next((place for place in places if place.exists()), Path())
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except FileNotFoundError as error:  # such as in /proc
        raise SketchRNNError(
            f"{path}: cannot be written: nothing can be made in {nearest}; choose another place"
        ) from error
    except OSError as error:
        raise write_error(path, error) from error


def _refuse_device(path: Path) -> None:
    """Raises SketchRNNError for a device or a pipe, whose place a file would take."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise SketchRNNError(f"{path}: cannot be written: not a regular file; give another name")


def write_error(path: Path, error: OSError) -> SketchRNNError:
    """The error that says why a file cannot be written, and what to do."""
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
    """The bytes of a file with their checksum in place of `NO_CHECKSUM`.

    Args:
        data: bytes that hold `NO_CHECKSUM` as JSON within a JSON string.
    """
    checksum = hashlib.sha256(data).hexdigest()
    return data.replace(_entry(NO_CHECKSUM[CHECKSUM]), _entry(checksum), 1)


def has_checksum(data: bytes, checksum: object) -> bool:
    """Whether `with_checksum` returned these bytes, with this checksum."""
    before = data.replace(_entry(str(checksum)), _entry(NO_CHECKSUM[CHECKSUM]), 1)
    return hashlib.sha256(before).hexdigest() == checksum


def _entry(checksum: str) -> bytes:
    """The text of a checksum in a file.

    No other text in the file can look like this: its quotes would be escaped once more.
    """
    return json.dumps(json.dumps({CHECKSUM: checksum})[1:-1])[1:-1].encode()


def remove_leftovers(folder: Path) -> None:
    """Removes temporary files that killed processes left in `folder`."""
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()


def temporary_for(path: Path) -> Path:
    """Where to write what will be moved to `path` when it is complete."""
    # In the same folder, since a rename is atomic only within one file system.
    # A name may have up to 255 bytes; 60 characters have at most 240.
    return path.with_name(f".{path.name[:60]}.{os.getpid()}.tmp")


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
            # Otherwise the system would read from its cache.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    if found.digest() != written.digest():
        raise OSError(errno.EIO, "the disk returns other bytes than were written")


def _keep(path: Path, keep: Path) -> None:
    """Gives the file a second name before it loses the first."""
    temporary = temporary_for(keep)
    try:
        os.link(path, temporary)
        os.replace(temporary, keep)
    except OSError:
        # Without hard links, the file is briefly missing under its first name.
        os.replace(path, keep)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut, where the system supports it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
