"""Contract: the page's modules have the types that their comments say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TSC = shutil.which("tsc", path=str(HERE / "node_modules" / ".bin")) or shutil.which("tsc")


@pytest.mark.skipif(TSC is None, reason="no tsc: npm install --prefix tests/studio")
def test_types():
    done = subprocess.run([TSC, "-p", HERE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
