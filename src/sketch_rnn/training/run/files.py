"""The files in a run's folder: their names, the lock, and access that no odd file can block."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from filelock import FileLock, Timeout

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import write_error
from sketch_rnn.trained import CONFIG_FILE
from sketch_rnn.zoo.locate import BEST_FILE, LAST_FILE, PREVIOUS_FILE

# Checkpoints to resume from, newest first. Each save moves every file one name further.
CHECKPOINT_FILES: Final = (LAST_FILE, PREVIOUS_FILE)
OTHER_BEST_FILE: Final = "best-on-other-data.safetensors"
RUN_FILE: Final = "run.json"
METRICS_FILE: Final = "metrics.csv"
NOTICES_FILE: Final = "notices.txt"
LOCK_FILE: Final = ".lock"

_MAX_TEXT_BYTES: Final = 64 << 20
# Opening a FIFO would block, and a link would lead out of the folder. Windows has neither flag.
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


def reject_existing_run(folder: Path, resume: str = "resume=True") -> None:
    """Raises SketchRNNError if the folder already has a run, because no run is overwritten.

    Args:
        folder: of the new run.
        resume: the option by which the caller's user resumes a run.
    """
    names = (*CHECKPOINT_FILES, BEST_FILE, CONFIG_FILE)
    found = [name for name in names if os.path.lexists(folder / name)]
    if found:
        raise SketchRNNError(
            f"{folder} already has a run in it ({found[0]}); resume it with {resume}, or choose "
            "another folder"
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other runs out of the folder, which is made if need be, while the context is open.

    The system releases the lock when the process ends, even if it is killed.

    Raises:
        SketchRNNError: if another run has the lock, or the folder cannot be made.
    """
    path = folder / LOCK_FILE
    lock = FileLock(path, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_regular(path)
        lock.acquire()
    except Timeout as error:
        raise SketchRNNError(
            f"{folder}: another run is writing here; wait for it, stop it, or choose another folder"
        ) from error
    except OSError as error:
        raise write_error(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def is_locked(folder: Path) -> bool:
    """Whether a run is writing into the folder right now."""
    path = folder / LOCK_FILE
    if not _is_regular(path):
        return False
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def open_regular(path: Path) -> BinaryIO:
    """A file opened for reading, unless it is a FIFO or a device, which might never end.

    Raises:
        OSError: if it cannot be opened.
        SketchRNNError: if it is no regular file.
    """
    file = open(os.open(path, os.O_RDONLY | _NO_WAIT), "rb")  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SketchRNNError(f"{path}: not a regular file")
    return file


def read_text(path: Path) -> str:
    """The text of a small file.

    Raises:
        FileNotFoundError: if there is no file.
        SketchRNNError: if it cannot be read: it is no regular file, too large, or not UTF-8.
    """
    try:
        with open_regular(path) as file:
            data = file.read(_MAX_TEXT_BYTES + 1)
        if len(data) > _MAX_TEXT_BYTES:
            raise SketchRNNError(f"{path}: larger than {_MAX_TEXT_BYTES >> 20} MB")
        return data.decode()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SketchRNNError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SketchRNNError(f"{path}: damaged: not UTF-8 text") from error


def append_text(path: Path, text: str, *, sync: bool = False) -> None:
    """Adds text to the end of a regular file, which is made if need be.

    Args:
        path: the file.
        text: to add.
        sync: wait until the disk has it.

    Raises:
        SketchRNNError: if it cannot be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK | _NO_WAIT
    try:
        _check_regular(path)
        with open(os.open(path, flags, 0o666), "ab") as file:
            file.write(text.encode())
            file.flush()
            if sync:
                os.fsync(file.fileno())
    except OSError as error:
        raise write_error(path, error) from error


def remove_irregular(path: Path) -> bool:
    """Removes a link, FIFO or device from the place of a file, and returns whether it did."""
    if not os.path.lexists(path) or _is_regular(path) or path.is_dir():
        return False
    path.unlink()
    return True


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _check_regular(path: Path) -> None:
    if os.path.lexists(path) and not _is_regular(path):
        raise SketchRNNError(f"{path}: not a regular file; remove it")
