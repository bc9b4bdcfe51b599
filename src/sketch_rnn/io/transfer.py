"""Download one file into a part file, from which a later attempt resumes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import requests

Progress = Callable[[int, int | None], None]

TIMEOUT: Final = 30.0

_CHUNK: Final = 2**16
# The largest published file is below 1 GB.
_MOST_BYTES: Final = 8 * 2**30
_MOST_SECONDS: Final = 24 * 3600.0
# After a grace period, a slower server counts as silent.
_LEAST_SPEED: Final = 1000.0
_GRACE: Final = 60.0
_MAY_PASS: Final = (408, 425, 429, 500, 502, 503, 504)
_FORBIDDEN: Final = (401, 403, 407)


class RefusedError(ValueError):
    """The server will not send the file, now or later."""


class CutShortError(ValueError):
    """The connection failed or ended early; another attempt may succeed."""


class TooSlowError(CutShortError):
    """The server sends so little that it counts as no progress."""


class Transfer:
    """A download into a part file, which can be resumed while the server's file is the same.

    A file beside the part file holds the server's name for this version of its file (ETag or date).
    Without one, the download starts again, since the rest might not match the beginning.

    Args:
        address: where the file is.
        part: the part file.
        size: of the file in bytes, if known.
        on_progress: called with the bytes received and the bytes in total, None if unknown.
    """

    def __init__(
        self, address: str, part: Path, size: int | None, on_progress: Progress | None
    ) -> None:
        self.part = part
        self._address = address
        self._size = size
        self._on_progress = on_progress
        self._version_file = part.with_name(f"{part.name}.json")
        self._begun = time.monotonic()
        self._was_refused = False

    @property
    def num_bytes(self) -> int:
        """The number of bytes in the part file."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def receive(self) -> None:
        """Receives the rest of the file.

        Raises:
            CutShortError: if the connection failed or ended too early, or the server asks to come
                back later.
            RefusedError: if the server refuses, or sends a file of another size.
            OSError: if the request fails, or the part file cannot be written.
        """
        version = self._version()
        headers = {"Accept-Encoding": "identity"}
        if version and self.num_bytes:
            headers |= {"Range": f"bytes={self.num_bytes}-", "If-Range": version}
        try:
            self._request(headers)
        except BaseException:
            if not self._version():
                self.discard()
            raise

    def finish(self, path: Path) -> None:
        """Moves the complete file to its place."""
        os.replace(self.part, path)
        self.discard()

    def discard(self) -> None:
        """Removes the part file."""
        self.part.unlink(missing_ok=True)
        self._version_file.unlink(missing_ok=True)

    def _request(self, headers: dict[str, str]) -> None:
        # Imported here, because it takes longer than making a drawing.
        import requests  # noqa: PLC0415

        try:
            with requests.get(
                self._address,
                headers=headers,
                stream=True,
                timeout=TIMEOUT,
                hooks={"response": _check_redirect},
            ) as response:
                self._receive(response)
        except requests.Timeout as error:
            raise CutShortError("the server does not answer") from error
        except requests.ConnectionError as error:
            raise CutShortError("the connection failed") from error

    def _receive(self, response: requests.Response) -> None:
        start = self._start(response)
        total = self._total(response, start)
        if start == 0:
            self.discard()
            self._note_version(response)
        self._report(start, total)
        done, most = start, _MOST_BYTES if self._size is None else self._size
        clock = time.monotonic()
        with self.part.open("ab") as file:
            for chunk in _chunks(response):
                file.write(chunk)
                done += len(chunk)
                self._report(done, total)
                if done > most:
                    break
                self._check_time(done - start, clock)
            file.flush()
            os.fsync(file.fileno())
        self._check_size(done, total)

    def _check_time(self, received: int, clock: float) -> None:
        """Raises an error if the whole download takes too long, or this response is too slow.

        Args:
            received: bytes of this response so far.
            clock: time when it began.
        """
        now = time.monotonic()
        if now - self._begun > _MOST_SECONDS:
            raise RefusedError(f"it has taken more than {_MOST_SECONDS / 3600:g} hours")
        if now - clock > _GRACE and received < _LEAST_SPEED * (now - clock):
            raise TooSlowError(f"the server sends less than {_LEAST_SPEED:,.0f} bytes a second")

    def _check_size(self, done: int, total: int | None) -> None:
        if total is not None and done < total:
            raise CutShortError(f"the connection ended after {done:,} of {total:,} bytes")
        if self._size is not None and done != self._size:
            self.discard()
            raise RefusedError(
                f"the download is not a file of {self._size:,} bytes, as it should be"
            )
        if done > _MOST_BYTES:
            self.discard()
            raise RefusedError(f"the file is larger than {_MOST_BYTES:,} bytes")

    def _start(self, response: requests.Response) -> int:
        """The place in the file where this response begins."""
        status = response.status_code
        if status == 206 and self._continues(response):
            return self.num_bytes
        if status in (206, 416):
            # The part does not belong to the server's file: start again, but only once.
            self.discard()
            if self._was_refused:
                raise RefusedError("the server does not send the rest of the file")
            self._was_refused = True
            raise CutShortError("the server has another file now")
        if status in _MAY_PASS:
            raise CutShortError(f"the server answers {status} {response.reason}")
        if status != 200:
            why = ": it wants a login, or a proxy blocks it" if status in _FORBIDDEN else ""
            raise RefusedError(f"the server answers {status} {response.reason}{why}")
        return 0

    def _continues(self, response: requests.Response) -> bool:
        place = response.headers.get("Content-Range", "")
        return place.startswith(f"bytes {self.num_bytes}-")

    def _total(self, response: requests.Response, start: int) -> int | None:
        """The size of the whole file, as the server announces it."""
        length = response.headers.get("Content-Length", "")
        if not length.isdigit() or response.headers.get("Content-Encoding"):
            return self._size
        return start + int(length)

    def _report(self, done: int, total: int | None) -> None:
        if self._on_progress is not None:
            self._on_progress(done, total)

    def _version(self) -> str | None:
        """The server's name for the version of the part file."""
        try:
            content: Any = json.loads(self._version_file.read_bytes())
        except (OSError, ValueError):
            return None
        is_ours = isinstance(content, dict) and content.get("address") == self._address
        return str(content["version"]) if is_ours and content.get("version") else None

    def _note_version(self, response: requests.Response) -> None:
        tag = response.headers.get("ETag", "")
        # Weak tags promise the same meaning, not the same bytes.
        version = tag if tag and not tag.startswith("W/") else None
        version = version or response.headers.get("Last-Modified")
        if version and response.headers.get("Accept-Ranges") != "none":
            content = {"address": self._address, "version": version}
            self._version_file.write_text(json.dumps(content))


def _check_redirect(response: requests.Response, **_: Any) -> None:
    """Raises RefusedError for a redirect to another host without https."""
    if not response.is_redirect:
        return
    target = urlsplit(urljoin(response.url, response.headers["Location"]))
    if target.scheme != "https" and target.hostname != urlsplit(response.url).hostname:
        response.close()
        raise RefusedError(f"the server redirects to {target.hostname} without https")


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yields the content as it arrives, until the response or the connection ends.

    `iter_content` would wait for whole chunks, for hours if the server sends a byte at a time.
    """
    from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError  # noqa: PLC0415

    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            yield chunk
    except ProtocolError:
        return
    except ReadTimeoutError as error:
        raise CutShortError("the server does not answer") from error
    except HTTPError as error:
        raise CutShortError("the connection failed") from error
