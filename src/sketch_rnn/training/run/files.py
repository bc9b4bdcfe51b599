"""The files in a run's folder: their names, the lock, and access that no odd file can block."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import write_error
from sketch_rnn.io.budget import NO_WAIT
from sketch_rnn.trained import CONFIG_FILE
from sketch_rnn.zoo.locate import BEST_FILE, LAST_FILE, PREVIOUS_FILE

# Checkpoints to resume from, newest first. Each save moves every file one name further.
CHECKPOINT_FILES: Final = (LAST_FILE, PREVIOUS_FILE)
OTHER_BEST_FILE: Final = "best-on-other-data.safetensors"
RUN_FILE: Final = "run.json"
METRICS_FILE: Final = "metrics.csv"
NOTICES_FILE: Final = "notices.txt"
LOCK_FILE: Final = ".lock"

# A link would lead out of the folder; Windows has no such flag.
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


def append_text(path: Path, text: str, *, sync: bool = False) -> None:
    """Adds text to the end of a regular file, which is made if need be.

    Args:
        path: the file.
        text: to add.
        sync: wait until the disk has it.

    Raises:
        SketchRNNError: if it cannot be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_LINK | NO_WAIT
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
