"""What the JSON API answers."""

from __future__ import annotations

import copy
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from studio_models import LABELS, drawings_of

from sketch_rnn.generate.completion import complete
from sketch_rnn.generate.recognition import recognize
from sketch_rnn.generate.sampling import sample
from sketch_rnn.sketch import Sketch
from sketch_rnn.studio.answers import inside
from sketch_rnn.studio.requests import InsideRequest

LINES = [[[0.0, 0.0], [40.0, 10.0], [80.0, 60.0]], [[10.0, 70.0], [50.0, 75.0]]]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg"><path fill="none" stroke="#000" '
    'd="M0 0L40 10L80 60M10 70L50 75"/></svg>'
)


def assert_lines(found, expected):
    assert len(found) == len(expected)
    for line, points in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.array(line), points, atol=0.02)


def test_health_and_models(client):
    assert client.get("/health").json() == {"status": "ok", "drawing": 0}
    names = [model["name"] for model in client.get("/api/models").json()]
    assert names == ["labelled", "encoding"]


def test_open_says_what_a_model_can_do(client):
    info = client.post("/api/open", json={"model": "labelled"}).json()
    assert info["labels"] == list(LABELS)
    assert (info["latent"], info["encoder"], info["cell"]) == (False, False, "lstm")
    assert (info["longest"], info["size"], info["rule"]) == (40, 100.0, "paper")
    assert client.post("/api/open", json={"model": "encoding"}).json()["encoder"]


@pytest.mark.parametrize("name", ["labelled", "encoding"])
def test_new_drawings_are_those_of_sample(streamed, models, name):
    drawn = streamed("/api/draw", model=name, count=6, seed=3, temperature=0.7)
    samples = sample(models[name], 6, seed=3, temperature=0.7)
    assert sorted(drawn) == list(range(6))
    for number, sketch in enumerate(samples.sketches):
        lines, end = drawn[number]
        assert_lines(lines, sketch.polylines())
        assert end == ("model" if samples.ended[number] else "limit")


def test_each_label_is_drawn(streamed, models):
    drawn = streamed("/api/draw", model="labelled", count=2, labels=["pig", "cat"], seed=1)
    samples = sample(models["labelled"], 2, label=["pig", "cat"], seed=1)
    for number, sketch in enumerate(samples.sketches):
        assert_lines(drawn[number][0], sketch.polylines())


@pytest.mark.parametrize("continues", [False, True])
def test_endings_are_those_of_complete(streamed, models, continues):
    model = models["labelled"]
    drawn = streamed(
        "/api/draw",
        model="labelled",
        lines=LINES,
        count=4,
        labels=["cat"],
        seed=2,
        continues=continues,
    )
    part = Sketch.from_polylines(LINES)
    samples = complete(model, part, 4, label="cat", seed=2, pen_down=continues)
    for number, sketch in enumerate(samples.sketches):
        ending, _ = drawn[number]
        lines = [list(map(list, line)) for line in LINES]
        if ending and ending[0][0] is None:
            lines[-1] += ending[0][1:]
            ending = ending[1:]
        assert_lines(lines + ending, sketch.polylines())
    assert any(ending and ending[0][0] is None for ending, _ in drawn.values()) is continues


def test_an_ending_has_as_many_rows_as_asked(streamed):
    drawn = streamed("/api/draw", model="labelled", lines=LINES, count=5, add=3)
    counts = [sum(map(len, lines)) for lines, _ in drawn.values()]
    assert max(counts) == 3
    assert {end for _, end in drawn.values()} & {"limit"}


@pytest.mark.parametrize("corners", [2, 4])
def test_a_morph_goes_from_corner_to_corner(streamed, models, corners):
    names = [LABELS[number % 3] for number in range(corners)]
    wanted = [{"label": name} for name in names]
    drawn = streamed("/api/morph", model="labelled", steps=3, corners=wanted, seed=4)
    assert len(drawn) == (3 if corners == 2 else 9)
    for place, name in ((0, names[0]), (len(drawn) - 1, names[-1])):
        alone = sample(models["labelled"], 1, label=name, seed=4).sketches[0]
        assert_lines(drawn[place][0], alone.polylines())


def test_drawings_seeds_and_vectors_can_be_corners(streamed):
    request = {"model": "encoding", "steps": 4}
    corners = [{"lines": LINES}, {"seed": 3}, {"z": [0.1] * 5}, {"seed": 1}]
    assert len(streamed("/api/morph", **request, corners=corners)) == 16
    assert len(streamed("/api/morph", **request, corners=corners[:2], path="spherical")) == 4


def test_variations_without_spread_are_one_drawing_with_other_random_numbers(streamed):
    request = {"model": "encoding", "lines": LINES, "count": 3}
    assert len(streamed("/api/vary", **request, spread=0.5)) == 3
    still = streamed("/api/vary", **request, spread=0, temperature=0)
    assert still[0] == still[1] == still[2]


