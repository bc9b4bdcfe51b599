"""The dataset of the studio: its drawings, its map, and sums of corners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient
from studio_models import ADDRESS, LABELS, shelf_of

from sketch_rnn.dataset.dataset import build_dataset
from sketch_rnn.generate.labels import label_vectors
from sketch_rnn.generate.latent import encode
from sketch_rnn.generate.options import DrawingOptions
from sketch_rnn.generate.sampling import sample
from sketch_rnn.studio.answers import combine_task
from sketch_rnn.studio.app import Studio
from sketch_rnn.studio.data import OfferedData
from sketch_rnn.studio.requests import CombineRequest

COUNT = 12


def dataset(rows=9, count=COUNT):
    """Returns drawings of random walks, every third of another label."""
    numbers = np.random.default_rng(0)
    walks = [
        np.column_stack([numbers.normal(0, 20, (rows + n % 5, 2)), np.zeros(rows + n % 5)])
        for n in range(count)
    ]
    for walk in walks:
        walk[-1, 2] = 1
    labels = {"train": np.arange(count) % 3, "valid": [0], "test": [0]}
    few = walks[:1]
    return build_dataset(walks, few, few, labels=labels, label_names=LABELS, first_row="move")


@pytest.fixture
def studio(models):
    return Studio(shelf_of(**models), OfferedData(dataset()))


def test_drawings_are_picked_by_a_seed_or_named_by_number(client, studio):
    assert client.get("/api/data").json() == {"name": "drawings", "count": COUNT}
    some = client.post("/api/data", json={"count": 5, "seed": 3}).json()
    assert len({item["number"] for item in some}) == 5
    assert some != client.post("/api/data", json={"count": 5, "seed": 4}).json()
    numbers = [item["number"] for item in some]
    assert client.post("/api/data", json={"numbers": numbers}).json() == some
    for item in some:
        sketch = studio.data.dataset.sketch("train", item["number"])
        assert item["label"] == LABELS[item["number"] % 3]
        for line, expected in zip(item["lines"], sketch.polylines(), strict=True):
            np.testing.assert_allclose(line, expected, atol=0.01)
    assert len(client.post("/api/data", json={"count": 100}).json()) == COUNT


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"numbers": [COUNT]}, "there is no drawing 12: 12 are given"),
        ({"numbers": [-1]}, "whole numbers of at least 0"),
        ({"numbers": [True]}, "whole numbers of at least 0"),
        ({"count": 101}, "count=101"),
        ({"numbers": [0] * 101}, "numbers has 101 drawings"),
    ],
)
def test_drawings_that_there_are_not(client, request_, reason):
    answer = client.post("/api/data", json=request_)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_a_place_of_the_map_stands_for_the_z_of_its_drawing(client, studio, models):
    made = client.post("/api/map", json={"model": "encoding"}).json()
    assert sorted(made["numbers"]) == list(range(COUNT))
    assert made["labels"] == [LABELS[n % 3] for n in made["numbers"]]
    sketches = [studio.data.dataset.sketch("train", n) for n in made["numbers"]]
    z = encode(models["encoding"], sketches)
    mean, axes = torch.tensor(made["mean"]), torch.tensor(made["axes"])
    places = torch.tensor(made["places"])
    assert torch.allclose((z - mean) @ axes.T, places, atol=1e-3)
    rest = z - (mean + places @ axes)
    assert made["share"] == pytest.approx(1 - float(rest.var() / (z - mean).var()), abs=0.05)
    assert made["note"] == ""
    assert client.post("/api/map", json={"model": "encoding"}).json() == made


def test_a_model_without_an_encoder_has_no_map(client):
    answer = client.post("/api/map", json={"model": "labelled"})
    assert answer.status_code == 400
    assert "decoder-only" in answer.json()["error"]


def test_drawings_that_the_model_cannot_take_are_counted(models):
    model = models["encoding"]
    long = dataset(rows=model.profile.max_seq_len - 3)
    model.profile = replace(model.profile, sources=long.profile.sources)
    studio = Studio(shelf_of(encoding=model), OfferedData(long))
    with TestClient(studio.application(), base_url=ADDRESS) as client:
        made = client.post("/api/map", json={"model": "encoding"}).json()
    assert made["note"] == "2 drawings are too long for this model"
    assert len(made["numbers"]) == COUNT - 2


def test_without_a_dataset(models):
    studio = Studio(shelf_of(**models))
    with TestClient(studio.application(), base_url=ADDRESS) as client:
        assert client.get("/api/data").json() == {"name": "", "count": 0}
        for path, body in [("/api/data", {}), ("/api/map", {"model": "encoding"})]:
            answer = client.post(path, json=body)
            assert answer.status_code == 400
            assert "start the studio with --data" in answer.json()["error"]


def test_a_sum_of_latent_vectors_is_drawn(models):
    model = models["encoding"]
    corners = [{"seed": 3}, {"z": [0.5] * 5}, {"seed": 4}]
    request = CombineRequest(
        model="encoding", corners=corners, weights=(1, -1, 1), count=3, temperature=0.5
    )
    task = combine_task(model, request)
    z = sample(model, 1, seed=3).z + sample(model, 1, seed=4).z - 0.5
    assert torch.allclose(task.condition.z, z.expand(3, -1))
    assert list(task.numbers) == [0, 1, 2]


def test_a_sum_of_labels_is_drawn(models, streamed):
    model = models["labelled"]
    corners = [{"label": name} for name in LABELS]
    wanted = {"model": "labelled", "corners": corners, "weights": [1, -1, 1], "count": 4}
    drawn = streamed("/api/combine", seed=2, **wanted)
    vectors = label_vectors(model, LABELS)
    label = vectors[0] - vectors[1] + vectors[2]
    samples = sample(model, 4, label=label, options=DrawingOptions(seed=2))
    assert [len(lines) for lines, _ in drawn.values()] == [
        len(sketch.polylines()) for sketch in samples.sketches
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weights": [1]}, "as many weights as corners"),
        ({"weights": [1, 1000]}, "weights"),
        ({"corners": []}, "one to four corners"),
        ({"corners": [{"label": "cat"}, {"seed": 1}]}, "either all labels or all drawings"),
    ],
)
def test_sums_that_cannot_be_drawn(client, changes, reason):
    wanted = {"model": "encoding", "corners": [{"seed": 1}, {"seed": 2}], "weights": [1, -1]}
    answer = client.post("/api/combine", json=wanted | changes)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
