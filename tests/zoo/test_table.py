"""The table of models, and the user's over it."""

from __future__ import annotations

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.zoo.listing import model_rows
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
    write('[alias]\na = "b"\nb = "sheep"\n"aaron_sheep/layer_norm" = "kanji"\n')
    table = load_table()
    assert {table.find(name).name for name in ("a", "b", "sheep")} == {"kanji"}


def test_a_long_way_of_aliases(write):
    """Cubic time would be a quarter of an hour."""
    links = "".join(f'a{number} = "a{number + 1}"\n' for number in range(5000))
    write(f'[alias]\n{links}a5000 = "kanji"\n')
    assert load_table().find("a0").name == "kanji"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'x = "kanij"',
            r"users\.toml: alias x leads to kanij, which is not a model \(did you mean kanji\?",
        ),
        ('x = "y"\ny = "#"', r"users\.toml: alias x leads to #, which is not a model$"),
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


@pytest.mark.parametrize("scale", ["18", "18.0", "0x12"])
def test_a_scale(write, scale):
    write(f"[model.x]\nscale = {scale}\n")
    found = load_table().entries["x"].scale
    assert (found, type(found)) == (18.0, float)


@pytest.mark.parametrize(
    "scale", ["0", "-18.0", "-1", "inf", "nan", "true", "1" + "0" * 400, "0x" + "f" * 5000]
)
def test_a_scale_that_cannot_be(write, scale):
    write(f"[model.x]\nscale = {scale}\n")
    message = r"users\.toml: model x: scale must be a finite number above 0$"
    with pytest.raises(SketchRNNError, match=message):
        load_table()


@pytest.mark.parametrize("value", ["1" + "0" * 5000, "[" * 5000])
def test_text_that_is_too_much(write, value):
    write(f"[model.x]\nscale = {value}\n")
    with pytest.raises(SketchRNNError, match=r"users\.toml: not TOML \(") as caught:
        load_table()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["file:///tmp/a.safetensors", "s3://bucket/a.safetensors"])
def test_addresses_that_nothing_can_be_loaded_from(write, address):
    message = f"cannot load from {address}; give a path, or an address that begins with https://"
    family = f"[family.x]\nnames = ['']\nname = ''\nabout = ''\naddress = '{address}'"
    for text in (f"[model.x]\naddress = '{address}'", f"collection = '{address}'", family):
        write(text)
        where = r"users\.toml: (model x|collection|family x): "
        with pytest.raises(SketchRNNError, match=where + message):
            load_table()
    with pytest.raises(SketchRNNError, match=f"^no model: {message}"):
        find_model(address)


@pytest.mark.parametrize("pattern", ["{:>900000000}", "{0.__class__}", "{", "{}{}"])
def test_patterns_of_a_family_are_no_formats(write, pattern):
    write(f"[family.x]\nname = '{pattern}'\nabout = '{{}}'\naddress = '{{}}'\nnames = ['a']\n")
    assert pattern.replace("{}", "a") in load_table().entries


def test_an_address_of_half_a_bracket(write):
    write('[model.x]\naddress = "http://["\n')
    with pytest.raises(SketchRNNError, match=r"http://\[ is not the address of a file"):
        model_rows(load_table())


@pytest.mark.parametrize("field", ["file", "address"])
@pytest.mark.parametrize("path", ["a" * 5000, "a\\u0000b"])
def test_what_no_path_can_be(write, field, path):
    write(f'[model.x]\n{field} = "{path}"\n')
    rows = {name: where for name, where, _ in model_rows(load_table())}
    assert rows.get("x") == ("known" if field == "address" else None)
    with pytest.raises(SketchRNNError, match=r"no file|neither in this package"):
        find_model("x")
