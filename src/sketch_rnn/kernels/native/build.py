"""Compile the native code once and keep it for later processes."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, cast

import platformdirs

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import write_atomically
from sketch_rnn.kernels.native.library import Library

KernelSwitch = Literal["auto", "on", "off"]

SWITCH_VARIABLE: Final = "SKETCH_RNN_KERNELS"
SWITCHES: Final = ("auto", "on", "off")
SOURCE_FOLDER: Final = Path(__file__).parent / "source"
COMPILERS: Final = ("c++", "g++", "clang++")
FLAGS: Final = (
    *("-std=c++20", "-O3", "-march=native", "-fopenmp", "-fPIC", "-shared"),
    *("-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"),
)
COMPILE_SECONDS: Final = 300

logger = logging.getLogger(__name__)


def kernel_switch() -> KernelSwitch:
    """The value of the environment variable SKETCH_RNN_KERNELS, `auto` by default.

    Raises:
        SketchRNNError: if it is not auto, on or off.
    """
    value = os.environ.get(SWITCH_VARIABLE, "auto")
    if value not in SWITCHES:
        raise SketchRNNError(f"{SWITCH_VARIABLE}={value!r} must be one of {', '.join(SWITCHES)}")
    return cast(KernelSwitch, value)


@lru_cache(maxsize=4)
def compiled_library(switch: KernelSwitch, *, may_compile: bool) -> Library | None:
    """The compiled library, or None if it cannot be built.

    Args:
        switch: `off` for none; `auto` for None and a line in the log if it cannot be built; `on`
            for an error in that case.
        may_compile: compile it if it does not exist yet.

    Raises:
        SketchRNNError: if the switch is `on` and it cannot be built.
    """
    if switch == "off":
        return None
    try:
        return Library(str(library_path(may_compile=may_compile)))
    except _NotYetCompiled:
        return None
    except (OSError, subprocess.SubprocessError, SketchRNNError) as error:
        if switch == "on":
            raise SketchRNNError(f"{SWITCH_VARIABLE}=on: {reason_of(error)}") from error
        logger.warning("training runs several times slower than it could: %s", reason_of(error))
        return None


class _NotYetCompiled(Exception):  # noqa: N818
    """The library does not exist, and may not be compiled now."""


def library_path(*, may_compile: bool) -> Path:
    """The file of the compiled library for this processor, compiled if need be.

    Its name ends with the checksum of its content, because loading a file that was cut short kills
    the process. A damaged one is compiled again.

    Raises:
        SketchRNNError: if the system or a missing compiler does not allow it.
    """
    if sys.platform == "win32":
        raise SketchRNNError("the compiled kernels need Linux or macOS")
    compiler = _compiler()
    folder = platformdirs.user_cache_path("sketch-rnn") / "kernels"
    stem = f"sequence-{_fingerprint(compiler)}"
    path = _intact(folder, stem)
    if path is None:
        if not may_compile:
            raise _NotYetCompiled
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / f"{stem}.lock"):
            path = _intact(folder, stem) or _compile(compiler, folder, stem)
    return path


def _intact(folder: Path, stem: str) -> Path | None:
    """The first library whose checksum matches its name, or None."""
    for path in folder.glob(f"{stem}-*.so"):
        with suppress(OSError):
            if path.name == _named(stem, path.read_bytes()):
                return path
    return None


def _named(stem: str, content: bytes) -> str:
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:32]}.so"


def _compiler() -> str:
    for name in (os.environ.get("CXX", ""), *COMPILERS):
        found = name and shutil.which(name)
        if found:
            return found
    raise SketchRNNError("no C++ compiler was found: install g++ or clang++, or set CXX")


@lru_cache(maxsize=4)
def _fingerprint(compiler: str) -> str:
    """A name for this source, compiler and processor, because machines may share a home folder."""
    parts = [path.read_bytes() for path in sorted(SOURCE_FOLDER.iterdir())]
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True, timeout=60)  # noqa: S603
    parts += [version.stdout, " ".join(FLAGS).encode(), _processor().encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _processor() -> str:
    """A text that identifies the processor's instruction set."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = ("model name", "flags", "Features", "CPU part")
    chosen = sorted({line for line in lines if line.startswith(names)})
    return "\n".join([platform.machine(), platform.processor(), *chosen])


def _compile(compiler: str, folder: Path, stem: str) -> Path:
    """Compiles the library, and removes damaged ones and what killed compilations left."""
    _remove_leftovers(folder, stem)
    logger.warning("compiling the fast kernels, once, in some ten seconds ...")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"{stem}-") as place:
        made = Path(place) / "sequence.so"
        command = [compiler, *FLAGS, str(SOURCE_FOLDER / "sequence.cpp"), "-o", str(made)]
        subprocess.run(command, capture_output=True, check=True, timeout=COMPILE_SECONDS)  # noqa: S603
        content = made.read_bytes()
    path = folder / _named(stem, content)
    write_atomically(path, content)
    logger.warning("compiled the fast kernels in %.0f s", time.monotonic() - start)
    return path


def _remove_leftovers(folder: Path, stem: str) -> None:
    """Removes what is left of this stem, whose lock is held, and folders that version 0.1 left."""
    old = time.time() - 2 * COMPILE_SECONDS
    for path in folder.iterdir():
        is_ours = path.name.removeprefix(".").startswith(f"{stem}-")
        with suppress(OSError):
            if path.is_dir() and (is_ours or path.stat().st_mtime < old):
                shutil.rmtree(path)
            elif is_ours:
                path.unlink()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other processes out of the block that lock the same file."""
    import fcntl  # noqa: PLC0415  (not on Windows)

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def reason_of(error: Exception) -> str:
    """An error in one line; of a compiler, the first line with the word error."""
    if isinstance(error, subprocess.CalledProcessError):
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        last = next((line for line in lines if "error" in line), "no message")
        return f"{error.cmd[0]} could not compile the fast kernels ({last})"
    return str(error)
