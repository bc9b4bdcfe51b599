"""The table of models, and the user's over it."""

from __future__ import annotations

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.zoo.locate import find_model
from sketch_rnn.zoo.table import load_table


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Returns a function that writes the user's table."""
    path = tmp_path / "users.toml"
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(path))
    return path.write_text


def test_a_model_of_the_users_overrules_an_alias_of_the_package(tmp_path, write):
    (tmp_path / "mine.safetensors").write_bytes(b"")
    write('[model.sheep]\naddress = "mine.safetensors"\n')
    assert find_model("sheep").path == tmp_path / "mine.safetensors"
    assert "sheep" not in load_table().aliases


def test_an_alias_of_the_users_overrules_a_model_of_the_package(write):
    write('[alias]\ncat = "kanji"\nkitten = "cat"\n')
    table = load_table()
    assert table.find("cat") is table.find("kitten") is table.entries["kanji"]


def test_a_model_counts_more_than_an_alias(write):
    write('[model.x]\nabout = "mine"\n[alias]\nx = "kanji"\n')
    table = load_table()
    assert table.find("x") is table.entries["x"]


def test_aliases_of_aliases(write):
    write('[alias]\na = "b"\nb = "sheep"\n"aaron_sheep/layer_norm" = "cat"\n')
    table = load_table()
    assert {table.find(name).name for name in ("a", "b", "sheep")} == {"cat"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('x = "cta"', r"users\.toml: alias x leads to cta, which is no model \(did you mean cat\?"),
        ('x = "y"\ny = "#"', r"users\.toml: alias x leads to #, which is no model$"),
        ('x = "x"', r"users\.toml: alias x leads in a circle, x to x; name a model"),
        ('x = "y"\ny = "z"\nz = "y"', r"alias x leads in a circle, x to y to z to y; name"),
        ('"aaron_sheep/layer_norm" = "sheep"', r"users\.toml: alias .* leads in a circle"),
        ("x = 5", r"users\.toml: alias x must be text: the name of a model"),
    ],
)
def test_aliases_that_lead_nowhere(write, text, message):
    write(f"[alias]\n{text}\n")
    with pytest.raises(SketchRNNError, match=message) as caught:
        load_table()
    assert "\n" not in str(caught.value)
