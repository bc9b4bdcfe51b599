"""An installed Chromium, and a studio that it can open."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# As root there is no sandbox; the others keep it from talking to anyone.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@contextmanager
def studio_process(*arguments: str) -> Iterator[str]:
    """Runs the command in a process of its own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "sketch_rnn", "studio", "--no-open", "--port", str(port)]
    process = subprocess.Popen([*words, *arguments])
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(1200):
            with suppress(OSError):
                urllib.request.urlopen(f"{address}health", timeout=5).close()
                break
            assert process.poll() is None, "the studio ended"
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)
