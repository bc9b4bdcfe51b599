"""A studio with small models."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from studio_models import ADDRESS, LABELS, drawings_of, shelf_of, small_model

from sketch_rnn.studio.app import Studio
from sketch_rnn.studio.guard import Guard
from sketch_rnn.studio.sampler import Sampler


@pytest.fixture
def models():
    return {
        "labelled": small_model(labels=LABELS),
        "encoding": small_model(conditional=True, first_row="move"),
    }


@pytest.fixture
def studio(models) -> Studio:
    return Studio(shelf_of(**models))


@pytest.fixture
def client(studio) -> Iterator[TestClient]:
    with TestClient(Guard(studio.application(), "127.0.0.1"), base_url=ADDRESS) as client:
        yield client


@pytest.fixture
def sampler() -> Iterator[Sampler]:
    sampler = Sampler()
    sampler.start()
    yield sampler
    sampler.stop()


@pytest.fixture
def streamed(client):
    """Returns a function that asks for drawings, and returns what came of each, and its lines."""

    def ask(address: str, **request):
        response = client.post(address, json=request)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        events = [part.removeprefix("data: ") for part in response.text.split("\n\n") if part]
        return drawings_of([piece for event in events for piece in json.loads(event)])

    return ask
