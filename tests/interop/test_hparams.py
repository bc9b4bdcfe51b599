from __future__ import annotations

import json

import pytest

from sketch_rnn.config import ModelConfig, TrainConfig
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.interop.hparams import (
    OriginalSettings,
    original_hparams,
    parse_hparams,
    settings_from_hparams,
)

SHEEP_HYPER = {"data_set": "a.npz", "dec_model": "hyper"}


# What the original does where there is a choice here.
ORIGINAL_CHOICES = {
    "loss_form": "padded",
    "ema_decay": 0.0,
    "precision": "float32",
    "products": "pytorch",
}


def message_of(call, *args):
    with pytest.raises(SketchRNNError) as error:
        call(*args)
    return str(error.value)


@pytest.mark.parametrize(
    "texts",
    [
        ["data_set=a.npz,dec_model=hyper"],
        [" data_set = a.npz , dec_model : hyper "],
        ['{"data_set":"a.npz","dec_model":"hyper"}'],
        ["{'data_set': 'a.npz', 'dec_model': 'hyper'}"],
        ['{"data_set"="a.npz","dec_model":"hyper"}'],
        ['{ "data_set" : "a.npz",\n  "dec_model" : "hyper",\n}'],
        ["{data_set:a.npz,dec_model:hyper}"],
        ["data_set=a.npz", "dec_model:hyper"],
        ["data_set:a.npz", "dec_model:hyper"],
        ["{data_set=a.npz}", "dec_model=hyper,"],
        ["dec_model=lstm,data_set=a.npz", "dec_model=hyper"],
        ["", "data_set=a.npz,dec_model=hyper", "{}"],
    ],
)
def test_every_published_form_says_the_same(texts):
    assert parse_hparams(texts) == SHEEP_HYPER


@pytest.mark.parametrize(
    "texts",
    [
        ["data_set=[a.npz,b.npz],use_recurrent_dropout=0"],
        ["data_set = [ a.npz, b.npz ], use_recurrent_dropout = 0"],
        ['{"data_set":["a.npz","b.npz"],"use_recurrent_dropout":0}'],
        ["data_set:[a.npz", "b.npz]", "use_recurrent_dropout:0"],
    ],
)
def test_lists_also_when_the_shell_cut_them(texts):
    expected = {"data_set": ["a.npz", "b.npz"], "use_recurrent_dropout": "0"}
    assert parse_hparams(texts) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data_set=https://a.org/x.npz?a=b", "https://a.org/x.npz?a=b"),
        ("data_set:C:\\data\\x.npz", "C:\\data\\x.npz"),
        ('data_set="a, b].npz"', "a, b].npz"),
        (r'data_set="say \"x\" \\ y"', 'say "x" \\ y'),
        ("data_set=my drawings.npz", "my drawings.npz"),
        ("data_set=", ""),
        ("data_set=[]", []),
        ('data_set=["a,b", c]', ["a,b", "c"]),
    ],
)
def test_values_may_hold_what_the_grammar_uses(text, value):
    assert parse_hparams([text]) == {"data_set": value}


@pytest.mark.parametrize("texts", [[], [""], ["  "], ["{}"], [","]])
def test_nothing_is_nothing(texts):
    assert parse_hparams(texts) == {}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["dec_model"], "hparams: 'dec_model' is not followed by = or :, at the end; "),
        (["a,b=1"], "hparams: 'a' is not followed by = or :, before ',b=1'; "),
        (["b=1,'a' x=2"], "hparams: 'a' is not followed by = or :, before 'x=2'; "),
        (["a=[1,2"], "hparams: the list of a is not closed with ], at the end; "),
        (["a=[1]2"], "hparams: something follows the value of a, before '2'; "),
        (["a='1' 2"], "hparams: something follows the value of a, before '2'; "),
        (["a=['1' 2]"], "hparams: something follows an item of a, before '2]'; "),
        (['a="1'], "hparams: a quote is not closed, before '\"1'; "),
        (['a="1\\'], "hparams: a quote is not closed, before '\"1\\'; "),
        (['{"a":{"b":1}}'], "hparams: a is an object, expected one value or a list, before "),
        (["{a=1"], "hparams: '{a=1' has a brace without its partner; add or remove it"),
        (["a=1}"], "hparams: 'a=1}' has a brace without its partner; add or remove it"),
    ],
)
def test_syntax_errors_are_shown(texts, message):
    assert message_of(parse_hparams, texts).startswith(message)


def test_values_are_never_run():
    assert parse_hparams(["z_size=__import__('os')"]) == {"z_size": "__import__('os')"}


