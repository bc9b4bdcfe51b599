from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from bundle_files import bundle, variables_from_parameters, write_checkpoint
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.dataset.dataset import load_dataset
from sketch_rnn.interop.hparams import original_hparams
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.trained import SketchRNN

CONFIG = ModelConfig(enc_rnn_size=4, dec_rnn_size=6, z_size=3, num_mixture=2)


@pytest.fixture
def original(workplace):
    variables = variables_from_parameters(SketchVAE(CONFIG).state_dict(), CONFIG)
    hparams = original_hparams(CONFIG, TrainConfig(), ["data.npz"], 20)
    return write_checkpoint(workplace / "theirs", bundle(variables), hparams)


@pytest.fixture
def javascript(workplace):
    rng = np.random.default_rng(0)
    shapes = [(4, 123), (123,), (5, 16), (4, 16), (16,)]
    weights = [rng.integers(-999, 999, shape).astype("<i2").tobytes() for shape in shapes]
    info = {"mode": "gen", "version": 2, "name": "cat", "max_seq_len": 9, "scale_factor": 50}
    texts = [base64.b64encode(array).decode() for array in weights]
    (workplace / "cat.gen.json").write_text(json.dumps([info, shapes, texts]))


def test_checkpoint_of_the_original(command, original):
    result = command("import", "theirs", "--scale", "18.5", "--out", "mine")
    assert result.status == 0, result.err
    assert "scale  18.5 pixels, given\n" in result.out
    assert "N_max  20 rows, of the file\n" in result.out
    assert "draws  with the original temperature rule, from 0 0 1 0 0\n" in result.out
    assert SketchRNN.from_pretrained("mine").profile.max_seq_len == 20
    assert command("draw", "mine", "-n", 2, "--max-len", 5).status == 0

    result = command("import", "theirs", "--data", "data.npz", "--out", "mine.safetensors")
    profile = SketchRNN.from_pretrained("mine.safetensors").profile
    assert f"scale  {profile.scale:.6g} pixels, of the data\n" in result.out
    assert profile.typical_size > 0

    result = command("import", "theirs", "--out", "x")
    assert result.status == 2
    assert "theirs does not hold the scale of its drawings; give the data" in result.err
    assert not Path("x").exists()


@pytest.mark.parametrize("scale", ["0", "-2", "nan", "inf"])
def test_scales_that_cannot_be(command, original, scale):
    result = command("import", "theirs", "--scale", scale, "--out", "x")
    assert result.status == 2
    assert f"theirs: a scale of {float(scale):g} pixels per unit is invalid; give a" in result.err
    assert not Path("x").exists()


def test_a_longest_drawing_that_no_file_says(command, original):
    hparams = json.loads((original / "model_config.json").read_text())
    (original / "model_config.json").write_text(json.dumps(list(hparams)))
    result = command("import", "theirs", "--scale", "18.5", "--out", "x")
    assert "and max_seq_len, the rows of the longest drawing" in result.err
    sizes = "enc_rnn_size=4,dec_rnn_size=6,z_size=3,num_mixture=2"
    given = ("import", "theirs", "--hparams", sizes, "--out", "x", "--scale", "18.5")
    result = command(*given)
    assert "N_max  250 rows, assumed; --hparams max_seq_len=... says another\n" in result.out
    longest = load_dataset("data.npz").profile.max_seq_len
    result = command(*given, "--data", "data.npz")
    assert f"N_max  {longest} rows, of the data\n" in result.out
    measured = load_dataset("data.npz").profile.scale
    assert f"scale  18.5 pixels, given; the data has {measured:.6g}\n" in result.out
    result = command(*given, "--hparams", "max_seq_len=31")
    assert "N_max  31 rows, given\n" in result.out
    result = command(*given, "--hparams", "max_seq_len=0")
    assert "theirs/model_config.json: max_seq_len=0 must be 1 to 1,000,000; give" in result.err


def test_javascript_model(command, javascript):
    result = command("import", "cat.gen.json", "--out", "cat", "--half")
    assert result.status == 0, result.err
    assert "scale  50 pixels, of the file\n" in result.out
    assert "draws  with the js temperature rule, from 0 0 0 0 0\n" in result.out
    assert command("draw", "cat.gen.json", "-n", 2, "--max-len", 5).status == 0
    result = command("info", "cat.gen.json")
    assert "temperature rule  js\n" in result.out

    result = command("import", "cat.gen.json", "--name", "x", "--out", "y")
    assert "a JavaScript model takes neither --name nor --hparams" in result.err
    assert command("import", "cat", "--out", "y").err.endswith(
        "cat is a model of this program already; use it as it is\n"
    )


def test_what_cannot_be_imported_hears_what_can(command, workplace):
    for name in ("a.png", "a.pt", "a.csv"):
        (workplace / name).write_bytes(b"\x89PNG")
        error = command("import", name, "--out", "y").err
        assert f"{name} cannot be imported; give a folder with a checkpoint of the orig" in error
        assert "a JavaScript model (.json), the address of one of these" in error
