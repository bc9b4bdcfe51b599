from __future__ import annotations

import json
import math

import pytest

from sketch_rnn.config import ModelConfig, TrainConfig, split_settings
from sketch_rnn.errors import SketchRNNError

REFERENCE_MODEL = {
    "dec_model": "lstm",
    "dec_rnn_size": 512,
    "enc_model": "lstm",
    "enc_rnn_size": 256,
    "z_size": 128,
    "num_mixture": 20,
    "conditional": True,
    "recurrent_keep_prob": 0.9,
    "input_keep_prob": 1.0,
    "output_keep_prob": 1.0,
}
REFERENCE_TRAIN = {
    "num_steps": 10_000_000,
    "save_every": 500,
    "batch_size": 100,
    "learning_rate": 0.001,
    "decay_rate": 0.9999,
    "min_learning_rate": 0.00001,
    "grad_clip": 1.0,
    "kl_weight": 0.5,
    "kl_weight_start": 0.01,
    "kl_decay_rate": 0.99995,
    "kl_tolerance": 0.2,
    "random_scale_factor": 0.15,
    "augment_stroke_prob": 0.10,
}
CONFIGS = (ModelConfig, TrainConfig)


def test_defaults_are_the_originals():
    model = ModelConfig().to_dict()
    assert {name: model[name] for name in REFERENCE_MODEL} == REFERENCE_MODEL
    assert model["num_labels"] == 0
    train = TrainConfig().to_dict()
    assert {name: train[name] for name in REFERENCE_TRAIN} == REFERENCE_TRAIN
    assert TrainConfig().loss_form == "true_length"


def test_settings_beyond_the_originals_are_known():
    ours = set(TrainConfig.setting_names()) - set(REFERENCE_TRAIN)
    assert ours == {
        "epochs",
        "loss_form",
        "patience",
        "seed",
        "log_every",
        "accumulate",
        "precision",
        "label_keep_prob",
        "ema_decay",
        "products",
        "random_rotation",
        "random_shear",
        "mirror_prob",
    }
    assert set(ModelConfig.setting_names()) - set(REFERENCE_MODEL) == {"num_labels", "label_size"}


def test_all_faults_are_reported_together():
    with pytest.raises(SketchRNNError) as error:
        ModelConfig(dec_rnn_size=0, enc_model="gru", conditional=1, input_keep_prob=0.0)
    assert str(error.value) == (
        "model settings: dec_rnn_size=0 must be a whole number of at least 1; "
        "enc_model='gru' must be one of lstm, layer_norm, hyper; "
        "conditional=1 must be true or false; "
        "input_keep_prob=0.0 must be a number above 0 and at most 1"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_steps", 0),
        ("num_steps", 1.5),
        ("num_steps", True),
        ("epochs", 0),
        ("batch_size", -1),
        ("batch_size", 2**63),
        ("learning_rate", 0.0),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", 10**400),
        ("learning_rate", "0.1"),
        ("decay_rate", 1.01),
        ("grad_clip", 0),
        ("kl_weight", -0.5),
        ("random_scale_factor", 1.0),
        ("augment_stroke_prob", 1.1),
        ("loss_form", "masked"),
        ("patience", 0),
        ("seed", -1),
        ("log_every", None),
    ],
)
def test_impossible_value_is_refused_by_name(name, value):
    with pytest.raises(SketchRNNError, match=f"^training settings: {name}="):
        TrainConfig(**{name: value})


def test_whole_numbers_and_none_are_taken_where_they_make_sense():
    train = TrainConfig(learning_rate=1, epochs=None, patience=3, kl_weight=0)
    assert (train.learning_rate, train.epochs, train.patience) == (1, None, 3)


@pytest.mark.parametrize("config", CONFIGS)
def test_round_trip_through_json(config):
    changed = {"z_size": 7} if config is ModelConfig else {"patience": 7, "learning_rate": 0.5}
    original = config(**changed)
    assert config.from_dict(json.loads(json.dumps(original.to_dict()))) == original
    assert config.from_dict({}) == config()


def test_from_dict_reports_unknown_names_and_bad_values_in_one_message():
    with pytest.raises(SketchRNNError) as error:
        ModelConfig.from_dict({"dec_rnn_sise": 3, "z_size": 0})
    assert str(error.value) == (
        "model settings: unknown 'dec_rnn_sise' (did you mean 'dec_rnn_size'?); "
        "z_size=0 must be a whole number of at least 1"
    )


def test_split_settings_builds_both_configs():
    model, train = split_settings({"z_size": 32, "recurrent_keep_prob": 1, "patience": 4})
    assert model == ModelConfig(z_size=32, recurrent_keep_prob=1.0)
    assert train == TrainConfig(patience=4)


def test_split_settings_reports_all_faults_of_both_configs():
    with pytest.raises(SketchRNNError) as error:
        split_settings({"z_sise": 3, "dec_rnn_size": 0, "batch_size": 0})
    assert str(error.value) == (
        "settings: unknown 'z_sise' (did you mean 'z_size'?); "
        "dec_rnn_size=0 must be a whole number of at least 1; "
        "batch_size=0 must be a whole number from 1 to 1,000,000"
    )


def test_one_near_match_is_suggested_for_each_unknown_name():
    with pytest.raises(SketchRNNError) as error:
        TrainConfig.from_dict({"lern_rate": 1, "kl_wieght": 1})
    assert "'lern_rate' (did you mean 'learning_rate'?)" in str(error.value)
    assert "'kl_wieght' (did you mean 'kl_weight'?)" in str(error.value)
