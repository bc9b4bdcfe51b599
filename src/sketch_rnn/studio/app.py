"""The web application: the page's files, and the JSON API under `/api`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.loop import Task
from sketch_rnn.options import Options
from sketch_rnn.studio import answers
from sketch_rnn.studio.data import OfferedData
from sketch_rnn.studio.guard import RefusedError
from sketch_rnn.studio.jobs import Job, Rows
from sketch_rnn.studio.limits import AT_ONCE, DRAWING_SECONDS, MOST_OPEN
from sketch_rnn.studio.pieces import Tracer
from sketch_rnn.studio.replies import HANDLERS, Json
from sketch_rnn.studio.requests import (
    CombineRequest,
    DataRequest,
    DrawRequest,
    GifRequest,
    GuessRequest,
    InsideRequest,
    MapRequest,
    ModelRequest,
    MorphRequest,
    VaryRequest,
    checked_object,
    refuse_constant,
)
from sketch_rnn.studio.sampler import Sampler
from sketch_rnn.studio.shelf import Shelf
from sketch_rnn.studio.slots import Slots
from sketch_rnn.trained import SketchRNN

R = TypeVar("R", bound=Options)

_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_PAGE: Final = resources.files("sketch_rnn.studio") / "page"

Event = list[dict[str, Any]] | SketchRNNError | None


class _Mail:
    """Brings events from the sampler's thread to the answers' queues, many at a time."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.letters: deque[tuple[asyncio.Queue[Event], Event]] = deque()
        self.is_called_for = False

    def put(self, queue: asyncio.Queue[Event], event: Event) -> None:
        """Queues an event, from any thread; one wake-up of the loop delivers all of them."""
        self.letters.append((queue, event))
        if not self.is_called_for:
            self.is_called_for = True
            with contextlib.suppress(RuntimeError):  # the loop is closed while shutting down
                self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self.is_called_for = False  # first: what comes from now on calls again
        while self.letters:
            queue, event = self.letters.popleft()
            queue.put_nowait(event)


