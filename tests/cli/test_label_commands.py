"""Class-conditional models from the command line, from training to export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_command import TINY

from sketch_rnn.cli import main

LABELLED = ["--class-conditional", "--label-size", "5", "--num-mixture", "20"]


@pytest.fixture
def labelled(command):
    words = ["doodles/cat", "doodles/bus", "--no-conditional", *TINY, *LABELLED]
    result = command("train", *words, "--out", "labelled", "--ema-decay", "0.9")
    assert result.status == 0, result.err
    return result


def test_from_training_to_drawings(command, labelled):
    assert "2 labels of 5" in labelled.out
    resumed = command("train", "--out", "labelled", "--resume", "--num-steps", "6")
    assert resumed.status == 0, resumed.err
    drawn = command("draw", "labelled", "--label", "bus", "-n", "2", "--out", "x.json")
    assert drawn.status == 0, drawn.err
    assert len(json.loads(Path("x.json").read_text())) == 2
    everything = command("draw", "labelled", "--label", "all", "-n", "3", "--out", "all.json")
    assert everything.status == 0, everything.err
    assert len(json.loads(Path("all.json").read_text())) == 6
    words = ["complete", "labelled", "doodles/cat:test/0", "--rows", "3", "--label", "cat"]
    assert command(*words, "--out", "c.svg").status == 0
    evaluated = command("evaluate", "labelled")
    assert evaluated.status == 0, evaluated.err
    assert {"bus", "cat"} <= set(evaluated.out.split())
    assert "2 to choose from: cat, bus" in command("info", "labelled").out


def test_one_label_for_javascript(command, labelled):
    refused = command("export", "labelled", "--to", "js", "--out", "cat.gen.json")
    assert refused.status == 2
    assert "this model draws 2 labels, and the JavaScript format holds one" in refused.err
    words = ["export", "labelled", "--label", "cat", "--to", "js", "--out", "cat.gen.json"]
    assert command(*words).status == 0
    assert command("draw", "cat.gen.json", "-n", "1", "--out", "x.svg").status == 0


def test_mistakes(command, labelled):
    result = command("draw", "labelled", "--label", "cart")
    assert (result.status, result.err) == (
        2,
        "sketch-rnn: error: no label 'cart'; did you mean 'cat'?\n",
    )
    assert "this model was trained without labels" in command("draw", "run", "--label", "x").err
    alone = command("train", "doodles/cat", "--class-conditional", *TINY, "--out", "alone")
    assert alone.status == 2
    assert "class conditions need drawings with at least two labels" in alone.err
    assert not Path("alone").exists()


def test_settings_are_checked_before_the_data_is_read(command):
    assert command("train", "doodles", "--label-keep-prob", "2", "--out", "x").status == 2
    assert main.run(["train", "doodles", "--ema-decay", "1", "--out", "x"]) == 2
