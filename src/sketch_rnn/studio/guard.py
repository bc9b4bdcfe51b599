"""Who may ask, how often, how much and for how long: checked before a request is looked at."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ipaddress
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sketch_rnn.studio.limits import (
    BODY_BYTES,
    BODY_SECONDS,
    DRAWING_SECONDS,
    FILE_BYTES,
    REQUESTS_AT_ONCE,
    REQUESTS_PER_SECOND,
)
from sketch_rnn.text import one_line

JSON: Final = "application/json"
COOKIE: Final = "sketch_rnn_token"
FILE_PATH: Final = "/api/read"
_ANSWER_SECONDS: Final = DRAWING_SECONDS + 30
# How long a refused request may pause while its body is dropped.
_DISCARD_SECONDS: Final = 1.0
_MOST_ADDRESSES: Final = 10_000
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

logger = logging.getLogger(__name__)


class RefusedError(Exception):
    """A request that is not answered.

    Attributes:
        status: of HTTP.
        reason: one line.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason

    @property
    def content(self) -> bytes:
        """The JSON of the answer."""
        return json.dumps({"error": self.reason}).encode()


@dataclass
class RateLimit:
    """A bucket of requests for each address, which fills up again at a steady rate."""

    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def allows(self, address: str) -> bool:
        """Whether this address may ask now; counts the request if so."""
        now = self.clock()
        left, last = self._buckets.pop(address, (float(REQUESTS_AT_ONCE), now))
        left = min(left + (now - last) * REQUESTS_PER_SECOND, REQUESTS_AT_ONCE)
        is_allowed = left >= 1
        self._buckets[address] = (left - is_allowed, now)
        while len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return is_allowed


@dataclass
class Guard:
    """An ASGI application around another one, which lets through what may be answered.

    Attributes:
        app: the application.
        host: the name or address that the server listens on.
        token: what a request must show; empty where only this machine can ask.
        verbose: whether to log a line for each request.
    """

    app: ASGIApp
    host: str
    token: str = ""
    verbose: bool = False
    rate: RateLimit = field(default_factory=RateLimit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it with one line."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = Body(receive, FILE_BYTES if scope["path"] == FILE_PATH else BODY_BYTES)
        answer = Answer(send, body)
        try:
            headers = _checked_headers(scope)
            self._check(scope, headers)
            if self.token and await self._welcomed(scope, headers, answer):
                return
            body.check_length(headers)
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self.app(scope, body, answer)
        except RefusedError as refused:
            await answer.refuse(refused)
        except TimeoutError:
            await answer.refuse(RefusedError(408, "the request took too long"))
        finally:
            if self.verbose:
                path = one_line(scope["path"])
                logger.info("%s %s %s %.0f ms", scope["method"], path, answer.status, answer.ms)

    def _check(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Raises RefusedError for a request of another site, or one of too many."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise RefusedError(403, "wrong Host; open the address that the studio printed")
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != host:
            raise RefusedError(403, "wrong Origin; other sites may not use the studio")
        if headers.get("sec-fetch-site", "none") == "cross-site" and scope["path"] != "/":
            raise RefusedError(403, "other sites may not use the studio")
        address = (scope.get("client") or ("", 0))[0]
        if not self.rate.allows(address):
            raise RefusedError(429, "too many requests; wait a second")

    def _is_ours(self, host: str) -> bool:
        """Whether a browser that sends this Host was led here by our own address.

        Another site's name could be made to lead here (DNS rebinding); an address of numbers
        could not.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in LOOPBACK or name == self.host.lower():
            return True
        return bool(self.token) and _is_address(name)

    async def _welcomed(self, scope: Scope, headers: Mapping[str, str], answer: Answer) -> bool:
        """Whether the request was the first one, and has been given its cookie.

        Raises:
            RefusedError: if it shows no token.
        """
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and self._fits(given):
            cookie = f"{COOKIE}={self.token}; HttpOnly; SameSite=Strict; Path=/"
            await answer.redirect("/", cookie)
            return True
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if not self._fits(_cookie(headers)) and not self._fits(bearer):
            raise RefusedError(401, "open the address with the token that the studio printed")
        return False

    def _fits(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())


def _checked_headers(scope: Scope) -> dict[str, str]:
    """The headers by lower-case name.

    Raises:
        RefusedError: if one that decides something comes twice.
    """
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    names = [name for name, _ in pairs]
    if any(names.count(name) > 1 for name in ("host", "origin", "content-length")):
        raise RefusedError(400, "a header comes twice")
    return dict(pairs)


def _netloc(url: str) -> str:
    """The host and port of a URL, empty if it is not one."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


class Body:
    """Receives a request's body, up to a size and within a time."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.receive, self.most = receive, most
        self.taken = 0
        self.is_whole = False
        self.deadline = time.monotonic() + BODY_SECONDS

    def check_length(self, headers: Mapping[str, str]) -> None:
        """Raises RefusedError if the body is announced as too large."""
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.most:
            raise self._too_large()

    async def discard(self) -> None:
        """Reads the rest while it comes: a client still sending when we close sees no answer."""
        with contextlib.suppress(TimeoutError):
            while not self.is_whole and time.monotonic() < self.deadline:
                async with asyncio.timeout(_DISCARD_SECONDS):
                    message = await self.receive()
                self.is_whole = not message.get("more_body", False)

    async def __call__(self) -> Message:
        """The next part of the body."""
        if self.is_whole:
            return await self.receive()
        try:
            async with asyncio.timeout(max(self.deadline - time.monotonic(), 0)):
                message = await self.receive()
        except TimeoutError as error:
            raise RefusedError(408, f"the body took more than {BODY_SECONDS:g} s") from error
        if message["type"] == "http.request":
            self.taken += len(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
            if self.taken > self.most:
                raise self._too_large()
        return message

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"the body may have {self.most:,} bytes")


class Answer:
    """Sends an answer with the headers that all have, when the request is read or dropped."""

    def __init__(self, send: Send, body: Body) -> None:
        self.send, self.body = send, body
        self.status = 0
        self.begin = time.monotonic()

    @property
    def ms(self) -> float:
        """Milliseconds since the request came."""
        return (time.monotonic() - self.begin) * 1000

    async def __call__(self, message: Message) -> None:
        """Sends a part of the answer."""
        if message["type"] == "http.response.start":
            await self.body.discard()
            self.status = message["status"]
            extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await self.send(message)

    async def refuse(self, refused: RefusedError) -> None:
        """Answers with one line, unless an answer has begun."""
        if not self.status:
            await self._whole(refused.status, refused.content, [("content-type", JSON)])

    async def redirect(self, place: str, cookie: str) -> None:
        """Sends the browser to another address, with a cookie."""
        await self._whole(303, b"", [("location", place), ("set-cookie", cookie)])

    async def _whole(self, status: int, content: bytes, headers: list[tuple[str, str]]) -> None:
        named: list[tuple[bytes, bytes]] = [(a.encode(), b.encode()) for a, b in headers]
        named += [(b"content-length", str(len(content)).encode()), (b"connection", b"close")]
        start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": named}
        await self(start)
        await self.send({"type": "http.response.body", "body": content})
