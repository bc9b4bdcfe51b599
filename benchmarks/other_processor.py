"""Builds the kernels as for another processor, to measure what its owners can expect."""

from __future__ import annotations

import os
import shlex
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch


@contextmanager
def built_for(march: str | None) -> Iterator[None]:
    """Compiles for `march` within the block, in a cache of its own; None is this processor."""
    if march is None:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        compiler = Path(folder) / "compiler"
        real = os.environ.get("CXX") or "c++"
        # The last of several -march counts.
        compiler.write_text(f'#!/bin/sh\nexec {shlex.quote(real)} "$@" -march={march}\n')
        compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
        with (
            patch.dict(os.environ, CXX=str(compiler)),
            patch("platformdirs.user_cache_path", lambda _: Path(folder)),
        ):
            yield
