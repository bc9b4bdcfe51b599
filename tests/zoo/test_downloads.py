"""What may enter the cache of models."""

from __future__ import annotations

import io
import zipfile

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io import downloads
from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN
from sketch_rnn.zoo.locate import find_model
from tiny import TINY_MODEL
from web import Site, serving

PAGE = b"<!doctype html><title>Please log in</title>"


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "cache_folder", lambda: tmp_path / "cache")
    with serving(Site()) as site:
        yield site


@pytest.fixture
def whole(tmp_path):
    """The bytes of a model of each kind, by the end of its name."""
    model = SketchRNN.new(TINY_MODEL, DataProfile(scale=20.0, max_seq_len=30), seed=5)
    model.save_pretrained(tmp_path / "model.safetensors")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("owl/vector.index", b"index")
    return {
        ".safetensors": (tmp_path / "model.safetensors").read_bytes(),
        ".json": b'[{"mode": "gen"}, [], []]',
        ".zip": archive.getvalue(),
    }


@pytest.mark.parametrize("kind", [".safetensors", ".json", ".zip"])
def test_a_page_instead_of_a_model_is_not_kept(site, whole, kind):
    address, name = f"{site.address}/model{kind}", f"/model{kind}"
    for bad in (PAGE, whole[kind][:-1], b""):
        site.files[name] = bad
        with pytest.raises(
            SketchRNNError, match=rf"the download is not a complete {kind} file"
        ) as error:
            find_model(address)
        assert "\n" not in str(error.value)
    site.files[name] = whole[kind]
    assert find_model(address).path.read_bytes() == whole[kind]
    assert len(site.requests) == 4


def test_a_model_whose_bytes_have_changed_is_not_kept(site, whole):
    data = bytearray(whole[".safetensors"])
    data[-1] ^= 1
    site.files["/model.safetensors"] = bytes(data)
    with pytest.raises(SketchRNNError, match="the download does not match its own checksum"):
        find_model(f"{site.address}/model.safetensors")
    assert not [
        path for path in downloads.cache_folder().rglob("*") if path.suffix == ".safetensors"
    ]


def test_json_that_is_no_model(site):
    site.files["/bear.gen.json"] = b'{"error": "not found"}'
    with pytest.raises(SketchRNNError, match=r"cannot download .* not a list, as models are"):
        find_model(f"{site.address}/bear.gen.json")


def test_a_name_of_the_table(site, tmp_path, monkeypatch):
    table = tmp_path / "table.toml"
    table.write_text(f'[model.bear]\naddress = "{site.address}/bear.gen.json"\n')
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(table))
    site.files["/bear.gen.json"] = PAGE
    for number in (1, 2):
        with pytest.raises(
            SketchRNNError, match=r"the download is not a complete \.json file; try"
        ):
            find_model("bear")
        assert len(site.requests) == number
