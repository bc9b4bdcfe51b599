"""Hostile requests: each is refused with one line, and the server keeps running."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from studio_models import ADDRESS, refused, shelf_of, small_model

from sketch_rnn.studio.answers import gif
from sketch_rnn.studio.app import Studio
from sketch_rnn.studio.guard import COOKIE, Guard
from sketch_rnn.studio.jobs import Job, Rows
from sketch_rnn.studio.limits import (
    BODY_BYTES,
    FILE_BYTES,
    FILE_POINTS,
    GIF_PIXELS,
    MOST_POINTS,
    UNPACKED_BYTES,
)
from sketch_rnn.studio.requests import GifRequest

JSON = {"content-type": "application/json"}
DEEP = "[" * 100_000
LINE = [[0, 0], [1, 1]]
DRAW = {"model": "labelled"}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (DEEP, "not JSON"),
        ("[]", "object"),
        ('"text"', "object"),
        ('{"model": "labelled", "temperature": NaN}', "NaN"),
        ('{"model": "labelled", "lines": [[[0, Infinity]]]}', "Infinity"),
        ('{"model": "labelled", "lines": [[[0, 1e999]]]}', "lines"),
        ('{"model": "labelled", "seed": ' + "9" * 5000 + "}", "not JSON"),
        ("\ufeff\x00", "not JSON"),
    ],
)
def test_bodies_that_are_no_request(client, body, word):
    refused(client.post("/api/draw", content=body.encode(), headers=JSON), 400, word)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": 7},
        {"model": "../../etc/passwd"},
        {"model": "http://example.com/model.safetensors"},
        {"model": "x" * 2000},
        {"count": 0},
        {"count": 10_000},
        {"count": 1.5},
        {"count": True},
        {"count": 399, "labels": ["cat", "pig"]},
        {"labels": ["nothing"]},
        {"labels": "cat"},
        {"labels": [["cat"]]},
        {"temperature": -1},
        {"temperature": 1e300},
        {"temperature": "hot"},
        {"rule": "magic"},
        {"strength": 2.0},
        {"strength": -1, "labels": ["cat"]},
        {"strength": 1e9, "labels": ["cat"]},
        {"seed": -1},
        {"seed": 2**64},
        {"limit": 10**9},
        {"add": 0},
        {"lines": [[[0, 0]] * 10_000]},
        {"lines": [[[0, 0, 0]]]},
        {"lines": [[["0", "0"]]]},
        {"lines": [[[1e9, 0]]]},
        {"lines": [[]]},
        {"lines": {"a": 1}},
        {"lines": [LINE], "latent": "magic"},
        {"lines": [LINE], "limit": 1},
        {"unknown": 1},
    ],
    ids=str,
)
def test_values_that_cannot_be(client, changes):
    refused(client.post("/api/draw", json=DRAW | changes), 400)


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        ("/api/morph", {**DRAW, "corners": []}),
        ("/api/morph", {**DRAW, "corners": [1, 2]}),
        ("/api/morph", {**DRAW, "corners": [{}, {}]}),
        ("/api/morph", {**DRAW, "corners": [{"label": "cat"}, {"seed": 1}]}),
        ("/api/morph", {**DRAW, "corners": [{"seed": 1}, {"seed": 2}]}),
        ("/api/morph", {**DRAW, "corners": [{"label": "cat"}] * 4, "steps": 100}),
        ("/api/morph", {"model": "encoding", "corners": [{"z": [1.0]}, {"seed": 2}]}),
        ("/api/morph", {"model": "encoding", "corners": [{"lines": []}, {"seed": 2}]}),
        ("/api/vary", {**DRAW, "lines": [LINE]}),
        ("/api/guess", {"model": "encoding", "lines": [LINE]}),
        ("/api/guess", {**DRAW, "lines": []}),
        ("/api/inside", {**DRAW, "lines": []}),
        ("/api/inside", {"model": "encoding", "lines": [LINE], "label": "cat"}),
        ("/api/gif", {"drawings": []}),
        ("/api/gif", {"drawings": [[]]}),
        ("/api/gif", {"drawings": [[LINE]], "seconds": 1e9}),
        ("/api/gif", {"drawings": [[LINE]], "color": "url(x)"}),
        ("/api/open", {}),
    ],
    ids=str,
)
def test_requests_that_a_model_cannot_answer(client, path, request_):
    refused(client.post(path, json=request_), 400)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.png", b"\x89PNG", "holds no drawings"),
        ("", b"", "holds no drawings"),
        ("../../a.json", b"[", "not JSON"),
        ("a.json", b"{}", "a.json"),
        ("a.svg", b"<svg", "a.svg"),
        ("a.npz", b"PK\x03\x04", "a.npz"),
        ("a.npy", b"\x93NUMPY", "a.npy"),
        ("a.svg/", b"<svg", "a.svg"),
        ("\x00\x1b.svg", b"<svg", r"\x00\x1b.svg"),
    ],
)
def test_files_that_are_none(client, name, content, word):
    response = client.post("/api/read", params={"name": name}, content=content)
    refused(response, 400, word)
    assert "/tmp" not in response.text


def test_bodies_have_a_size(client):
    refused(client.post("/api/draw", content=b"1" * (BODY_BYTES + 1), headers=JSON), 413)
    name = {"name": "a.json"}
    refused(client.post("/api/read", params=name, content=b"1" * (FILE_BYTES + 1)), 413)

    def pieces():
        for _ in range(20):
            yield b"1" * (BODY_BYTES // 10)

    refused(client.post("/api/draw", content=pieces(), headers=JSON), 413)


def test_only_json_is_taken(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        content = json.dumps(DRAW)
        refused(client.post("/api/draw", content=content, headers={"content-type": kind}), 415)


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/health/", "/%00", "/js/..%2f..%2fapp.py", "/js/", "/../app.py"],
)
def test_only_the_page_is_served(client, path):
    refused(client.get(path), 404)


def test_a_method_that_a_path_does_not_have(client):
    response = client.get("/api/draw")
    refused(response, 405)
    assert response.headers["allow"] == "POST"
    refused(client.post("/health"), 405)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "example.com"},
        {"host": "127.0.0.1.example.com"},
        {"host": "[::1"},
        {"host": ""},
        {"host": "10.0.0.1:8345"},
        {"origin": "http://example.com"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
def test_other_sites_are_refused(client, headers):
    refused(client.get("/api/models", headers=headers), 403)
    assert client.get("/api/models", headers={"origin": ADDRESS}).status_code == 200


def test_other_machines_need_the_token(studio):
    guard = Guard(studio.application(), "0.0.0.0", token="secret")
    with TestClient(guard, base_url="http://10.0.0.1:8345", follow_redirects=False) as client:
        refused(client.get("/"), 401)
        refused(client.get("/?token=guess"), 401)
        refused(client.get("/api/models", headers={"authorization": "Bearer guess"}), 401)
        refused(client.get("/", headers={"host": "example.com"}), 403)
        allowed = client.get("/api/models", headers={"authorization": "Bearer secret"})
        assert allowed.status_code == 200
        welcome = client.get("/?token=secret")
        assert welcome.status_code == 303
        assert welcome.headers["location"] == "/"
        assert "HttpOnly; SameSite=Strict" in welcome.headers["set-cookie"]
        assert client.cookies[COOKIE] == "secret"
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("unpacked", [b" ", b"[" * 1000])
def test_gzip_files_that_unfold_without_end(client, unpacked):
    content = gzip.compress(unpacked * (2 * UNPACKED_BYTES // len(unpacked)))
    assert len(content) < FILE_BYTES
    response = client.post("/api/read", params={"name": "a.ndjson.gz"}, content=content)
    refused(response, 400, "a.ndjson.gz")


@pytest.mark.parametrize(
    ("rows", "word"), [(UNPACKED_BYTES // 4, "refused"), (FILE_POINTS + 1, "points")]
)
def test_arrays_that_unfold_without_end(client, rows, word):
    file = io.BytesIO()
    np.savez_compressed(file, train=np.zeros((rows, 3), np.int16))
    assert len(file.getvalue()) < FILE_BYTES
    response = client.post("/api/read", params={"name": "a.npz"}, content=file.getvalue())
    refused(response, 400, "a.npz", word)


def test_an_answer_has_no_more_points_than_it_may(client):
    drawing = [[[n, n % 7] for n in range(MOST_POINTS)]]
    content = json.dumps([drawing] * (FILE_POINTS // MOST_POINTS + 5)).encode()
    answer = client.post("/api/read", params={"name": "a.json"}, content=content).json()
    assert len(answer["drawings"]) == FILE_POINTS // MOST_POINTS


@pytest.mark.parametrize("key", ["\ud800", "\x1b[31m", "\u202e", "k" * 10_000])
def test_messages_can_be_shown(client, key):
    response = client.post("/api/open", content=json.dumps({key: 1}), headers=JSON)
    refused(response, 400, "unknown")
    assert response.json()["error"].isprintable()


def test_messages_do_not_repeat_drawings(client):
    lines = [[[[x + y / 7, y] for x in range(9)]] * 9 for y in range(9)]
    refused(client.post("/api/guess", json=DRAW | {"lines": lines}), 400, "points at most")


def test_the_content_type_has_no_case(client):
    kind = {"content-type": "Application/JSON"}
    assert client.post("/api/open", content=json.dumps(DRAW), headers=kind).status_code == 200


def test_names_that_utf_8_cannot_encode_are_served():
    studio = Studio(shelf_of(**{"caf\udce9": small_model()}))
    with TestClient(studio.application(), base_url=ADDRESS) as client:
        name = client.get("/api/models").json()[0]["name"]
        content = json.dumps({"model": name})
        assert client.post("/api/open", content=content, headers=JSON).json()["name"] == name


def test_numbers_that_become_infinite_are_an_error():
    model = small_model()
    model.profile = replace(model.profile, scale=1e-30, typical_size=0.0)
    with TestClient(Studio(shelf_of(labelled=model)).application(), base_url=ADDRESS) as client:
        refused(client.post("/api/inside", json=DRAW | {"lines": [LINE]}), 400, "infinite")
    ends = []
    job = Job(model, None, pytest.fail, ends.append, deadline=0, left=1)
    job.take(Rows(0, np.array([[np.inf, 0, 1, 0, 0]]), ended=True, cut=False))
    job.tell()
    assert "infinite" in str(*ends)


def test_a_gif_has_a_size(client):
    drawings = [[LINE]] * 200
    refused(client.post("/api/gif", json={"drawings": drawings, "seconds": 30}), 400, "too much")
    request = GifRequest(drawings=[[LINE]] * 60, seconds=8.0)
    picture = Image.open(io.BytesIO(gif(request)))
    assert picture.width * picture.height * picture.n_frames < 1.1 * GIF_PIXELS


def test_an_error_of_our_own_is_json_too(studio, monkeypatch):
    monkeypatch.setattr(studio.shelf, "info", lambda _: 1 / 0)
    app = studio.application()
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        refused(client.post("/api/open", json=DRAW), 500, "see the server's log")


def test_the_server_goes_on(client):
    for body in (b"{", DEEP.encode(), b"\xff"):
        client.post("/api/draw", content=body, headers=JSON)
    assert client.post("/api/draw", json=DRAW).status_code == 200
