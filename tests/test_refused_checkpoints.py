"""Files that hold no model, or not all of one: one line says what is wrong with them."""

from __future__ import annotations

import random

import pytest
import torch
from safetensors.torch import load_file, save_file

from checkpoint_files import header, rewrite, small_model
from sketch_rnn.checkpoint import read_checkpoint, write_checkpoint
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.trained import SketchRNN
from tiny import TINY_MODEL


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.safetensors"
    small_model().save_pretrained(path)
    return path


def message(path):
    with pytest.raises(SketchRNNError) as caught:
        SketchRNN.from_pretrained(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_sizes_beyond_all_measure(path):
    values = header(path)
    values["config"]["dec_rnn_size"] = 2**40
    write_checkpoint(path, {}, {"config": values["config"], "profile": values["profile"]})
    with pytest.raises(SketchRNNError, match="no network can have dec_rnn_size=1099511627776"):
        SketchRNN.from_pretrained(path)


def test_nothing_there(tmp_path):
    missing = tmp_path / "missing"
    assert message(missing) == (
        f"no model at {missing}; give a .safetensors, .json, .zip or .index file, a folder with a "
        "model.safetensors, best.safetensors or .index file, or a name that `sketch-rnn models` "
        "lists"
    )
    assert message(tmp_path) == (
        f"{tmp_path}: no model.safetensors, best.safetensors or .index file in this folder"
    )
    with pytest.raises(SketchRNNError, match=r"no such file; give the path of a checkpoint$"):
        read_checkpoint(missing)


def test_cut_anywhere(path):
    whole = path.read_bytes()
    for size in [*range(20), *range(20, len(whole), len(whole) // 40), len(whole) - 1]:
        path.write_bytes(whole[:size])
        assert message(path).startswith(f"{path}: damaged or not a checkpoint ("), size


def test_a_flipped_bit_anywhere(path):
    whole = path.read_bytes()
    rng = random.Random(0)
    for _ in range(200):
        place, bit = rng.randrange(len(whole)), rng.randrange(8)
        damaged = bytearray(whole)
        damaged[place] ^= 1 << bit
        path.write_bytes(damaged)
        with pytest.raises(SketchRNNError):
            read_checkpoint(path)


def test_a_flipped_bit_of_a_weight(path):
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    assert message(path) == (
        f"{path}: damaged: its content does not match its checksum; copy it again, or use another "
        "checkpoint"
    )


def test_not_a_checkpoint(path):
    path.write_text("just some words, longer than the header of a file\n" * 10)
    assert message(path).startswith(f"{path}: damaged or not a checkpoint (")


def test_of_another_program(path):
    save_file(load_file(path), path, {"format": "pt"})
    expected = f"{path}: not a checkpoint of sketch-rnn (no 'sketch_rnn' in its metadata)"
    assert message(path) == expected
    save_file(load_file(path), path)
    assert message(path) == expected


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", "[" * 100_000])
def test_unreadable_settings(path, text):
    save_file(load_file(path), path, {"sketch_rnn": text})
    assert message(path) == f"{path}: damaged: its metadata cannot be read"


def test_of_a_newer_version(path):
    rewrite(path, format_version=2)
    assert message(path) == (
        f"{path}: format version 2, but this sketch-rnn reads versions up to 1; upgrade sketch-rnn"
    )


@pytest.mark.parametrize("version", [0, -1, "1", None, 1.5])
def test_of_no_version(path, version):
    rewrite(path, format_version=version)
    assert message(path) == f"{path}: damaged: format version {version!r}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"config": None}, "the checkpoint has no section 'config'"),
        (
            {"config": {"dec_size": 3, "z_size": 0}},
            (
                "model settings: unknown 'dec_size' (did you mean 'dec_rnn_size'?); z_size=0 must "
                "be a whole number of at least 1"
            ),
        ),
        ({"profile": {"scale": 2.0}}, "data profile: missing 'max_seq_len'"),
    ],
)
def test_settings_that_are_not_those_of_a_model(path, changes, expected):
    rewrite(path, **changes)
    assert message(path) == f"{path}: {expected}"


def test_weights_of_another_architecture(path):
    rewrite(path, config={**TINY_MODEL.to_dict(), "dec_rnn_size": 2_000_000})
    text = message(path)
    assert text.startswith(
        f"{path}: the weights do not fit the architecture: network.decoder.cell.input_weight has "
        "shape (9, 64), expected (9, 8000000); network.decoder.cell.recurrent_weight has shape "
        "(16, 64), expected (2000000, 8000000); "
    )
    assert text.endswith("; and more")


def test_a_weight_is_missing_and_others_are_unexpected(path):
    tensors = load_file(path)
    del tensors["network.decoder.output.bias"]
    tensors["network.decoder.output.scale"] = torch.ones(3)
    tensors["weight"] = torch.ones(3)
    rewrite(path, tensors=tensors)
    assert message(path) == (
        f"{path}: the weights do not fit the architecture: network.decoder.output.bias is missing, "
        "expected shape (21,); network.decoder.output.scale is unexpected; weight is unexpected"
    )


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.complex64])
def test_weights_that_are_no_real_numbers(path, dtype):
    name = "network.decoder.output.bias"
    tensors = load_file(path)
    rewrite(path, tensors={**tensors, name: tensors[name].to(dtype)})
    assert message(path).endswith(f"architecture: {name} holds {dtype}, not real numbers")


@pytest.mark.parametrize("scale", [0, 1e-40, 1e38, 10**400])
def test_a_scale_that_numbers_cannot_hold(path, scale):
    rewrite(path, profile={**header(path)["profile"], "scale": scale})
    assert "must be a number of at least 1e-30 and at most 1e+30" in message(path)
