"""The page as one file: what is in it, and in Chromium from the disk, without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from offline import small_model

from sketch_rnn.config import ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.web_writer import web_model
from sketch_rnn.profile import DataProfile, DrawingHabits
from sketch_rnn.studio.single_file import page_with_model
from sketch_rnn.trained import SketchRNN

EVIL = "</script><script>document.title='hacked'</script><!--"
OWN_BYTES = 200_000


def page_of(model, **options):
    options = {"name": "small", **options}
    return page_with_model(web_model(model.network, model.profile, model.habits, **options))


class Elements(HTMLParser):
    """The page as a browser takes it apart: each element's name, attributes and text."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.is_open = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), []))
        self.is_open = True

    def handle_data(self, data):
        if self.is_open:
            self.found[-1][2].append(data)

    def handle_endtag(self, tag):
        self.is_open = False

    def texts(self, tag):
        return {
            attributes.get("id"): "".join(text)
            for name, attributes, text in self.found
            if name == tag
        }


def test_what_is_in_it():
    model = small_model("layer_norm", conditional=True, labels=("cat", "dog"))
    page = page_of(model, about="cats & dogs")
    scripts = Elements(page).texts("script")
    assert list(scripts) == ["model", "weights", "worker", None]
    header = json.loads(scripts["model"])
    assert header["name"] == "small"
    assert header["config"] == model.config.to_dict()
    assert header["profile"]["labels"] == ["cat", "dog"]
    weights = np.frombuffer(base64.b64decode(scripts["weights"]), "<f2")
    place = 0
    for (name, shape), value in zip(
        header["tensors"], model.network.state_dict().values(), strict=True
    ):
        size = int(np.prod(shape))
        np.testing.assert_array_equal(weights[place : place + size].reshape(shape), value, name)
        place += size
    assert place == len(weights)
    assert len(page.encode()) <= 2 * place * 1.4 + OWN_BYTES


def test_nothing_but_its_own_script_runs():
    elements = Elements(page_of(small_model()))
    policy = next(
        attributes["content"] for _, attributes, _ in elements.found if "http-equiv" in attributes
    )
    for tag, text in (
        ("script", elements.texts("script")[None]),
        ("style", elements.texts("style")[None]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
    page = page_of(small_model())
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:|//)", page)


def test_names_cannot_become_code():
    model = small_model(labels=(EVIL, "dog"))
    page = page_of(model, name=EVIL, about=EVIL)
    elements = Elements(page)
    assert [tag for tag, _, _ in elements.found].count("script") == 4
    header = json.loads(elements.texts("script")["model"])
    assert header["profile"]["labels"] == [EVIL, "dog"]
    assert elements.texts("title")[None].startswith(EVIL)


def test_one_label():
    model = small_model("layer_norm", labels=("cat", "dog", "sun"))
    header, _ = web_model(model.network, model.profile, model.habits, name="small", label="Dog")
    assert list(header["profile"]["labels"]) == ["dog"]
    assert header["config"]["num_labels"] == 1
    assert dict(map(tuple, header["tensors"]))["label_vectors"] == [1, 5]
    with pytest.raises(SketchRNNError, match="no label 'dgo'; did you mean 'dog'"):
        page_of(model, label="dgo")
    with pytest.raises(SketchRNNError, match="this model was trained without labels"):
        page_of(small_model(), label="dog")


@pytest.mark.parametrize(("decoder", "encoder"), [("hyper", "lstm"), ("lstm", "hyper")])
def test_hyper_cells_are_refused(decoder, encoder):
    config = ModelConfig(dec_model=decoder, enc_model=encoder, dec_rnn_size=4, enc_rnn_size=4)
    model = SketchRNN.new(config, DataProfile(scale=1.0, max_seq_len=9))
    with pytest.raises(SketchRNNError, match=r"hyper cells.*`sketch-rnn studio`") as error:
        page_of(model)
    assert "\n" not in str(error.value)


def test_weights_beyond_16_bits_are_refused():
    model = small_model()
    with torch.no_grad():
        model.network.decoder.cell.bias[3] = 70_000.0
    with pytest.raises(SketchRNNError, match=r"decoder.cell.bias is too large for 16-bit floats"):
        page_of(model)


def test_other_start_tokens_are_refused():
    model = small_model()
    model.habits = DrawingHabits(start_token=(0.5, 0.0, 1.0, 0.0, 0.0))
    with pytest.raises(SketchRNNError, match="this model starts with"):
        page_of(model)