def test_an_assignment_without_a_name_is_an_unknown_name():
    assert "unknown ''" in message_of(settings_from_hparams, parse_hparams(["=3"]))


def test_nothing_given_means_the_originals_defaults():
    train = TrainConfig(**ORIGINAL_CHOICES)
    assert settings_from_hparams({}) == OriginalSettings(model=ModelConfig(), train=train)
    assert settings_from_hparams({}).data_set == ("aaron_sheep.npz",)


def test_the_documented_example():
    text = "data_set=[a.npz,b.npz],dec_model=hyper,use_recurrent_dropout=0,num_steps=10"
    settings = settings_from_hparams(parse_hparams([text]))
    assert settings.model == ModelConfig(dec_model="hyper", recurrent_keep_prob=1.0)
    assert settings.train == TrainConfig(num_steps=10, **ORIGINAL_CHOICES)
    assert settings.data_set == ("a.npz", "b.npz")
    assert settings.notes == ()


def test_dropout_probabilities_count_only_while_switched_on():
    given = {"recurrent_dropout_prob": "0.7", "input_dropout_prob": "0.6"}
    settings = settings_from_hparams(given)
    assert settings.model == ModelConfig(recurrent_keep_prob=0.7, input_keep_prob=1.0)
    assert settings.notes == ("input_dropout_prob=0.6 has no effect without use_input_dropout=1",)
    switched_on = settings_from_hparams({**given, "use_input_dropout": "true"})
    assert switched_on.model == ModelConfig(recurrent_keep_prob=0.7, input_keep_prob=0.6)
    assert switched_on.notes == ()


def test_settings_without_effect_are_reported():
    settings = settings_from_hparams({"max_seq_len": "300", "is_training": "0"})
    assert settings.max_seq_len == 300
    assert settings.notes == (
        (
            "max_seq_len=300 is not used: training takes the longest drawing of the data, "
            "as the original does"
        ),
        "is_training=0 is not used: dropout is on in training and off elsewhere",
    )


def test_all_faults_are_reported_together():
    values = {
        "dec_modle": "lstm",
        "num_steps": "many",
        "max_seq_len": "long",
        "recurrent_dropout_prob": "0",
        "dec_model": "gru",
        "batch_size": "0",
    }
    assert message_of(settings_from_hparams, values) == (
        "hparams: unknown 'dec_modle' (did you mean 'dec_model'?); "
        "num_steps='many' must be a whole number; "
        "max_seq_len='long' must be a whole number; "
        "recurrent_dropout_prob=0.0 must be a number above 0 and at most 1; "
        "dec_model='gru' must be one of lstm, layer_norm, hyper; "
        "batch_size=0 must be a whole number from 1 to 1,000,000"
    )


def test_our_names_are_not_the_originals():
    message = message_of(settings_from_hparams, {"recurrent_keep_prob": "0.5"})
    assert message.startswith("hparams: unknown 'recurrent_keep_prob' (did you mean 'recurrent_")


@pytest.mark.parametrize(
    "model",
    [
        ModelConfig(),
        ModelConfig(recurrent_keep_prob=1.0, output_keep_prob=0.5, conditional=False, z_size=3),
    ],
)
def test_round_trip_through_model_config_json(model):
    train = TrainConfig(learning_rate=0.5, save_every=7, **ORIGINAL_CHOICES)
    text = json.dumps(original_hparams(model, train, ["a.npz"], 250))
    settings = settings_from_hparams(json.loads(text))
    assert settings == OriginalSettings(
        model=model, train=train, data_set=("a.npz",), max_seq_len=250
    )


def test_switched_off_dropout_is_written_as_the_original_does():
    values = original_hparams(ModelConfig(recurrent_keep_prob=0.8), TrainConfig(), ["a.npz"], 9)
    assert (values["use_recurrent_dropout"], values["recurrent_dropout_prob"]) == (True, 0.8)
    assert (values["use_input_dropout"], values["input_dropout_prob"]) == (False, 0.9)
    assert values["is_training"] is True


def test_booleans_written_as_numbers():
    values = original_hparams(ModelConfig(conditional=False), TrainConfig(), ["a.npz"], 9)
    published = {k: int(v) if isinstance(v, bool) else v for k, v in values.items()}
    assert settings_from_hparams(published) == settings_from_hparams(values)


def test_recorded_model_configs_are_written_back_unchanged(shared):
    files = sorted(shared.glob("reference/golden/ckpt_*/model_config.json"))
    assert files
    for file in files:
        recorded = json.loads(file.read_text())
        read = settings_from_hparams(recorded)
        written = original_hparams(read.model, read.train, read.data_set, read.max_seq_len)
        assert written == recorded
        assert list(written) == list(recorded)
