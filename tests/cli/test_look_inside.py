from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from checkpoint_files import rewrite, small_model
from sketch_rnn.trained import SketchRNN


def test_info_draws_the_network_and_writes_its_arrays(command):
    result = command("info", "run", "--diagram", "net.svg", "--arrays", "arrays.csv")
    assert result.status == 0, result.err
    assert "kinds of layer\n  LSTMCell  3  " in result.out
    assert "lstm decoder" in "".join(ET.parse("net.svg").getroot().itertext())
    with Path("arrays.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    parameters = dict(SketchRNN.from_pretrained("run").network.named_parameters())
    assert [row["name"] for row in rows] == list(parameters)
    first = parameters[rows[0]["name"]]
    assert int(rows[0]["numbers"]) == first.numel()
    assert float(rows[0]["largest"]) == pytest.approx(first.max().item(), rel=1e-5)


def test_draw_writes_every_step(command):
    result = command("draw", "run", "-n", 3, "--max-len", 6, "--steps", "steps.json")
    assert result.status == 0, result.err
    drawings = json.loads(Path("steps.json").read_text())
    assert len(drawings) == 3
    assert set(drawings[0][0]) == {
        *("dx", "dy", "pen", "log_likelihood", "pi", "mean", "sigma", "rho", "pen_probs")
    }
    assert Path("drawings.svg").is_file()
    result = command("draw", "run", "--steps", "steps.txt")
    assert "steps are written as .json or .npz" in result.err


@pytest.mark.parametrize(
    ("training", "shown"),
    [
        ({"step": 1200, "best_cost": 1.5}, ["training steps   1,200", "validation cost  1.5000"]),
        ({"step": "abc", "best_cost": "x\x1b"}, []),
        ({"step": -1, "best_cost": 10**400}, []),
        ([1], []),
        (5, []),
    ],
)
def test_info_leaves_out_a_training_that_cannot_be(command, training, shown):
    small_model().save_pretrained("made.safetensors")
    rewrite(Path("made.safetensors"), training=training)
    result = command("info", "made.safetensors", "--arrays", "made.csv")
    assert result.status == 0, result.err
    found = [line.strip() for line in result.out.splitlines()]
    assert [line for line in found if line.startswith(("training", "validation"))] == shown