def test_guesses_are_those_of_recognize(client, models):
    found = client.post("/api/guess", json={"model": "labelled", "lines": LINES}).json()
    expected = recognize(models["labelled"], Sketch.from_polylines(LINES), part=True)
    assert [item["label"] for item in found] == [guess.label for guess in expected]
    assert sum(item["probability"] for item in found) == pytest.approx(1)


@pytest.mark.parametrize("name", ["labelled", "encoding"])
@pytest.mark.parametrize("ended", [True, False])
def test_inside_follows_the_pen(client, name, ended):
    request = {"model": name, "lines": LINES, "ended": ended}
    steps = client.post("/api/inside", json=request).json()
    drawn = [step for step in steps if step["drew"]]
    np.testing.assert_allclose(drawn[0]["from"], LINES[0][0], atol=0.01)
    np.testing.assert_allclose(steps[-1]["to"], LINES[-1][-1], atol=0.01)
    assert (steps[-1]["pen"] == "end") is ended
    assert len(steps) == sum(map(len, LINES)) - (name == "labelled") + ended
    for step in steps:
        assert sum(step["pi"]) == pytest.approx(1, abs=1e-3)
        assert sum(step["pens"]) == pytest.approx(1, abs=1e-3)


def test_movements_are_chosen_among_as_many_candidates_as_asked(streamed, models):
    request = {"model": "labelled", "labels": ["pig"], "seed": 6, "candidates": 4}
    drawn = sample(models["labelled"], 1, label="pig", seed=6, label_candidates=4)
    other = sample(models["labelled"], 1, label="pig", seed=6)
    assert drawn.sketches[0].polylines() != other.sketches[0].polylines()
    assert_lines(streamed("/api/draw", **request)[0][0], drawn.sketches[0].polylines())


@pytest.mark.parametrize("strength", [0, 1.7])
def test_labels_are_as_strong_as_asked(streamed, models, strength):
    request = {"model": "labelled", "labels": ["pig"], "seed": 6, "strength": strength}
    options = {"label": "pig", "seed": 6, "label_strength": strength}
    new = sample(models["labelled"], 1, **options).sketches[0]
    assert_lines(streamed("/api/draw", **request)[0][0], new.polylines())
    part = Sketch.from_polylines(LINES)
    whole = complete(models["labelled"], part, 1, **options).sketches[0]
    ending = streamed("/api/draw", **request, lines=LINES)[0][0]
    assert_lines(LINES + ending, whole.polylines())
    corners = [{"label": "pig"}, {"label": "cat"}]
    morph = {"model": "labelled", "steps": 2, "seed": 6, "strength": strength}
    assert_lines(streamed("/api/morph", **morph, corners=corners)[0][0], new.polylines())


def test_inside_takes_the_label_as_strong_as_drawings_do(models):
    model = models["labelled"]
    strong = replace(model, habits=replace(model.habits, label_strength=2.0))
    doubled = copy.deepcopy(model)
    with torch.no_grad():
        doubled.network.label_vectors.mul_(2)
    request = InsideRequest(model="labelled", lines=LINES, label=LABELS[0])
    assert inside(strong, request) == inside(doubled, request) != inside(model, request)
    assert inside(model, replace(request, strength=2.0)) == inside(doubled, request)


def test_a_gif_moves(client):
    request = {"drawings": [LINES], "seconds": 1, "color": "#aa3311"}
    content = client.post("/api/gif", json=request).content
    assert Image.open(io.BytesIO(content)).n_frames > 5


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps(LINES).encode()),
        ("a.JSON", json.dumps([LINES]).encode()),
        (
            "a.svg",
            SVG.encode(),
        ),
        (
            "a.ndjson",
            b'{"word": "cat", "drawing": [[[0, 40, 80], [0, 10, 60]], [[10, 50], [70, 75]]]}\n',
        ),
    ],
)
def test_files_are_read(client, name, content):
    answer = client.post("/api/read", params={"name": name}, content=content).json()
    assert answer["note"] == ""
    assert len(answer["drawings"]) == 1
    assert_lines(answer["drawings"][0], [np.array(line) for line in LINES])


def test_the_page_and_its_modules_are_served(client):
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    module = client.get("/js/main.js")
    assert module.headers["content-type"] == "text/javascript; charset=utf-8"


def test_pieces_can_be_read_as_they_come(studio, client):
    request = {"model": "labelled", "count": 2}
    with client.stream("POST", "/api/draw", json=request) as response:
        events = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    drawn = drawings_of([piece for event in events for piece in json.loads(event)])
    assert all(end for _, end in drawn.values())
    assert studio.num_streamed == 0
