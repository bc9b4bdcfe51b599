"""The script that makes a model of the collection."""

from __future__ import annotations

import runpy
import sys

import pytest

from reference_folder import CHECKOUT
from sketch_rnn.checkpoint import write_checkpoint
from sketch_rnn.config import ModelConfig
from sketch_rnn.dataset.dataset import save_dataset
from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN, model_header, network_tensors
from tiny import zigzags


@pytest.mark.parametrize("conditional", [True, False])
def test_card_and_weights(tmp_path, monkeypatch, conditional):
    save_dataset(tmp_path / "data.npz", *(zigzags(n, n) for n in (12, 11, 10)))
    config = ModelConfig(
        enc_rnn_size=4, dec_rnn_size=6, z_size=3, num_mixture=2, conditional=conditional
    )
    model = SketchRNN.new(config, DataProfile(scale=20.0, max_seq_len=9))
    header = {**model_header(model), "training": {"step": 123}}
    write_checkpoint(tmp_path / "run.safetensors", network_tensors(model.network), header)
    words = [
        *("card.py", str(tmp_path / "run.safetensors"), "set/lstm", str(tmp_path / "data.npz")),
        *("--command", "sketch-rnn train data.npz", "--hardware", "a toaster"),
        *("--time", "3 s", "--rule", "js", "--root", str(tmp_path), "--ship"),
    ]
    monkeypatch.setattr(sys, "argv", words)
    runpy.run_path(str(CHECKOUT / "models" / "card.py"), run_name="__main__")
    folder = tmp_path / "models" / "set" / "lstm"
    card = (folder / "README.md").read_text()
    assert "| trained | 123 steps, in 3 s on a toaster |" in card
    assert "12 / 11 / 10, N_max" in card
    assert "| test | " in card
    assert "samples finished, with a median of" in card
    assert "| temperature rule | js |" in card
    assert "With the paper's rule " in card
    assert "| | 10 drawings at temperature 0.4, js rule | 95% interval | real | untrained |" in card
    assert "| frechet | " in card
    pictures = {"samples.png", "reconstructions.png"} if conditional else {"samples.png"}
    assert {path.name for path in folder.iterdir()} == {"README.md", *pictures}
    shipped = tmp_path / "src" / "sketch_rnn" / "zoo" / "shipped" / "set-lstm.safetensors"
    assert SketchRNN.from_pretrained(shipped).config == config
