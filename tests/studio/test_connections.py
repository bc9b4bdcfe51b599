"""Rates, clients that go, and connections that keep the server waiting."""

from __future__ import annotations

import asyncio
import json
import socket

import uvicorn
from starlette.testclient import TestClient
from studio_models import ADDRESS, refused, shelf_of, small_model

from sketch_rnn.studio import guard, server
from sketch_rnn.studio.app import Studio
from sketch_rnn.studio.guard import Guard, RateLimit
from sketch_rnn.studio.limits import REQUESTS_AT_ONCE
from sketch_rnn.studio.sampler import Sampler

DRAW_SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "method": "POST",
    "path": "/api/draw",
    "query_string": b"",
    "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
}
DRAW = {"model": "labelled"}


def test_requests_have_a_rate():
    now = 0.0
    limit = RateLimit(clock=lambda: now)
    assert all(limit.allows("a") for _ in range(REQUESTS_AT_ONCE))
    assert not limit.allows("a")
    assert limit.allows("b")
    now = 1.0
    assert limit.allows("a")


def test_too_many_requests_are_told_so(studio):
    now = 0.0
    guard = Guard(studio.application(), "127.0.0.1", rate=RateLimit(clock=lambda: now))
    with TestClient(guard, base_url=ADDRESS) as client:
        statuses = [client.get("/health").status_code for _ in range(REQUESTS_AT_ONCE)]
        assert set(statuses) == {200}
        refused(client.get("/health"), 429, "too many")


def test_too_many_drawings_are_told_so(studio, client):
    studio.num_streamed = 4_090
    refused(client.post("/api/draw", json=DRAW | {"count": 10}), 503, "busy")
    assert client.post("/api/draw", json=DRAW | {"count": 2}).status_code == 200


def test_drawing_stops_when_the_client_goes(monkeypatch):
    """Drawings that would take 400 calls of the loop and more get only a few."""
    studio = Studio(shelf_of(endless=small_model(end_logit=-30.0)))
    calls, advance = [], Sampler._advance

    def counted(sampler, chosen):
        calls.append(len(chosen))
        advance(sampler, chosen)

    monkeypatch.setattr(Sampler, "_advance", counted)
    body = json.dumps({"model": "endless", "count": 400, "limit": 1000}).encode()
    sent = []

    async def ask_and_go():
        gone = asyncio.Event()
        to_receive = [{"type": "http.request", "body": body}]

        async def receive():
            if to_receive:
                return to_receive.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if message.get("body"):
                gone.set()

        app = studio.application()
        async with app.router.lifespan_context(app):
            await Guard(app, "127.0.0.1")(DRAW_SCOPE, receive, send)
            async with asyncio.timeout(60):
                while studio.sampler.num_open:
                    await asyncio.sleep(0.01)

    asyncio.run(ask_and_go())
    assert sent[0]["status"] == 200
    assert studio.num_streamed == 0
    assert 0 < len(calls) < 200


def test_a_body_that_never_ends_is_not_waited_for(studio, monkeypatch):
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.05)
    pieces = [{"type": "http.request", "body": b"{", "more_body": True}]
    sent = []

    async def receive():
        return pieces.pop() if pieces else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    app = Guard(studio.application(), "127.0.0.1")
    asyncio.run(app(DRAW_SCOPE, receive, send))
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"]) == {"error": "the body took more than 0.05 s"}


def test_a_connection_that_asks_nothing_is_closed(studio, monkeypatch):
    monkeypatch.setattr(server, "BODY_SECONDS", 0.05)
    config = server.uvicorn_config(Guard(studio.application(), "127.0.0.1"))

    async def connect():
        running = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = asyncio.create_task(running.serve(sockets=[listening]))
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            async with asyncio.timeout(60):
                assert await reader.read() == b""
            writer.close()
            running.should_exit = True
            await serving

    asyncio.run(connect())
