"""End to end: the requests in docs/studio.md are answered as it says."""

from __future__ import annotations

import json
import re

import pytest
from starlette.testclient import TestClient
from studio_models import ADDRESS, drawings_of

from reference_folder import CHECKOUT
from sketch_rnn.studio.app import Studio
from sketch_rnn.studio.guard import Guard
from sketch_rnn.studio.shelf import Shelf

DOCUMENT = (CHECKOUT / "docs" / "studio.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```http\n(?:POST) (\S+)\n(.*?)```", DOCUMENT, re.S)


@pytest.fixture(scope="module")
def quickdraw():
    with TestClient(
        Guard(Studio(Shelf.of(["quickdraw"])).application(), "127.0.0.1"), base_url=ADDRESS
    ) as client:
        yield client


def test_there_are_examples():
    assert {path for path, _ in EXAMPLES} == {
        *("/api/draw", "/api/morph", "/api/combine", "/api/guess", "/api/inside"),
    }


@pytest.mark.parametrize(("path", "body"), EXAMPLES)
def test_an_example_is_answered(quickdraw, path, body):
    response = quickdraw.post(path, json=json.loads(body))
    assert response.status_code == 200, response.text
    if not response.headers["content-type"].startswith("text/event-stream"):
        assert len(response.json()) == (5 if path == "/api/guess" else 2)
        return
    events = [part.removeprefix("data: ") for part in response.text.split("\n\n") if part]
    drawn = drawings_of([piece for event in events for piece in json.loads(event)])
    assert len(drawn) == {"/api/draw": 2, "/api/morph": 5, "/api/combine": 3}[path]
    assert all(end in ("model", "limit") for _, end in drawn.values())


def test_the_table_of_requests_is_complete(quickdraw):
    named = set(re.findall(r"\| `(?:GET|POST) (/[\w/]+)", DOCUMENT))
    routes = {route.path for route in quickdraw.app.app.routes}
    assert named == {path for path in routes if path == "/health" or path.startswith("/api/")}
