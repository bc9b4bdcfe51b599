"""A model written to a file is the same model when it is read again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from checkpoint_files import PROFILE, header, metadata, rewrite, small_model
from sketch_rnn.checkpoint import read_checkpoint, write_checkpoint
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.generate.sampling import sample
from sketch_rnn.profile import DrawingHabits
from sketch_rnn.trained import SketchRNN, network_tensors
from tiny import TINY_MODEL


@pytest.fixture
def model():
    return small_model()


@pytest.fixture
def path(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save_pretrained(path)
    return path


def assert_same_model(ours, theirs):
    assert (ours.config, ours.profile) == (theirs.config, theirs.profile)
    ours, theirs = ours.network.state_dict(), theirs.network.state_dict()
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert torch.equal(value, theirs[name]), name


def test_a_file_holds_the_whole_model(model, path):
    assert_same_model(SketchRNN.from_pretrained(path), model)


def test_a_folder_holds_the_whole_model(model, tmp_path):
    folder = tmp_path / "new" / "folder"
    model.save_pretrained(folder)
    assert {file.name for file in folder.iterdir()} == {
        *("model.safetensors", "config.json", "README.md")
    }
    assert_same_model(SketchRNN.from_pretrained(folder), model)
    for_people = json.loads((folder / "config.json").read_text())
    assert for_people["config"]["dec_rnn_size"] == 16
    assert for_people["profile"]["scale"] == 18.5198
    assert "lstm encoder of 16 each way" in (folder / "README.md").read_text()


def test_a_card_that_someone_wrote_is_kept(model, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    model.save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_half_precision(model, tmp_path):
    model.save_pretrained(tmp_path / "full.safetensors")
    model.save_pretrained(tmp_path / "half.safetensors", half=True)
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("full", "half")]
    assert sizes[1] < 0.62 * sizes[0]
    halved = SketchRNN.from_pretrained(tmp_path / "half.safetensors").network.state_dict()
    for name, value in model.network.state_dict().items():
        assert halved[name].dtype == torch.float32
        assert torch.allclose(halved[name], value, rtol=1e-3, atol=1e-6)
    with torch.no_grad():
        model.network.decoder.output.bias[0] = 1e6
    with pytest.raises(SketchRNNError, match=r"decoder.output.bias is too large for 16-bit"):
        model.save_pretrained(tmp_path / "large.safetensors", half=True)


def test_habits_come_back(model, tmp_path):
    habits = DrawingHabits(temperature_rule="js", start_token=(0, 0, 0, 0, 0))
    SketchRNN(model.network, model.profile, habits).save_pretrained(tmp_path / "x.safetensors")
    assert SketchRNN.from_pretrained(tmp_path / "x.safetensors").habits == habits


def test_without_weights(model, tmp_path):
    model.save_pretrained(tmp_path / "x.safetensors")
    blank = SketchRNN.from_pretrained(tmp_path / "x.safetensors", weights=False)
    assert (blank.config, blank.profile) == (model.config, model.profile)
    expected = SketchRNN.new(model.config, model.profile).network.state_dict()
    assert all(torch.equal(v, expected[k]) for k, v in blank.network.state_dict().items())


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("last", "best", "model"), "model"),
        (("last", "best"), "best"),
        (("last",), "last"),
    ],
)
def test_which_file_of_a_folder_is_taken(tmp_path, names, chosen):
    for seed, name in enumerate(names):
        model = SketchRNN.new(TINY_MODEL, PROFILE, seed)
        model.save_pretrained(tmp_path / f"{name}.safetensors")
    expected = SketchRNN.new(TINY_MODEL, PROFILE, names.index(chosen))
    assert_same_model(SketchRNN.from_pretrained(str(tmp_path)), expected)


def test_a_loaded_model_is_ready_to_use(path):
    network = SketchRNN.from_pretrained(path).network
    assert not network.training
    for value in network.parameters():
        assert (value.dtype, value.device.type) == (torch.float32, "cpu")
        assert value.requires_grad


def test_half_precision_is_widened(model, path):
    rewrite(path, tensors={name: value.half() for name, value in load_file(path).items()})
    network = SketchRNN.from_pretrained(path).network
    for name, value in network.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, model.network.state_dict()[name].half().float())


def test_loading_draws_no_random_numbers(path):
    before = torch.get_rng_state()
    SketchRNN.from_pretrained(path)
    assert torch.equal(torch.get_rng_state(), before)


def test_starting_weights_are_a_function_of_the_seed(model):
    assert_same_model(SketchRNN.new(TINY_MODEL, PROFILE, seed=5), model)
    other = SketchRNN.new(TINY_MODEL, PROFILE, seed=6).network.decoder.output.weight
    assert not torch.equal(other, model.network.decoder.output.weight)


def test_layout_of_the_file(model, path):
    assert list(metadata(path)) == ["sketch_rnn"]
    assert json.loads(metadata(path)["sketch_rnn"]).keys() - header(path).keys() == {"sha256"}
    assert header(path).keys() == {"format_version", "config", "profile", "habits"}
    assert header(path)["format_version"] == 1
    assert load_file(path).keys() == {f"network.{name}" for name in model.network.state_dict()}


def test_equal_models_make_equal_files(model, path, tmp_path):
    model.save_pretrained(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_other_tensors_and_settings_come_back(tmp_path):
    tensors = {"optimizer.first": torch.arange(6.0).reshape(2, 3).T, "count": torch.tensor(7)}
    write_checkpoint(tmp_path / "x.safetensors", tensors, {"training": {"step": 3}})
    found = read_checkpoint(tmp_path / "x.safetensors")
    assert found.header == {"format_version": 1, "training": {"step": 3}}
    assert torch.equal(found.tensors["optimizer.first"], tensors["optimizer.first"])
    assert found.tensors["count"] == 7


def test_a_label_that_looks_like_a_checksum(model, tmp_path):
    label = '"sha256": "' + "0" * 64 + '"'
    odd = SketchRNN(model.network, replace(PROFILE, labels=(label, json.dumps(label))))
    odd.save_pretrained(tmp_path / "odd.safetensors")
    assert_same_model(SketchRNN.from_pretrained(tmp_path / "odd.safetensors"), odd)


def test_the_optimizer_of_a_run_does_not_matter_to_a_model(model, path):
    tensors = load_file(path) | {"optimizer.first.decoder.output.bias": torch.ones(21)}
    rewrite(path, tensors=tensors)
    assert_same_model(SketchRNN.from_pretrained(path), model)


def test_network_tensors_are_those_of_the_file(model, path):
    tensors = load_file(path)
    for name, value in network_tensors(model.network).items():
        assert torch.equal(value, tensors[name])


def test_a_model_draws_moves_and_says_what_it_is(model):
    samples = model.to("cpu").sample(2, seed=3, max_len=5)
    expected = sample(model, 2, seed=3, max_len=5)
    assert all(
        ours == theirs for ours, theirs in zip(samples.sketches, expected.sketches, strict=True)
    )
    assert repr(samples) == f"<Samples: 2 drawings, {int(samples.ended.sum())} finished>"
    assert repr(model).startswith("<SketchRNN: lstm encoder of ")
    assert len(repr(model)) < 120
