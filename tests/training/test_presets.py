from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from sketch_rnn.config import ModelConfig, TrainConfig, split_settings
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.training.presets import Preset, load_preset, preset_names, suggested_flags

NAMES = ("decoder_only", "demo", "fine_tune", "hyper", "quickdraw", "small")


def message_of(name):
    with pytest.raises(SketchRNNError) as error:
        load_preset(name)
    return str(error.value)


def preset_file(folder, text):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_presets():
    assert preset_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_preset_makes_both_configs(name):
    preset = load_preset(name)
    assert preset.name == name
    assert split_settings(preset.values()) == (
        ModelConfig(**preset.model),
        TrainConfig(**preset.train),
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_block_of_a_shipped_preset_says_why(name):
    text = resources.files("sketch_rnn.training.presets").joinpath(f"{name}.toml").read_text()
    for block in text.strip().split("\n\n"):
        assert block.startswith("# "), block
    assert tomllib.loads(text)


def test_the_large_configuration_of_the_originals_documentation():
    preset = load_preset("hyper")
    assert preset.model == {
        "dec_model": "hyper",
        "dec_rnn_size": 2048,
        "enc_model": "layer_norm",
        "enc_rnn_size": 512,
        "recurrent_keep_prob": 1.0,
    }


def test_small_sets_get_layer_norm_dropout_and_augmentation():
    values = load_preset("small").values()
    assert values["enc_model"] == values["dec_model"] == "layer_norm"
    assert 0.65 <= values["recurrent_keep_prob"] <= 0.9
    assert 0.1 <= values["random_scale_factor"] <= 0.2
    assert 0.1 <= values["augment_stroke_prob"] <= 0.2


def test_a_fine_tuned_model_keeps_its_architecture():
    assert set(load_preset("fine_tune").model) == {"recurrent_keep_prob"}


def test_what_is_suggested_ends_and_exists():
    for count, preset in ((1999, "fine_tune"), (2000, "small"), (20_000, "quickdraw")):
        assert suggested_flags(count)[-2:] == ["--preset", preset]
        assert load_preset(preset).train.keys() & {"epochs", "patience"}
    assert suggested_flags(5)[:2] == ["--init", "quickdraw"]
    assert suggested_flags(5, fine_tune=True) == ["--preset", "fine_tune"]


def test_decoder_only_has_no_encoder():
    assert load_preset("decoder_only").model["conditional"] is False


def test_a_file_by_its_path_with_old_and_new_names(tmp_path):
    path = preset_file(tmp_path, "z_size = 32\nuse_recurrent_dropout = false\npatience = 3\n")
    expected = Preset(str(path), {"z_size": 32, "recurrent_keep_prob": 1.0}, {"patience": 3})
    assert load_preset(path) == expected
    assert load_preset(str(path)) == expected


def test_an_empty_file_is_the_defaults(tmp_path):
    assert load_preset(preset_file(tmp_path, "")).values() == {}


def test_unknown_preset_lists_the_names():
    assert message_of("smal") == (
        "no preset 'smal': the presets are decoder_only, demo, fine_tune, hyper, quickdraw, small, "
        "or give the path of a TOML file"
    )


def test_a_file_that_is_not_toml_names_the_line(tmp_path):
    path = preset_file(tmp_path, "z_size = 3\nz_size == 4\n")
    message = message_of(path)
    assert message.startswith(f"preset {path}: ")
    assert "at line 2" in message
    assert "\n" not in message


@pytest.mark.parametrize("value", ["[" * 5000, "1" + "0" * 5000])
def test_values_that_are_too_much(tmp_path, value):
    path = preset_file(tmp_path, f"z_size = {value}")
    assert message_of(path).startswith(f"preset {path}: not TOML (")


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\xff\xfe\x00")
    assert message_of(path).startswith(f"preset {path}: damaged or not a TOML file (")


def test_tables_are_refused(tmp_path):
    path = preset_file(tmp_path, "[model]\nz_size = 3\n")
    expected = f"preset {path}: [model] is a table; write its settings at the top level"
    assert message_of(path) == expected


def test_all_faults_of_a_preset_are_reported_together(tmp_path):
    path = preset_file(tmp_path, "z_sise = 3\nbatch_size = 0\ndec_model = 'gru'\n")
    assert message_of(path) == (
        f"preset {path}: unknown 'z_sise' (did you mean 'z_size'?); "
        "dec_model='gru' must be one of lstm, layer_norm, hyper; "
        "batch_size=0 must be a whole number from 1 to 1,000,000"
    )
