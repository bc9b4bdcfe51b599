"""Models by name: shipped, cached, at an address, on the hub."""

from __future__ import annotations

import zipfile

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io import downloads
from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN
from sketch_rnn.zoo import table
from sketch_rnn.zoo.listing import family_texts, model_rows
from sketch_rnn.zoo.locate import find_model
from sketch_rnn.zoo.table import load_table
from tiny import TINY_MODEL
from web import Site, serving

PROFILE = DataProfile(scale=20.0, max_seq_len=30, sources=("zigzags",))


@pytest.fixture
def model():
    return SketchRNN.new(TINY_MODEL, PROFILE, seed=5)


@pytest.fixture
def site(tmp_path, monkeypatch, model):
    """Serves a model, and names it in a table of the user's."""
    monkeypatch.setattr(downloads, "cache_folder", lambda: tmp_path / "cache")
    model.save_pretrained(tmp_path / "zigzag.safetensors")
    with serving(Site()) as site:
        site.files["/models/zigzag.safetensors"] = (tmp_path / "zigzag.safetensors").read_bytes()
        given = tmp_path / "table.toml"
        given.write_text(
            f'[model."mine/zigzag"]\nabout = "zigzags"\n'
            f'address = "{site.address}/models/zigzag.safetensors"\n'
            f'[model."gone"]\naddress = "{site.address}/models/gone.safetensors"\n'
            f'[family.many]\nname = "many/{{}}"\nabout = "{{}} drawings"\n'
            f'address = "{site.address}/{{}}.gen.json"\nnames = ["two_birds", "cat"]\n'
            f'[alias]\nzz = "mine/zigzag"\n'
        )
        monkeypatch.setenv("SKETCH_RNN_MODELS", str(given))
        yield site


def test_a_name_is_fetched_once(site, model):
    seen = []
    find_model("zz", lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(site.files["/models/zigzag.safetensors"]),) * 2
    for name in ("mine/zigzag", "zz"):
        loaded = SketchRNN.from_pretrained(name)
        assert loaded.profile == model.profile
    assert len(site.requests) == 1
    rows = {name: where for name, where, _ in model_rows(load_table())}
    assert rows["mine/zigzag (zz)"] == "cached"
    assert rows["gone"] == "known"


def test_an_address_of_a_model(site, model):
    loaded = SketchRNN.from_pretrained(f"{site.address}/models/zigzag.safetensors")
    assert loaded.config == model.config


def test_a_folder_of_models(site, tmp_path, monkeypatch, model):
    """The names of the package that are in no package: found where the user says they are."""
    ours = 'collection = ""\nalias = {}\n[model.zigzag]\naddress = "zigzag.safetensors"\n'
    monkeypatch.setattr(table, "_TABLE", "package.toml")
    monkeypatch.setattr(table.resources, "files", lambda _: tmp_path)
    monkeypatch.setattr(table, "_clone", lambda: "")
    (tmp_path / "package.toml").write_text(ours)
    message = "zigzag is in the folder models of this project's repository and not in the package"
    with pytest.raises(SketchRNNError, match=message):
        find_model("zigzag")
    assert not [name for name, *_ in model_rows(load_table()) if name == "zigzag"]

    users = tmp_path / "users.toml"
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(users))
    for place in (tmp_path, ".", f"{site.address}/models", f"{site.address}/models/"):
        users.write_text(f'collection = "{place}"\n')
        assert SketchRNN.from_pretrained("zigzag").profile == model.profile
    assert len(site.requests) == 1
    users.write_text('collection = ["models"]\n')
    with pytest.raises(SketchRNNError, match="collection must be text: a folder, or its address"):
        load_table()
    users.write_text('collection = "/nowhere"\n')
    with pytest.raises(SketchRNNError, match=r"zigzag: no file /nowhere/zigzag\.safetensors"):
        find_model("zigzag")


def test_addresses_beside_the_users_table(tmp_path, monkeypatch, model):
    model.save_pretrained(tmp_path / "mine" / "model.safetensors")
    whole = tmp_path / "mine" / "model.safetensors"
    (tmp_path / "users.toml").write_text(
        f'[model.mine]\naddress = "mine/model.safetensors"\n[model.whole]\naddress = "{whole}"\n'
    )
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(tmp_path / "users.toml"))
    for name in ("mine", "whole"):
        assert SketchRNN.from_pretrained(name).profile == model.profile
    rows = {name: where for name, where, _ in model_rows(load_table())}
    assert rows["mine"] == "here"


def test_families(site):
    table = load_table()
    assert table.entries["many/two_birds"].about == "two birds drawings"
    assert any("many/two_birds, many/cat" in text for text in family_texts(table))
    assert "many/cat" not in [name for name, *_ in model_rows(table)]


