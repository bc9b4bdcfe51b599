"""Models on the Hugging Face hub: a library of our own making stands for its, and once its own."""

from __future__ import annotations

import logging
import sys
import time
import types

import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN
from sketch_rnn.zoo.locate import find_model
from tiny import TINY_MODEL


class RefusedError(OSError):
    response = "404"


class Hub(types.ModuleType):
    """Has `someone/sheep` and `someone/sheep-v1.0`; where it is offline, nothing.

    Attributes:
        path: the file of the models.
        asked: what was asked for.
        levels: how much it logged meanwhile.
        cached: what was downloaded before.
    """

    def __init__(self, path):
        super().__init__("huggingface_hub")
        self.path, self.asked, self.levels, self.cached = path, [], [], []
        self.offline = False
        self.level = logging.WARNING
        self.utils = types.ModuleType("huggingface_hub.utils")
        self.utils.logging = types.SimpleNamespace(
            get_verbosity=lambda: self.level,
            set_verbosity=lambda level: setattr(self, "level", level),
            set_verbosity_error=lambda: setattr(self, "level", logging.ERROR),
        )

    def hf_hub_url(self, name, file, revision):
        if "--" in name:
            raise ValueError("Cannot have -- in repo_id")
        return f"https://hub/{name}/{revision or 'main'}/{file}"

    def get_hf_file_metadata(self, url):
        self.asked.append(url)
        self.levels.append(self.level)
        if self.offline:
            raise Exception("[Errno -2] Name or service not known")
        if "sheep" not in url:
            raise RefusedError("404 Not Found\nlong story")

    def hf_hub_download(self, name, file, revision):
        return str(self.path)

    def try_to_load_from_cache(self, name, file, revision):
        if "--" in name:
            raise ValueError("Cannot have -- in repo_id")
        return str(self.path) if name in self.cached else None


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.safetensors"
    SketchRNN.new(TINY_MODEL, DataProfile(scale=20.0, max_seq_len=30), seed=5).save_pretrained(path)
    hub = Hub(path)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    monkeypatch.setitem(sys.modules, "huggingface_hub.utils", hub.utils)
    return hub


@pytest.mark.parametrize("name", ["someone/sheep", "someone/sheep-v1.0", "some.one/sheep.2"])
def test_a_model_of_the_hub(hub, name):
    assert SketchRNN.from_pretrained(name).config == TINY_MODEL
    assert hub.asked == [f"https://hub/{name}/main/model.safetensors"]
    assert (hub.levels, hub.level) == ([logging.ERROR], logging.WARNING)


def test_a_revision_of_a_model(hub):
    SketchRNN.from_pretrained("someone/sheep", revision="v1.0")
    SketchRNN.from_pretrained("someone/sheep@refs/pr/1")
    assert hub.asked == [
        f"https://hub/someone/sheep/{name}/model.safetensors" for name in ("v1.0", "refs/pr/1")
    ]
    with pytest.raises(SketchRNNError, match="no model at "):
        SketchRNN.from_pretrained(hub.path, revision="v1.0")


def test_what_is_not_on_the_hub(hub, monkeypatch):
    with pytest.raises(
        SketchRNNError, match=r"someone/none here, and none on .* hub: 404 Not Found$"
    ):
        find_model("someone/none")
    with pytest.raises(SketchRNNError, match="none on the Hugging Face hub: Cannot have -- in"):
        find_model("some--one/none")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(SketchRNNError, match=r"hub install sketch-rnn\[hub\]"):
        find_model("someone/sheep")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, r"hub has no someone/none, or a private one \(401\); .*: hf auth login$"),
        (403, r"hub refuses access to someone/none \(403\); ask for it on .* hf auth login;"),
    ],
)
def test_a_hub_that_refuses(hub, monkeypatch, status, message):
    response = types.SimpleNamespace(status_code=status)
    monkeypatch.setattr(RefusedError, "response", response, raising=False)
    with pytest.raises(SketchRNNError, match=message):
        find_model("someone/none")


def test_a_hub_that_does_not_answer(hub):
    hub.offline = True
    message = r"no model someone/sheep .*, and the Hugging Face hub does not answer: \[Errno -2"
    with pytest.raises(SketchRNNError, match=message):
        find_model("someone/sheep")
    hub.cached.append("someone/sheep")
    assert find_model("someone/sheep").path == hub.path


@pytest.mark.parametrize(
    "name", ["runs/typo", "demo/run", "./typo", "someone/typo.safetensors", "a/b.json"]
)
def test_paths_with_mistakes_are_not_asked_for(hub, tmp_path, name):
    (tmp_path / "runs").mkdir()
    with pytest.raises(SketchRNNError, match=f"no model at {name}|no run in {name} yet"):
        find_model(name)
    assert not hub.asked


@pytest.mark.parametrize(
    ("sources", "licence"),
    [
        (["aaron_sheep"], "cc-by-nc-4.0"),
        (["quickdraw/cat", "kanji"], ["cc-by-4.0", "cc-by-sa-3.0"]),
        (["quickdraw/cat", "mine.npz"], None),
    ],
)
def test_the_hub_reads_the_head_of_a_card(tmp_path, sources, licence):
    hub = pytest.importorskip("huggingface_hub")
    profile = DataProfile(scale=20.0, max_seq_len=30, sources=tuple(sources))
    SketchRNN.new(TINY_MODEL, profile, seed=5).save_pretrained(tmp_path)
    data = hub.ModelCard.load(tmp_path / "README.md").data
    assert (data.library_name, data.license) == ("sketch-rnn", licence)
    assert data.pipeline_tag == "unconditional-image-generation"


def test_names_in_a_card_are_text(tmp_path):
    names = ("a|b", "<script>", "[x](http://x)")
    profile = DataProfile(scale=20.0, max_seq_len=30, sources=names, labels=names)
    SketchRNN.new(TINY_MODEL, profile, seed=5).save_pretrained(tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert card.count(r"a\|b, &lt;script>, \[x](http://x)") == 3


def test_the_real_library_asks_once(monkeypatch, tmp_path, capfd):
    constants = pytest.importorskip("huggingface_hub.constants")
    waits = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    nowhere = "http://127.0.0.1:9"
    monkeypatch.setattr(constants, "ENDPOINT", nowhere)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        nowhere + "/{repo_id}/resolve/{revision}/{filename}",
    )
    with pytest.raises(SketchRNNError, match="the Hugging Face hub does not answer: ") as caught:
        find_model("someone/sheep")
    assert "\n" not in str(caught.value)
    assert (waits, *capfd.readouterr()) == ([], "", "")
