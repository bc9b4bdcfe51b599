"""Checkpoints of the original, read without TensorFlow."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from test_golden import ENCODER_OUTPUTS, OUTPUTS, Recording, assert_agrees

from bundle_files import bundle, entry, table, variables_from_parameters, write_checkpoint
from reference_folder import SHARED
from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.hparams import original_hparams
from sketch_rnn.interop.tensorflow.original import models_in_zip, read_original
from sketch_rnn.model.vae import SketchVAE
from sketch_rnn.profile import DataProfile
from sketch_rnn.trained import SketchRNN

GOLDEN = SHARED / "reference" / "golden"
FOLDERS = sorted(GOLDEN.glob("ckpt_*")) if SHARED.is_dir() else []
SMALL = ModelConfig(enc_model="layer_norm", enc_rnn_size=6, dec_rnn_size=8, z_size=4, num_mixture=2)


@pytest.fixture(scope="module")
def network():
    return SketchVAE(SMALL, torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def variables(network):
    weights = variables_from_parameters(network.state_dict(), SMALL)
    slots = {"vector_rnn/vector_rnn/RNN/output_b/Adam": weights["vector_rnn/RNN/output_b"]}
    counters = ("global_step", "Variable", "Variable_1", "beta1_power", "vector_rnn/beta2_power")
    second = {"vector_rnn_1/RNN/output_b": weights["vector_rnn/RNN/output_b"] * 0}
    return {**weights, **slots, **second, **dict.fromkeys(counters, np.float32(1))}


@pytest.fixture(scope="module")
def bundled(variables):
    return bundle(variables)


@pytest.fixture
def hparams():
    return original_hparams(SMALL, TrainConfig(), ["sheep.npz"], 48)


@pytest.fixture
def folder(tmp_path, bundled, hparams):
    return write_checkpoint(tmp_path / "lstm", bundled, hparams)


def assert_same(foreign, network):
    expected = network.state_dict()
    assert foreign.weights.keys() == expected.keys()
    assert all(torch.equal(foreign.weights[name], expected[name]) for name in expected)


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no checkpoints: {SHARED} does not exist")
def test_recorded_checkpoints_are_there():
    assert FOLDERS, f"{GOLDEN} holds no checkpoint"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_golden_outputs(folder):
    recording = Recording(GOLDEN / f"{folder.name.removeprefix('ckpt_')}.npz")
    foreign = read_original(folder)
    model = SketchRNN.from_foreign(foreign, foreign.profile(18.5198))
    assert replace(model.config, recurrent_keep_prob=1.0) == replace(
        recording.model, recurrent_keep_prob=1.0
    )
    recording.network = model.network
    outputs = OUTPUTS | (ENCODER_OUTPUTS if recording.model.conditional else {})
    for name, output in outputs.items():

        def measure(network, output=output):
            return output(recording.predict(network, "padded")).detach().numpy()

        assert_agrees(recording, measure, recording[f"out/{name}"], name)


def test_a_folder(folder, network):
    foreign = read_original(folder)
    assert_same(foreign, network)
    assert foreign.config == SMALL
    assert (foreign.max_seq_len, foreign.first_row, foreign.sources) == (48, "move", ("sheep",))
    assert foreign.habits.temperature_rule == "original"
    assert foreign.habits.start_token == (0, 0, 1, 0, 0)


def test_scale_is_asked_for(folder):
    foreign = read_original(folder)
    with pytest.raises(SketchRNNError, match=r"does not hold the scale .* --data, .* --scale"):
        foreign.profile()
    assert foreign.profile(18.5).scale == 18.5
    measured = DataProfile(scale=7.0, max_seq_len=99, typical_size=200.0, first_row="line")
    profile = foreign.profile(measured=measured)
    assert (profile.scale, profile.max_seq_len, profile.typical_size) == (7.0, 48, 200.0)
    with pytest.raises(SketchRNNError, match="does not hold the scale"):
        SketchRNN.from_pretrained(folder)


def test_the_checkpoint_that_the_state_file_names(folder, variables, hparams, network):
    other = {name: values + 1 for name, values in variables.items()}
    write_checkpoint(folder, bundle(other), hparams, prefix="vector-2000")
    assert torch.equal(
        read_original(folder / "vector-1234.index").weights["decoder.output.bias"],
        network.decoder.output.bias,
    )
    assert not torch.equal(
        read_original(folder).weights["decoder.output.bias"], network.decoder.output.bias
    )
    (folder / "checkpoint").unlink()  # then the one of the most steps
    assert not torch.equal(
        read_original(folder).weights["decoder.output.bias"], network.decoder.output.bias
    )


def test_zero_and_one_for_booleans(folder, hparams, network):
    numbers = {n: int(v) if isinstance(v, bool) else v for n, v in hparams.items()}
    (folder / "model_config.json").write_text(json.dumps(numbers))
    assert_same(read_original(folder), network)


def test_a_list_of_names(folder, hparams, network):
    (folder / "model_config.json").write_text(json.dumps(list(hparams)))
    with pytest.raises(SketchRNNError, match=r"only lists the names .* --hparams"):
        read_original(folder)
    given = {name: hparams[name] for name in ("enc_model", "enc_rnn_size", "dec_rnn_size")}
    given |= {"z_size": "4", "num_mixture": "2", "max_seq_len": 48}
    assert_same(read_original(folder, hparams=given), network)


def test_zip_archive(folder, tmp_path, network):
    archive = tmp_path / "models.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for name in ("aaron_sheep/lstm", "owl/lstm"):
            for file in folder.iterdir():
                opened.write(file, f"{name}/{file.name}")
        opened.writestr("__MACOSX/owl/lstm/._vector.index", b"")
    assert models_in_zip(archive) == ("aaron_sheep/lstm", "owl/lstm")
    assert_same(read_original(archive, name="owl/lstm"), network)
    for wrong in ("", "lstm", "cat/lstm"):
        with pytest.raises(SketchRNNError, match=r"holds aaron_sheep/lstm, owl/lstm; .* --name"):
            read_original(archive, name=wrong)


def test_missing_and_unknown_variables(folder, variables, hparams):
    less = {name: v for name, v in variables.items() if name != "vector_rnn/RNN/output_w"}
    write_checkpoint(folder, bundle(less), hparams)
    with pytest.raises(SketchRNNError, match="missing vector_rnn/RNN/output_w;"):
        read_original(folder)
    more = {**variables, "vector_rnn/RNN/attention": np.zeros(3)}
    write_checkpoint(folder, bundle(more), hparams)
    with pytest.raises(SketchRNNError, match="unknown variables vector_rnn/RNN/attention"):
        read_original(folder)


@pytest.mark.parametrize(
    ("name", "size"),
    [("dec_rnn_size", 2**40), ("z_size", 10**12), ("num_mixture", 10**15), ("enc_rnn_size", 7)],
)
def test_absurd_sizes(folder, hparams, name, size):
    (folder / "model_config.json").write_text(json.dumps({**hparams, name: size}))
    with pytest.raises(SketchRNNError, match=r"expected|no network can have"):
        read_original(folder)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "7", '{"z_size": "x"}', "\x00"])
def test_damaged_settings(folder, text):
    (folder / "model_config.json").write_text(text)
    with pytest.raises(SketchRNNError, match=r"model_config.json"):
        read_original(folder)


def test_bits_flipped_and_files_cut(folder):
    """Whatever happens to a byte, there is a model or one line that says what is wrong."""
    rng = np.random.default_rng(0)
    for file in (folder / "vector-1234.index", folder / "vector-1234.data-00000-of-00001"):
        whole = file.read_bytes()
        for place in rng.integers(0, len(whole), 12):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << int(rng.integers(8))
            file.write_bytes(damaged)
            is_loaded(folder)
        for size in (0, 1, 47, 48, len(whole) // 2):
            file.write_bytes(whole[:size])
            assert not is_loaded(folder)
        file.write_bytes(whole)
    assert is_loaded(folder)


def is_loaded(folder):
    message = ""
    try:
        read_original(folder)
    except SketchRNNError as error:
        message = str(error)
    assert len(message.splitlines()) <= 1
    return not message


def test_a_flipped_weight_is_noticed(folder):
    file = folder / "vector-1234.data-00000-of-00001"
    content = bytearray(file.read_bytes())
    for place in range(0, len(content), 4):
        content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(SketchRNNError, match=r"the checksum of .* is wrong"):
        read_original(folder)


BIAS = "vector_rnn/RNN/output_b"


@pytest.mark.parametrize(
    ("lie", "message"),
    [
        (entry((2**62, 2**62), 0, 60, 0), "should have"),
        (entry((15,), 0, 2**62, 0), "is said to have"),
        (entry((15,), 2**63, 60, 0), "is said to have"),
        (entry((15,), 0, 60, 0, kind=7), "has type 7"),
        (entry((1,) * 30, 0, 4, 0), "not a valid shape"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "bytes wanted"),
        (b"\xff" * 12, "a number without an end"),
        (b"\x3b", "unknown kind of field"),
    ],
)
def test_sizes_that_lie(folder, bundled, lie, message):
    messages, _ = bundled
    (folder / "vector-1234.index").write_bytes(table({**messages, BIAS: lie}))
    with pytest.raises(SketchRNNError, match=message):
        read_original(folder)


def test_compressed_tables_are_refused(folder, bundled):
    (folder / "vector-1234.index").write_bytes(table(bundled[0], kind=1))
    with pytest.raises(SketchRNNError, match="compressed by method 1"):
        read_original(folder)


def test_zip_bomb(tmp_path, hparams):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("lstm/model_config.json", json.dumps(hparams))
        opened.writestr("lstm/vector.index", bytes(30 * 2**20))
    with pytest.raises(SketchRNNError, match="far more than such a file can hold; refused"):
        read_original(archive)


def test_paths_that_climb(folder, tmp_path, network):
    archive = tmp_path / "climbing.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for file in folder.iterdir():
            opened.write(file, f"../../out/{file.name}")
    before = sorted(tmp_path.rglob("*"))
    assert_same(read_original(archive), network)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)])
def test_damaged_archive(tmp_path, content):
    archive = tmp_path / "models.zip"
    archive.write_bytes(content)
    with pytest.raises(SketchRNNError, match=r"not a zip archive|holds no checkpoint"):
        read_original(archive)


def test_memory_is_bounded_by_the_files(folder, hparams, bundled):
    """Sizes that lie are found before memory is asked for."""
    lie = entry((20_000, 80_000), 0, 4 * 20_000 * 80_000, 0)
    name = "vector_rnn/RNN/LSTMCell/W_hh"
    (folder / "vector-1234.index").write_bytes(table({**bundled[0], name: lie}))
    (folder / "model_config.json").write_text(json.dumps({**hparams, "dec_rnn_size": 20_000}))
    tracemalloc.start()
    try:
        with pytest.raises(SketchRNNError, match="is said to have"):
            read_original(folder)
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()
