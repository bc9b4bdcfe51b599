from __future__ import annotations

import shutil

import pytest

from bundle_files import bundle, variables_from_parameters, write_checkpoint
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.interop.hparams import original_hparams
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.trained import SketchRNN


@pytest.fixture
def table(workplace, monkeypatch):
    """Names a model in a table of the user's; it is in the folder, so nothing is fetched."""
    (workplace / "table.toml").write_text(
        '[model.zigzag]\nabout = "zigzags"\naddress = "http://127.0.0.1:9/zigzag.safetensors"\n'
    )
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(workplace / "table.toml"))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: workplace / "cache")


def test_list(command, table):
    result = command("models")
    assert result.status == 0, result.err
    assert result.out.startswith("NAME")
    assert any(line.split() == ["zigzag", "known", "zigzags"] for line in result.out.splitlines())
    assert "114 known by address, such as alarm clock, decoder only" in result.out
    assert "js/yogabicycle" in result.out


def test_settings_of_a_model(command, workplace):
    result = command("models", "run")
    assert result.status == 0, result.err
    parameters = sum(p.numel() for p in SketchRNN.from_pretrained("run").network.parameters())
    assert f"parameters        {parameters:,}\n" in result.out
    assert "temperature rule  paper\n" in result.out
    assert "temperature       0.4\n" in result.out
    assert command("models", "nothing").status == 2


@pytest.fixture
def owl(workplace, monkeypatch):
    """Names a model of the original, in an archive, whose scale nobody knows."""
    config = ModelConfig(enc_rnn_size=4, dec_rnn_size=6, z_size=3, num_mixture=2)
    network = SketchVAE(config)
    variables = variables_from_parameters(network.state_dict(), config)
    hparams = original_hparams(config, TrainConfig(), ["owl.npz"], 20)
    write_checkpoint(workplace / "theirs" / "owl" / "lstm", bundle(variables), hparams)
    shutil.make_archive("theirs", "zip", "theirs")
    (workplace / "table.toml").write_text(
        '[model."their owl"]\naddress = "theirs.zip"\nmember = "owl/lstm"\n'
    )
    monkeypatch.setenv("SKETCH_RNN_MODELS", str(workplace / "table.toml"))
    return network


def test_a_model_of_unknown_scale(command, owl):
    """It can be looked at; and the command that makes it draw is the one that is named."""
    advice = "sketch-rnn import 'their owl' --scale PIXELS --out MODEL"
    result = command("models", "their owl")
    assert result.status == 0, result.err
    parameters = sum(parameter.numel() for parameter in owl.parameters())
    assert f"parameters        {parameters:,}\n" in result.out
    assert f"scale             unknown; {advice} gives it one\n" in result.out
    for words in (["draw", "their owl"], ["import", "their owl", "--out", "x"]):
        result = command(*words)
        assert result.status == 2
        assert result.err.endswith(f"or the number itself with --scale: {advice}\n")
    result = command("import", "their owl", "--scale", 20, "--out", "mine")
    assert result.status == 0, result.err
    assert command("draw", "mine", "-n", 1, "--max-len", 3).status == 0
