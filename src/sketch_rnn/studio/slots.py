"""Work in threads, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")


class Slots:
    """Runs work in threads, some at a time, so that the sampler has a processor.

    A slot is free again when its work has ended, which may be later than its request has.

    Args:
        most: works at the same time.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def run(self, work: Callable[[], T], request: Request | None = None) -> T:
        """The result of some work, which is not begun if its client has left meanwhile."""
        return await asyncio.shield(asyncio.ensure_future(self._turn(work, request)))

    async def _turn(self, work: Callable[[], T], request: Request | None) -> T:
        async with self._free:
            if request is not None and await request.is_disconnected():
                raise ClientDisconnect
            return await asyncio.to_thread(work)
