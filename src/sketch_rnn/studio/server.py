"""Runs the studio: one process, on this machine only unless told otherwise."""

from __future__ import annotations

import asyncio
import secrets
import socket
import webbrowser
from collections.abc import Callable, Sequence
from typing import Any, Final

import h11
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sketch_rnn.dataset.dataset import load_dataset
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.native.build import compiled_library, kernel_switch
from sketch_rnn.studio.app import Studio
from sketch_rnn.studio.data import OfferedData
from sketch_rnn.studio.guard import JSON, LOOPBACK, Answer, Body, Guard, RefusedError
from sketch_rnn.studio.limits import BODY_BYTES, BODY_SECONDS, MOST_CONNECTIONS
from sketch_rnn.studio.shelf import Shelf

_SHUTDOWN_SECONDS: Final = 3


class _Protocol(H11Protocol):
    """Bounds connections: their number, and their time without a request that is answered."""

    def connection_made(self, transport: Any) -> None:
        """Gives the client some seconds for its first request."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self.app = _busy
        self._watch(None)

    def _watch(self, before: object) -> None:
        """Ends a connection that neither sends a whole request nor reads its answer.

        `close` would wait until the client has read what is left of the answer, maybe for ever.
        """
        if self not in self.connections:
            return
        is_idle = self.cycle is None or self.cycle.response_complete or self.transport.is_closing()
        now = (self.cycle, self.transport.get_write_buffer_size()) if is_idle else None
        if now is not None and now == before:
            self.transport.abort()
        else:
            self.loop.call_later(BODY_SECONDS, self._watch, now)

    def send_400_response(self, msg: str) -> None:
        """Refuses what is not HTTP, as JSON; closes the connection if an answer has begun."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            refused = RefusedError(400, "not a valid HTTP request")
            headers = [("content-type", JSON), ("connection", "close")]
            answer = h11.Response(status_code=400, headers=headers, reason="Bad Request")
            for event in (answer, h11.Data(data=refused.content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event))
        self.transport.close()


async def _busy(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one connection too many."""
    refused = RefusedError(503, "too many connections; try again in a moment")
    await Answer(send, Body(receive, BODY_BYTES)).refuse(refused)


def run_studio(
    models: Sequence[str],
    *,
    data: Sequence[str] = (),
    host: str,
    port: int,
    report: Callable[[str], None],
    open_page: bool = True,
    verbose: bool = False,
) -> None:
    """Serves the page until interrupted.

    Args:
        models: names or paths; the first one is shown first.
        data: a dataset to take drawings from, as for `load_dataset`; empty for none.
        host: where to listen; anything but this machine needs the token that is printed.
        port: 0 for a free one.
        report: told the address.
        open_page: whether to open the address in a browser.
        verbose: log a line for each request.

    Raises:
        SketchRNNError: if a model or the data cannot be loaded, or the port cannot be had.
    """
    shelf = Shelf.of(models)
    for name in models:
        shelf.model(name)
    offered = OfferedData(load_dataset(data) if data else None)
    compiled_library(kernel_switch(), may_compile=True)
    token = "" if host in LOOPBACK else secrets.token_urlsafe(24)
    listening = _listening(host, port)
    config = uvicorn_config(Guard(Studio(shelf, offered).application(), host, token, verbose))
    name = f"[{host}]" if ":" in host else host
    query = f"?token={token}" if token else ""
    address = f"http://{name}:{listening.getsockname()[1]}/{query}"
    _Server(config, address, report, open_page).run(sockets=[listening])


def uvicorn_config(guard: Guard) -> uvicorn.Config:
    """How uvicorn serves the studio: with bounded connections, and without writing a log."""
    return uvicorn.Config(
        guard,
        http=_Protocol,
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SketchRNNError(
            f"cannot listen on port {port} of {host}: {reason}; choose another with --port"
        ) from error


class _Server(uvicorn.Server):
    """A server that says its address when it listens."""

    def __init__(
        self,
        config: uvicorn.Config,
        address: str,
        report: Callable[[str], None],
        open_page: bool,
    ) -> None:
        super().__init__(config)
        self.address, self.report, self.open_page = address, report, open_page

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, and tells the address."""
        await super().startup(sockets)
        if not self.started:
            return
        self.report(f"studio at {self.address}  (stop with Ctrl+C)")
        if self.open_page:
            await asyncio.to_thread(webbrowser.open, self.address)
