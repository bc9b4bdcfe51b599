"""`sketch-rnn evaluate --drawings`, end to end, and its errors."""

from __future__ import annotations

import json
from itertools import cycle, islice

import numpy as np
import pytest

from sketch_rnn import save_dataset
from sketch_rnn.sources.doodles import draw_doodle

KINDS = ("cat", "house")


def doodles(count, seed):
    rng = np.random.default_rng(seed)
    return [draw_doodle(kind, rng) for kind in islice(cycle(KINDS), count)]


@pytest.fixture
def drawings(workplace):
    """Writes `doodles.npz`, real drawings, and `theirs.ndjson`, drawings from elsewhere."""
    labels = {split: np.arange(20) % 2 for split in ("train", "valid", "test")}
    splits = [doodles(20, seed) for seed in range(3)]
    save_dataset(workplace / "doodles.npz", *splits, labels=labels, label_names=KINDS)
    records = [
        {"word": kind, "drawing": [line.T.tolist() for line in sketch.polylines()]}
        for kind, sketch in zip(cycle(KINDS), doodles(12, 5), strict=False)
    ]
    lines = [json.dumps(record) for record in records]
    (workplace / "theirs.ndjson").write_text("\n".join([*lines, "{}"]))
    return workplace


def test_the_drawings_of_a_model(command, drawings):
    words = ["run", "doodles.npz", "--drawings", "-n", 12, "--temperature", 0.7, "--seed", 3]
    result = command("evaluate", *words, "--picture", "judged.svg")
    assert result.status == 0
    head, *rest = result.out.splitlines()
    assert head == (
        "12 drawings at temperature 0.7, paper rule against 20 test drawings of doodles; "
        "real: 12 validation drawings"
    )
    table = {line.split()[0]: line.split() for line in rest if line}
    assert float(table["frechet"][1]) >= 0
    assert len(table["frechet"]) > 6
    assert (drawings / "judged.svg").is_file()
    assert result.err.endswith("wrote judged.svg\n")
    as_json = json.loads(command("evaluate", *words, "--json").out)
    assert f"{as_json['figures']['frechet']['value']:.3f}" == table["frechet"][1]
    assert (as_json["seed"], as_json["count"]) == (3, 12)
    assert as_json["temperature"] == 0.7


def test_drawings_from_elsewhere_need_no_model(command, drawings):
    result = command("evaluate", "doodles.npz", "--drawings", "--of", "theirs.ndjson", "--json")
    assert result.status == 0
    assert "theirs.ndjson:13" in result.err
    report = json.loads(result.out)
    assert report["temperature"] is None
    assert report["count"] == 12
    assert {label["name"]: label["count"] for label in report["labels"]} == {"cat": 6, "house": 6}
    table = command("evaluate", "doodles.npz", "--drawings", "--of", "theirs.ndjson").out
    assert [line.split()[:2] for line in table.splitlines()[-2:]] == [["cat", "6"], ["house", "6"]]


def test_losses_as_json(command):
    report = json.loads(command("evaluate", "run", "data.npz", "--json", "--shuffle-z").out)
    assert report["losses"]["num_sketches"] == 5
    assert report["shuffled"]["offset"] != report["losses"]["offset"]
    text = command("evaluate", "run", "data.npz").out
    assert f"{report['losses']['offset']:.4f}" in text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run doodles.npz --count 3", "--count needs --drawings"),
        ("run doodles.npz --temperature-rule js", "--temperature-rule needs --drawings"),
        (
            "doodles.npz --drawings --of theirs.ndjson --temperature 1",
            "--temperature is about a model's drawings; leave it out with --of",
        ),
        ("run doodles.npz --drawings --count 3", "count=3 must be a whole number of at least 10"),
        (
            "run data.npz --drawings",
            "5 validation or test drawings; at least 10 are needed",
        ),
        (
            "run doodles.npz --drawings --picture x.pdf",
            "cannot write x.pdf: the name must end in .svg, .png, .gif",
        ),
        (
            "doodles.npz --drawings --of nothing.ndjson",
            "no file or folder nothing.ndjson; give what is to be read",
        ),
    ],
)
def test_errors_are_one_line(command, drawings, line, message):
    result = command("evaluate", *line.split())
    assert result.err == f"sketch-rnn: error: {message}\n"
    assert result.status == 2
