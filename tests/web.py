"""A web server on this machine that answers, and misbehaves, as it is told."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """What a server has, and how it behaves.

    Attributes:
        files: content by path, such as `/sheep/sheep.npz`.
        failures: how many requests are answered with status 503 first.
        num_missing: bytes at the end of every file that are announced but not sent.
        cuts: after how many bytes of content the next answers end, one number for each.
        resumes: whether it names versions of files and sends parts of them.
        announces: whether it says how long files are.
        refuses_ranges: whether requests for a part are answered with status 416.
        redirects: other addresses by path.
        encoding: in which it says that files are packed, such as `gzip`.
        pauses: seconds to wait in the middle of the next answers, one number for each.
        requests: paths that were asked for.
        ranges: the parts that were asked for, empty for a whole file.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures = 0
        self.num_missing = 0
        self.cuts: list[int] = []
        self.resumes = False
        self.announces = True
        self.pauses: list[float] = []
        self.refuses_ranges = False
        self.redirects: dict[str, str] = {}
        self.encoding = ""
        self.requests: list[str] = []
        self.ranges: list[str] = []
        self.address = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        self.requests.append(path)
        if len(self.requests) <= self.failures:
            return 503, b""
        return (200, self.files[path]) if path in self.files else (404, b"")

    def version(self, path: str) -> str:
        return f'"{hashlib.sha256(self.files[path]).hexdigest()}"'

    def headers(self, path: str, start: int) -> dict[str, str]:
        """What is said about a file, sent from its byte `start` on."""
        last = len(self.files[path]) - 1
        return (
            ({"Content-Range": f"bytes {start}-{last}/*"} if start else {})
            | ({"ETag": self.version(path)} if self.resumes else {})
            | ({"Content-Encoding": self.encoding} if self.encoding else {})
        )


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serves `site` at its `address` on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = site.answer(self.path)
            wanted = self.headers.get("Range", "")
            site.ranges.append(wanted)
            if self.path in site.redirects or (wanted and site.refuses_ranges):
                self.send_response(302 if self.path in site.redirects else 416)
                self.send_header("Location", site.redirects.get(self.path, ""))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            same = site.resumes and status == 200
            same = same and self.headers.get("If-Range") == site.version(self.path)
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and same else 0
            self.send_response(206 if start else status)
            if status == 200:
                for header in site.headers(self.path, start).items():
                    self.send_header(*header)
            content = content[start:]
            if site.announces:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.send(content[: len(content) - site.num_missing])

        def send(self, content: bytes) -> None:
            end = site.cuts.pop(0) if site.cuts else len(content)
            pause = site.pauses.pop(0) if site.pauses else 0.0
            self.wfile.write(content[: end // 2])
            self.wfile.flush()
            if pause:
                threading.Event().wait(pause)  # tests make time.sleep take no time
            self.wfile.write(content[end // 2 : end])

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """Says nothing about a reader who went away."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