@dataclass(eq=False)
class Studio:
    """What the requests of the page share.

    Attributes:
        shelf: the models.
        data: the dataset, if one is open.
        sampler: draws.
        num_streamed: drawings of answers that are on their way.
    """

    shelf: Shelf
    data: OfferedData = field(default_factory=OfferedData)
    sampler: Sampler = field(default_factory=Sampler)
    num_streamed: int = 0
    _mail: _Mail = field(init=False)
    _preparing: Slots = field(default_factory=lambda: Slots(AT_ONCE))
    _answering: Slots = field(default_factory=lambda: Slots(AT_ONCE))

    def application(self) -> Starlette:
        """The ASGI application."""
        api: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/health", self.health),
            ("GET", "/api/models", self.models),
            ("POST", "/api/open", self.open),
            ("POST", "/api/draw", self.streaming(DrawRequest, answers.draw_task)),
            ("POST", "/api/morph", self.streaming(MorphRequest, answers.morph_task)),
            ("POST", "/api/combine", self.streaming(CombineRequest, answers.combine_task)),
            ("POST", "/api/vary", self.streaming(VaryRequest, answers.vary_task)),
            ("POST", "/api/guess", self.answering(GuessRequest, answers.guesses)),
            ("POST", "/api/inside", self.answering(InsideRequest, answers.inside)),
            ("GET", "/api/data", self.about_data),
            ("POST", "/api/data", self.drawings),
            ("POST", "/api/map", self.answering(MapRequest, self.data.map)),
            ("POST", "/api/gif", self.gif),
            ("POST", "/api/read", self.read),
        ]
        routes = [Route(path, handler, methods=[method]) for method, path, handler in api]
        app = Starlette(
            routes=[*routes, *_page_routes()],
            exception_handlers=HANDLERS,
            lifespan=self._lifespan,
        )
        app.router.redirect_slashes = False
        return app

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._mail = _Mail()
        self.sampler.start()
        yield
        await asyncio.to_thread(self.sampler.stop)

    async def health(self, _request: Request) -> Response:
        """Says that the server is there, and how busy."""
        return Json({"status": "ok", "drawing": self.sampler.num_open})

    async def models(self, _request: Request) -> Response:
        """Lists the models."""
        names = [{"name": name, "about": about} for name, about in self.shelf.about.items()]
        return Json(names)

    async def open(self, request: Request) -> Response:
        """Loads a model and says what it can do."""
        wanted = await _parsed(request, ModelRequest)
        return Json(await self._preparing.run(lambda: self.shelf.info(wanted.model), request))

    async def about_data(self, _request: Request) -> Response:
        """Says which dataset is open."""
        return Json(self.data.info())

    async def drawings(self, request: Request) -> Response:
        """Drawings of the dataset."""
        wanted = await _parsed(request, DataRequest)
        return Json(await self._preparing.run(lambda: self.data.drawings(wanted), request))

    async def gif(self, request: Request) -> Response:
        """Makes a moving picture."""
        wanted = await _parsed(request, GifRequest)
        content = await self._answering.run(lambda: answers.gif(wanted), request)
        return Response(content, media_type="image/gif")

    async def read(self, request: Request) -> Response:
        """Reads the drawings of a file."""
        name, content = request.query_params.get("name", ""), await request.body()
        drawings = await self._answering.run(lambda: answers.read_file(name, content), request)
        return Json(drawings)

    def answering(
        self, kind: type[R], answer: Callable[[SketchRNN, R], Any]
    ) -> Callable[[Request], Any]:
        """A handler that answers with what a function makes of a model and a request."""

        async def handler(request: Request) -> Response:
            wanted = await _parsed(request, kind)

            def work() -> Any:
                return answer(self._model(wanted), wanted)

            return Json(await self._answering.run(work, request))

        return handler

    def streaming(
        self, kind: type[R], make_task: Callable[[SketchRNN, R], Task]
    ) -> Callable[[Request], Any]:
        """A handler that answers with drawings while they are drawn, as server-sent events."""

        async def handler(request: Request) -> Response:
            wanted = await _parsed(request, kind)
            model, task = await self._preparing.run(
                lambda: (model := self._model(wanted), make_task(model, wanted)), request
            )
            count = len(task.numbers)
            if self.num_streamed + count > MOST_OPEN:
                raise RefusedError(503, "the studio is busy; try again in a moment")
            return StreamingResponse(self._events(model, task), media_type="text/event-stream")

        return handler

    async def _events(self, model: SketchRNN, task: Task) -> AsyncIterator[bytes]:
        """Yields an event for each call of the drawing loop; nobody reading ends the job."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        tracer = Tracer(task, model.profile)
        put = partial(self._mail.put, queue)

        def on_rows(parts: list[Rows]) -> None:
            put([tracer.piece(part) for part in parts])

        job = Job(model, task, on_rows, put, time.monotonic() + DRAWING_SECONDS)
        self.num_streamed += len(task.numbers)
        try:
            await self._preparing.run(lambda: self.sampler.add(job))
            while (event := await queue.get()) is not None:
                is_error = isinstance(event, SketchRNNError)
                yield _event({"error": str(event)} if is_error else event)
                if is_error:
                    return
        finally:
            job.cancelled = True
            self.num_streamed -= len(task.numbers)

    def _model(self, wanted: Any) -> SketchRNN:
        return self.shelf.model(wanted.model)


async def _parsed(request: Request, kind: type[R]) -> R:
    """The request in a body.

    Raises:
        SketchRNNError: if it is not JSON, or not such a request.
    """
    kind_sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind_sent != "application/json":
        raise RefusedError(415, "send JSON, with Content-Type: application/json")
    try:
        value = json.loads(await request.body(), parse_constant=refuse_constant)
    except (RecursionError, ValueError) as error:
        if isinstance(error, SketchRNNError):
            raise
        raise SketchRNNError("the body is not JSON") from error
    return kind.from_dict(checked_object(value))


def _event(value: Any) -> bytes:
    return f"data: {json.dumps(value, separators=(',', ':'))}\n\n".encode()


def _page_routes() -> list[Route]:
    """A route for each file of the page, and for no other."""
    folders = ((_PAGE, ""), (_PAGE / "js", "js/"))
    names = [f"{prefix}{item.name}" for folder, prefix in folders for item in folder.iterdir()]
    files = [name for name in names if "." in name and name.rpartition(".")[2] in _TYPES]
    return [
        Route("/" if name == "index.html" else f"/{name}", _file_handler(name)) for name in files
    ]


def _file_handler(name: str) -> Callable[[Request], Any]:
    media_type = _TYPES[name.rpartition(".")[2]]

    async def handler(_request: Request) -> Response:
        return Response(_PAGE.joinpath(name).read_bytes(), media_type=media_type)

    return handler