def test_names_that_are_none(site):
    with pytest.raises(SketchRNNError, match=r"no model at zigzagg .*`sketch-rnn models` lists"):
        find_model("zigzagg")
    with pytest.raises(SketchRNNError, match=r"no model at gonee \(did you mean gone\?\); give"):
        find_model("gonee")
    with pytest.raises(SketchRNNError, match=r"cannot download .*404"):
        find_model("gone")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not TOML"),
        ("[models]\n", "expected the sections model, family and alias only"),
        ('[model.x]\ncolour = "red"\n', "model x may have about, address"),
        ("[model.x]\naddress = 5\n", "model x may have about, address"),
        ("[family.x]\nnames = [1]\n", "family x must have names"),
    ],
)
def test_damaged_tables(tmp_path, monkeypatch, text, message):
    (tmp_path / "table.toml").write_text(text)
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(tmp_path / "table.toml"))
    with pytest.raises(SketchRNNError, match=message):
        load_table()
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(tmp_path / "none.toml"))
    with pytest.raises(SketchRNNError, match="cannot be read"):
        load_table()


def test_own_table_knows_what_is_published():
    table = load_table()
    names = set(table.entries)
    sheep = {f"magenta/aaron_sheep/{n}" for n in ("lstm", "lstm_uncond", "layer_norm")}
    assert names >= sheep | {"magenta/owl/lstm", "js/bear", "js/yogabicycle", "js/cat/vae"}
    for entry in table.entries.values():
        assert entry.address.startswith("http") or entry.file or entry.is_collected


def test_a_model_within_an_archive(site, tmp_path):
    archive = tmp_path / "models.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("owl/lstm/vector.index", b"not a table")
        opened.writestr("owl/lstm/model_config.json", b"{}")
    site.files["/models.zip"] = archive.read_bytes()
    table = tmp_path / "table.toml"
    table.write_text(
        f'[model.owl]\naddress = "{site.address}/models.zip"\nmember = "owl/lstm"\nscale = 30.0\n'
    )
    place = find_model("owl")
    assert (place.member, place.scale, place.is_foreign) == ("owl/lstm", 30.0, True)
    with pytest.raises(SketchRNNError, match=r"models.zip/owl/lstm/vector.index: damaged"):
        SketchRNN.from_pretrained("owl")


def test_what_is_called_like_a_model_and_is_none(tmp_path, monkeypatch, model):
    monkeypatch.chdir(tmp_path)
    shipped = find_model("cat")
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "drawing.svg").write_text("<svg/>")
    assert find_model("cat") == shipped
    with pytest.raises(SketchRNNError, match=r"^cat/: no model\.safetensors, best.safetensors or"):
        find_model("cat/")
    model.save_pretrained(tmp_path / "cat")
    assert SketchRNN.from_pretrained("cat").profile == model.profile

    (tmp_path / "kanji").write_text("a list of kanji")
    assert find_model("kanji").path.name == "kanji.safetensors"
    (tmp_path / "cat" / "model.safetensors").replace(tmp_path / "kanji")
    assert SketchRNN.from_pretrained("kanji").profile == model.profile


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "the name of the model is empty; for the model in this folder give [.]$"),
        ("a" * 5000, r"^model 'a+\.\.\.a+' cannot be used: File name too long$"),
        ("a/" * 200 + "b", r"^no model at (a/){100}\.\.\.; give a \.safetensors, .*\.index file,"),
        ("two\nlines", r"^no model at 'two\\nlines'; give"),
        ("\0", r"^model '\\x00' cannot be used: embedded null byte$"),
        ("theirs/vector-7", r"^no theirs/vector-7\.index beside its data; a checkpoint of the"),
        (
            "theirs",
            r"^theirs: no model\.safetensors, best\.safetensors or \.index file in this fold",
        ),
    ],
)
def test_names_that_no_file_can_have_or_has(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "vector-7.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(SketchRNNError, match=message) as caught:
        find_model(name)
    assert "\n" not in str(caught.value)


def test_the_prefix_of_a_checkpoint_of_the_original(tmp_path):
    (tmp_path / "vector-7.index").write_bytes(b"")
    place = find_model(tmp_path / "vector-7")
    assert (place.path, place.is_foreign) == (tmp_path / "vector-7.index", True)


def test_an_address_longer_than_any_path(site, tmp_path):
    place = f"/zigzag.safetensors?token={'x' * 5000}"
    site.files[place] = (tmp_path / "zigzag.safetensors").read_bytes()
    assert find_model(site.address + place).path.name == "zigzag.safetensors"
