from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sketch_rnn.config import ModelConfig
from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN


@pytest.fixture
def exportable(workplace):
    config = ModelConfig(dec_rnn_size=6, conditional=False)
    model = SketchRNN.new(config, DataProfile(scale=30.0, max_seq_len=12, sources=("cat",)))
    model.save_pretrained(workplace / "cat")


def test_javascript_and_back(command, exportable):
    result = command("export", "cat", "--to", "js", "--out", "cat.gen.json")
    assert result.status == 0, result.err
    assert re.fullmatch(r"wrote cat.gen.json  [\d,]+ bytes\n", result.out)
    assert json.loads(Path("cat.gen.json").read_text())[0]["scale_factor"] == 30.0
    assert "(vae)" not in result.err
    refused = command("export", "cat", "--to", "js", "--out", "cat.vae.json")
    assert "this model is decoder-only; name the file cat.gen.json" in refused.err
    assert command("import", "cat.gen.json", "--out", "again").status == 0


def test_javascript_of_a_model_with_an_encoder(command, workplace):
    """Only one of the libraries reads it, and the name of its file follows."""
    config = ModelConfig(enc_rnn_size=4, dec_rnn_size=6, z_size=3)
    profile = DataProfile(scale=30.0, max_seq_len=12, sources=("cat",))
    SketchRNN.new(config, profile).save_pretrained(workplace / "cat")
    refused = command("export", "cat", "--to", "js", "-o", "cat.gen.json")
    assert refused.status == 2
    assert "cat.gen.json: this model has an encoder; name the file cat.vae.json" in refused.err
    assert not Path("cat.gen.json").exists()
    result = command("export", "cat", "--to", "js", "-o", "cat.vae.json")
    assert result.status == 0
    assert "(vae) is read by sketch-rnn-js only" in result.err
    assert "cannot hold this model's temperature rule, paper" in result.err
    assert command("import", "cat.vae.json", "-o", "again").status == 0
    assert "temperature rule" not in command("export", "again", "--to", "js", "-o", "x.json").err


def test_onnx(command, exportable):
    pytest.importorskip("onnx", reason="onnx is not installed")
    result = command("export", "cat", "--to", "onnx", "--out", "graphs", "--diagram")
    assert result.status == 0, result.err
    assert {path.name for path in Path("graphs").iterdir()} == {
        *("decoder_step.onnx", "decoder_step.svg"),
        *("decoder_sequence.onnx", "decoder_sequence.svg"),
    }
    assert re.search(r"wrote graphs/decoder_step.onnx +[\d,]+ bytes\n", result.out)


def test_page(command, exportable):
    """It names the model, and no folder of this machine."""
    result = command("export", "cat", "--to", "html", "--out", "cat.html")
    assert result.status == 0, result.err
    page = Path("cat.html").read_text()
    assert "<title>cat: sketch-rnn</title>" in page
    assert str(Path.cwd()) not in page
    result = command("export", "cat", "--to", "html", "--out", "no.html", "--label", "cat")
    assert result.status == 2
    assert "this model was trained without labels" in result.err
    assert not Path("no.html").exists()


def test_mistakes(command, exportable):
    result = command("export", "run", "--to", "js", "--out", "x.json")
    assert result.status == 2
    assert (
        "its num_mixture is 2, and the format's 20; train one with --num-mixture 20" in result.err
    )
    assert not Path("x.json").exists()
    result = command("export", "run", "--to", "tflite", "--out", "x")
    assert "--to tflite: must be one of html, js, onnx" in result.err
    result = command("export", "cat", "--to", "js", "--out", "x.json", "--diagram")
    assert result.status == 2
    assert "--diagram draws ONNX graphs: leave it out with --to js" in result.err
    assert not Path("x.json").exists()
