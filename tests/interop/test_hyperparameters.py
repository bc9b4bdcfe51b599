from __future__ import annotations

import pytest

from sketch_rnn.config import SETTING_NAMES, ModelConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.hyperparameters import (
    DROPOUTS,
    HYPERPARAMETERS,
    NOT_SETTINGS,
    OLD_NAMES,
    assigned,
    hyperparameter,
    modern_names,
    translated,
)

REFERENCE_NAMES = (
    "data_set",
    "num_steps",
    "save_every",
    "max_seq_len",
    "dec_rnn_size",
    "dec_model",
    "enc_rnn_size",
    "enc_model",
    "z_size",
    "kl_weight",
    "kl_weight_start",
    "kl_tolerance",
    "batch_size",
    "grad_clip",
    "num_mixture",
    "learning_rate",
    "decay_rate",
    "kl_decay_rate",
    "min_learning_rate",
    "use_recurrent_dropout",
    "recurrent_dropout_prob",
    "use_input_dropout",
    "input_dropout_prob",
    "use_output_dropout",
    "output_dropout_prob",
    "random_scale_factor",
    "augment_stroke_prob",
    "conditional",
    "is_training",
)


def message_of(call, *args):
    with pytest.raises(SketchRNNError) as error:
        call(*args)
    return str(error.value)


def test_the_table_holds_the_originals_hyperparameters_in_order():
    assert [entry.name for entry in HYPERPARAMETERS] == list(REFERENCE_NAMES)


def test_every_hyperparameter_is_a_setting_a_dropout_or_explained():
    outside = [name for name, _ in NOT_SETTINGS]
    for entry in HYPERPARAMETERS:
        homes = [entry.name in names for names in (SETTING_NAMES, OLD_NAMES, outside)]
        assert sum(homes) == 1, entry.name


def test_dropout_defaults_agree_with_the_configs():
    defaults = ModelConfig().to_dict()
    for dropout in DROPOUTS:
        expected = dropout.default_prob if dropout.default_switch else 1.0
        assert defaults[dropout.setting] == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"use_recurrent_dropout": False}, {"recurrent_keep_prob": 1.0}),
        ({"use_recurrent_dropout": True}, {"recurrent_keep_prob": 0.9}),
        ({"recurrent_dropout_prob": 0.65}, {"recurrent_keep_prob": 0.65}),
        (
            {"use_recurrent_dropout": 0, "recurrent_dropout_prob": 0.0},
            {"recurrent_keep_prob": 1.0},
        ),
        ({"use_input_dropout": "1", "input_dropout_prob": "0.7"}, {"input_keep_prob": 0.7}),
        ({"use_output_dropout": True, "z_size": 3}, {"output_keep_prob": 0.9, "z_size": 3}),
        ({"recurrent_keep_prob": 0.5, "seed": 1}, {"recurrent_keep_prob": 0.5, "seed": 1}),
        ({}, {}),
    ],
)
def test_modern_names(old, new):
    assert modern_names(old) == new
    assert modern_names(new) == new


def test_old_and_new_name_for_one_thing_are_refused():
    values = {"use_input_dropout": True, "input_keep_prob": 0.8, "output_dropout_prob": 0.8}
    assert message_of(modern_names, values) == (
        "settings: use_input_dropout beside input_keep_prob: keep only the last; "
        "output_dropout_prob does nothing without use_output_dropout=true; "
        "set output_keep_prob instead"
    )


def test_faults_carry_the_name_that_was_written():
    assert message_of(modern_names, {"recurrent_dropout_prob": 1.5}) == (
        "settings: recurrent_dropout_prob=1.5 must be a number above 0 and at most 1"
    )
    assert message_of(modern_names, {"use_recurrent_dropout": "maybe"}) == (
        "settings: use_recurrent_dropout='maybe' must be true or false"
    )


def test_all_that_cannot_be_translated_is_reported_with_names_of_both_kinds():
    values = {
        "recurrent_dropout_prob": "much",
        "data_set": ["a.npz"],
        "use_recurent_dropout": True,
        "dec_rnn_size": 0,
    }
    assert translated(values) == (
        {"dec_rnn_size": 0},
        [
            "recurrent_dropout_prob='much' must be a number",
            "'data_set' is not a setting: name the data itself instead",
            "unknown 'use_recurent_dropout' (did you mean 'use_recurrent_dropout'?)",
        ],
    )


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("conditional", "0", False),
        ("conditional", 1, True),
        ("conditional", "True", True),
        ("num_steps", "1e4", 10_000),
        ("num_steps", 5.0, 5),
        ("num_steps", " 7 ", 7),
        ("kl_weight", "0.25", 0.25),
        ("kl_weight", 1, 1.0),
        ("dec_model", "hyper ", "hyper"),
        ("data_set", "a.npz", ("a.npz",)),
        ("data_set", ["a.npz", "b.npz"], ("a.npz", "b.npz")),
    ],
)
def test_values_are_read_as_their_type(name, value, read):
    result = hyperparameter(name).read(value)
    assert result == read
    assert type(result) is type(read)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("conditional", "2"),
        ("conditional", 1.0),
        ("num_steps", "1.5"),
        ("num_steps", True),
        ("num_steps", "inf"),
        ("num_steps", None),
        ("kl_weight", "half"),
        ("kl_weight", False),
        ("kl_weight", [1]),
        ("dec_model", 5),
        ("data_set", []),
        ("data_set", [1]),
        ("data_set", ""),
        ("data_set", None),
    ],
)
def test_values_of_another_type_are_refused_by_name(name, value):
    entry = hyperparameter(name)
    assert message_of(entry.read, value) == f"{name}={value!r} must be {entry.text}"


def test_hyperparameter_of_another_name():
    with pytest.raises(KeyError):
        hyperparameter("recurrent_keep_prob")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("num_steps=300", {"num_steps": 300}),
        ("num-steps = 3e2", {"num_steps": 300}),
        ("learning_rate=1e-4", {"learning_rate": 1e-4}),
        ("conditional=0", {"conditional": False}),
        ("recurrent_keep_prob=0.5", {"recurrent_keep_prob": 0.5}),
        ("patience=none", {"patience": None}),
        ("epochs=12", {"epochs": 12}),
        ("loss_form=true_length", {"loss_form": "true_length"}),
        ("dec_model=hyper", {"dec_model": "hyper"}),
        ("use_recurrent_dropout=false", {"use_recurrent_dropout": False}),
        ("mine=a=b", {"mine": "a=b"}),
    ],
)
def test_assigned_values_have_the_type_of_their_setting(text, expected):
    values = assigned([text])
    assert values == expected
    assert [type(value) for value in values.values()] == [type(v) for v in expected.values()]


def test_of_several_assigned_values_the_last_counts():
    assert assigned(["z_size=3", "seed=1", "z_size=4"]) == {"z_size": 4, "seed": 1}


def test_text_that_assigns_nothing():
    with pytest.raises(SketchRNNError, match=r"^--set z_size: write --set name=value$"):
        assigned(["z_size"])
