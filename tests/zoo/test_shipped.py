"""The models that come with the package, and those in the folder models of its repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from reference_folder import CHECKOUT
from sketch_rnn.checkpoint import SketchRNN
from sketch_rnn.dataset.published import credits_of
from sketch_rnn.generate.sampling import sample
from sketch_rnn.zoo.locate import shipped_file
from sketch_rnn.zoo.table import load_table

ENTRIES = load_table().entries.values()
SHIPPED = {entry.name: entry for entry in ENTRIES if shipped_file(entry)}
COLLECTED = [entry.name for entry in ENTRIES if entry.is_collected]
MOST_BYTES = 25_000_000


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
    whose = f"| whose | {credit} |"
    for words in (whose, "| trained |", "sketch-rnn ", "| test |", "ended by themselves"):
        assert words in card
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
