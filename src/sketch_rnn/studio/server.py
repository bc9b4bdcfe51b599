"""Runs the studio: one process, on this machine only unless told otherwise."""

from __future__ import annotations

import asyncio
import secrets
import webbrowser
from collections.abc import Callable, Sequence
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.kernels.native.build import compiled_library, kernel_switch
from sketch_rnn.studio.app import Studio
from sketch_rnn.studio.guard import Guard
from sketch_rnn.studio.limits import BODY_SECONDS, MOST_CONNECTIONS
from sketch_rnn.studio.shelf import Shelf

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_SHUTDOWN_SECONDS: Final = 3


class _Protocol(H11Protocol):
    """Drops connections that do not get round to sending a request."""

    def connection_made(self, transport: Any) -> None:
        """Gives the client some seconds for its first request."""
        super().connection_made(transport)
        self.loop.call_later(BODY_SECONDS, self._drop_if_silent)

    def _drop_if_silent(self) -> None:
        if getattr(self, "cycle", None) is None and not self.transport.is_closing():
            self.transport.close()


def run_studio(
    models: Sequence[str],
    *,
    host: str,
    port: int,
    report: Callable[[str], None],
    open_page: bool = True,
    verbose: bool = False,
) -> None:
    """Serves the page until interrupted.

    Args:
        models: names or paths; the first one is shown first.
        host: where to listen; anything but this machine needs the token that is printed.
        port: 0 for a free one.
        report: told the address.
        open_page: whether to open the address in a browser.
        verbose: log a line for each request.

    Raises:
        SketchRNNError: if a model cannot be loaded or the port cannot be had.
    """
    shelf = Shelf.of(models)
    for name in models:
        shelf.model(name)
    compiled_library(kernel_switch(), may_compile=True)
    token = "" if host in LOOPBACK else secrets.token_urlsafe(24)
    guard = Guard(Studio(shelf).application(), host, token, verbose)
    config = uvicorn.Config(
        guard,
        host=host,
        port=port,
        http=_Protocol,
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    server = _Server(config, token, report, open_page)
    server.run()
    if not server.started:
        raise SketchRNNError(f"port {port} of {host} cannot be used; choose another with --port")


class _Server(uvicorn.Server):
    """A server that says its address when it listens."""

    def __init__(
        self,
        config: uvicorn.Config,
        token: str,
        report: Callable[[str], None],
        open_page: bool,
    ) -> None:
        super().__init__(config)
        self.token, self.report, self.open_page = token, report, open_page

    async def startup(self, sockets: Any = None) -> None:
        """Listens, and tells the address."""
        await super().startup(sockets)
        if not self.started:
            return
        port = self.servers[0].sockets[0].getsockname()[1]
        name = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        address = f"http://{name}:{port}/" + (f"?token={self.token}" if self.token else "")
        self.report(f"studio at {address}  (stop with Ctrl+C)")
        if self.open_page:
            await asyncio.to_thread(webbrowser.open, address)
