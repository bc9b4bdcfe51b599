"""Fixtures that several tests share, and a line about the processor at the end of a run."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from sketch_rnn.threads import wait_passively

# Before PyTorch is imported, or the suite is several times slower beside a busy program.
wait_passively()

import torch  # noqa: E402

from processor import processor_line  # noqa: E402
from reference_folder import SHARED  # noqa: E402

# The suite runs in several processes; threads of their own would only get in their way.
torch.set_num_threads(1)

# Tests assert no times: a machine may be busy, or be paused.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the processor and the arithmetic chosen on it, since both differ by machine."""
    terminalreporter.write_line(processor_line())


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded runs and real drawings; skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"no folder {SHARED}: set SKETCH_RNN_SHARED to the reference material")
    return SHARED


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Makes a disk of 256 KB, where the system lets one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"cannot mount a small disk: {done.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)
