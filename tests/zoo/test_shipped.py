"""The models that come with the package, and those in the folder models of its repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch

from reference_folder import CHECKOUT
from sketch_rnn.dataset.published import PUBLISHED, credits_of
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.prediction import predict
from sketch_rnn.generate.sampling import sample
from sketch_rnn.sources.doodles import doodle_kinds
from sketch_rnn.trained import SketchRNN
from sketch_rnn.zoo import table
from sketch_rnn.zoo.card import hub_header
from sketch_rnn.zoo.locate import shipped_file
from sketch_rnn.zoo.table import load_table

ENTRIES = load_table().entries.values()
SHIPPED = {entry.name: entry for entry in ENTRIES if shipped_file(entry)}
COLLECTED = [entry.name for entry in ENTRIES if entry.is_collected]
MOST_BYTES = 30_000_000


def test_what_is_shipped_is_small_and_has_a_name():
    folder = CHECKOUT / "src" / "sketch_rnn" / "zoo" / "shipped"
    files = list(folder.glob("*.safetensors"))
    assert {file.name for file in files} == {entry.file for entry in SHIPPED.values()}
    package = [path for path in (CHECKOUT / "src").rglob("*") if path.is_file()]
    sizes = sum(path.stat().st_size for path in package if path.suffix != ".pyc")
    assert sizes < MOST_BYTES


def test_every_model_of_the_folder_has_a_name():
    folder = CHECKOUT / "models"
    weights = folder.rglob("model.safetensors")
    assert sorted(path.parent.relative_to(folder).as_posix() for path in weights) == COLLECTED


@pytest.mark.parametrize("name", [*SHIPPED, *COLLECTED])
def test_every_model_draws_and_has_a_card(name):
    model = SketchRNN.from_pretrained(name)
    samples = sample(model, 40, seed=1)
    assert samples.share_ended > 0.75  # the card says it exactly
    card = (CHECKOUT / "models" / name / "README.md").read_text()
    (credit,) = credits_of(model.profile.sources)
    whose = f"| credit | {credit.text} |"
    words = (whose, "| trained |", "sketch-rnn ", "| test |", "finished")
    assert card.startswith(hub_header(model.profile))
    assert all(word in card for word in words)
    assert (CHECKOUT / "models" / name / "samples.png").is_file()


def test_drawing_without_a_network(tmp_path):
    """As from a fresh install with the network off: an empty home, and no socket."""
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise OSError('no network')\n"
        "socket.socket.connect = refuse\n"
        "from sketch_rnn.cli.app import run\n"
        "raise SystemExit(run(['draw', 'sheep', '-n', '2', '--out', 'x.json']))\n"
    )
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment = {**os.environ, **home, "SKETCH_RNN_KERNELS": "off"}  # nothing to compile
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads((tmp_path / "x.json").read_text())) >= 1


def test_the_name_of_a_kind_is_quickdraw_with_that_label():
    model, cat = (SketchRNN.from_pretrained(name) for name in ("quickdraw", "cat"))
    assert len(model.profile.labels) == model.config.num_labels == 345
    assert (cat.profile.labels, cat.config.num_labels) == (("cat",), 0)
    ours, theirs = predict(cat), predict(model, label="cat")
    torch.testing.assert_close(ours.mean, theirs.mean, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(ours.mean, predict(model, label="bus").mean)
    assert SketchRNN.from_pretrained("school_bus").profile.labels == ("school bus",)
    with pytest.raises(SketchRNNError, match=r"no model at bicylce \(did you mean bicycle\?\)"):
        SketchRNN.from_pretrained("bicylce")


def test_where_drawings_are_encoded_it_is_quickdraw_vae(monkeypatch):
    cat = SketchRNN.from_pretrained("cat", encoder=True)
    assert (cat.profile.labels, cat.config.num_labels) == (("cat",), 0)
    assert cat.config.conditional
    assert SketchRNN.from_pretrained("kanji", encoder=True).config.conditional
    monkeypatch.setattr(table, "_clone", lambda: "")
    with pytest.raises(SketchRNNError, match=r"^quickdraw-vae is in the folder models"):
        SketchRNN.from_pretrained("cat", encoder=True)


def test_no_name_is_a_model_and_a_data_set_of_other_drawings():
    """The model of a dataset's name has learned from it."""
    labels = SketchRNN.from_pretrained("quickdraw").profile.labels
    assert not {*SHIPPED, *COLLECTED} & set(labels)
    assert SketchRNN.from_pretrained("doodles").profile.labels == doodle_kinds("doodles")
    for name in {*SHIPPED, *COLLECTED} & {*PUBLISHED}:
        addresses = [PUBLISHED.get(s) for s in SketchRNN.from_pretrained(name).profile.sources]
        assert PUBLISHED.get(name) in addresses
