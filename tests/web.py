"""A web server on this machine that answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """What a server has.

    Attributes:
        files: content by path, such as `/sheep/sheep.npz`.
        failures: how many requests are answered with status 503 first.
        num_missing: bytes at the end of every file that are announced but not sent.
        requests: paths that were asked for.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures = 0
        self.num_missing = 0
        self.requests: list[str] = []
        self.address = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        self.requests.append(path)
        if len(self.requests) <= self.failures:
            return 503, b""
        return (200, self.files[path]) if path in self.files else (404, b"")


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serves `site` at its `address` on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = site.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) - site.num_missing])

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
