"""Class-conditional models from the command line, from training to export."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tiny_command import TINY

from sketch_rnn.cli import app

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


def test_from_label_to_label(command, labelled):
    words = ["interpolate", "labelled", "--label", "cat", "--label", "bus", "--steps", "3"]
    result = command(*words, "--out", "between.json")
    assert result.status == 0, result.err
    assert len(json.loads(Path("between.json").read_text())) == 3
    assert command(*words, "--out", "between.svg").status == 0
    texts = [t.text for t in ET.parse("between.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text != "empty"] == ["cat", "bus"]
    one = command("interpolate", "labelled", "--label", "cat", "--out", "x.svg")
    assert (one.status, one.out) == (2, "")
    assert "0 drawings and 1 label: give two for a strip, or the four corners" in one.err


def test_recognition(command, labelled):
    words = ["recognize", "doodles/cat:test/0", "doodles/cat:test/1", "--model", "labelled"]
    result = command(*words, "--rows", "4")
    assert result.status == 0, result.err
    name, *guesses = result.out.splitlines()[:3]
    assert name == "doodles/cat:test/0"
    assert {guess.split()[1] for guess in guesses} == {"cat", "bus"}
    told = command("complete", "labelled", "doodles/cat:test/0", "--rows", "4", "--out", "c.svg")
    assert "looks like: " in told.out


def test_fine_tuning(command, labelled):
    tuned = command("train", "doodles/cat", "--init", "labelled", *TINY[:6], "--out", "tuned")
    assert tuned.status == 0, tuned.err
    assert "lstm decoder of 8, 1 label of 5" in tuned.out
    told = command("complete", "tuned", "doodles/cat:test/0", "--rows", "4", "--out", "c.svg")
    assert told.status == 0, told.err
    assert "looks like: " not in told.out  # There is nothing else that it could be.
    assert "training drawings" not in tuned.err
    words = ["train", "doodles/cat", "--init", "run", *TINY, "--dec-rnn-size", "9", "--out", "x"]
    refused = command(*words)
    assert refused.status == 2
    assert "dec_rnn_size is 8 there and 9 here; leave these settings out" in refused.err
    both = command("train", "--init", "run", "--resume", "--out", "run")
    assert "--init starts a new run; leave it out with --resume" in both.err
    plain = command("train", "doodles/cat", *TINY, "--out", "plain")
    assert "12 training drawings: a model trained from scratch needs" in plain.err


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
    assert "class conditions need drawings of at least 2 labels" in alone.err
    assert not Path("alone").exists()


def test_settings_are_checked_before_the_data_is_read(command):
    assert command("train", "doodles", "--label-keep-prob", "2", "--out", "x").status == 2
    assert app.run(["train", "doodles", "--ema-decay", "1", "--out", "x"]) == 2
