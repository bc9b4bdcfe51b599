"""Rates, clients that go, and connections that keep the server waiting."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.testclient import TestClient
from studio_models import ADDRESS, refused, shelf_of, small_model

from sketch_rnn.studio import guard, server
from sketch_rnn.studio.app import Studio
from sketch_rnn.studio.guard import Guard, RateLimit
from sketch_rnn.studio.limits import REQUESTS_AT_ONCE
from sketch_rnn.studio.sampler import Sampler
from sketch_rnn.studio.slots import Slots

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


def answer_to(studio, sent):
    """Returns all that a server answers to these bytes until it closes the connection."""
    config = server.uvicorn_config(Guard(studio.application(), "127.0.0.1"))

    async def connect():
        running = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = asyncio.create_task(running.serve(sockets=[listening]))
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(sent)
            async with asyncio.timeout(60):
                answer = await reader.read()
            writer.close()
            running.should_exit = True
            await serving
        return answer

    return asyncio.run(connect())


HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
BEGUN = b"POST /api/open HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        (b"", 0),
        (HEALTH, 0),
        (HEALTH + b"\r\n" + HEALTH, 1),
        (BEGUN + b"Content-Length: 9\r\n\r\n{", 1),
    ],
)
def test_a_connection_that_asks_nothing_is_closed(studio, monkeypatch, sent, count):
    monkeypatch.setattr(server, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(guard, "_DISCARD_SECONDS", 0.01)
    assert answer_to(studio, sent).count(b"HTTP/1.1 ") == count


def test_a_client_that_reads_nothing_is_dropped(studio, monkeypatch):
    """After its answer was given up, the rest lies in a buffer that nobody empties."""
    monkeypatch.setattr(server, "BODY_SECONDS", 0.05)
    closing = SimpleNamespace(is_closing=lambda: True, get_write_buffer_size=lambda: 70_000)
    aborted = []
    closing.abort = lambda: aborted.append(True)
    unfinished = SimpleNamespace(response_complete=False)

    async def watch():
        loop = asyncio.get_running_loop()
        connection = server._Protocol.__new__(server._Protocol)
        connection.cycle, connection.transport, connection.loop = unfinished, closing, loop
        connection.connections = {connection}
        connection._watch(None)
        async with asyncio.timeout(60):
            while not aborted:
                await asyncio.sleep(0.01)

    asyncio.run(watch())


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\r\n\r\n", BEGUN + b"Content-Length: two\r\n\r\n"])
def test_what_is_not_http_is_refused_as_json(studio, sent):
    head, _, content = answer_to(studio, sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(content) == {"error": "not a valid HTTP request"}


def test_a_bad_body_after_its_answer_ends_the_connection(studio, caplog):
    chunked = BEGUN + b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    assert answer_to(studio, chunked).count(b"HTTP/1.1 ") == 1
    assert "Traceback" not in caplog.text


def test_too_many_connections_are_told_so(studio, monkeypatch):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 0)
    head, _, content = answer_to(studio, HEALTH + b"\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert "too many connections" in json.loads(content)["error"]


def asked(app, messages, path="/api/draw", kind=b"application/json"):
    """Returns what an application sends to a client from whom these messages come."""
    headers = [(b"host", b"127.0.0.1"), (b"content-type", kind)]
    sent, left = [], list(messages)

    async def receive():
        return left.pop(0) if left else await asyncio.Event().wait()

    async def send(message):
        sent.append((message, len(left)))

    asyncio.run(app(DRAW_SCOPE | {"path": path, "headers": headers}, receive, send))
    return sent


def test_a_client_that_leaves_within_its_body_is_no_error(studio):
    begun = {"type": "http.request", "body": b"{", "more_body": True}
    asked(Guard(studio.application(), "127.0.0.1"), [begun, {"type": "http.disconnect"}])


def test_a_refused_body_is_read_before_the_answer(studio):
    """A client that still sends when the connection is closed sees no answer."""
    pieces = [{"type": "http.request", "body": b"{", "more_body": n < 5} for n in range(6)]
    app = Guard(studio.application(), "127.0.0.1")
    for changes in ({"kind": b"text/plain"}, {"path": "/nothing"}):
        message, left = asked(app, pieces, **changes)[0]
        assert message["status"] in (404, 415)
        assert left == 0


def test_a_log_line_has_no_escapes(studio, caplog):
    with caplog.at_level("INFO"):
        app = Guard(studio.application(), "127.0.0.1", verbose=True)
        asked(app, [{"type": "http.request"}], path="/\x1b[2J\nGET /fake")
    assert len(caplog.messages) == 1
    assert caplog.messages[0].isprintable()


def test_a_slot_is_held_until_its_work_ends():
    release, order = threading.Event(), []

    async def run():
        slots = Slots(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await slots.run(release.wait)
        waiting = asyncio.create_task(slots.run(lambda: order.append("second")))
        await asyncio.sleep(0.05)
        assert order == []
        release.set()
        await waiting

    asyncio.run(run())
    assert order == ["second"]


def test_work_of_a_client_that_left_is_not_begun():
    async def gone():
        return {"type": "http.disconnect"}

    async def run():
        with pytest.raises(ClientDisconnect):
            await Slots(1).run(lambda: pytest.fail("begun"), Request(DRAW_SCOPE, gone))

    asyncio.run(run())
