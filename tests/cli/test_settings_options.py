from __future__ import annotations

import pytest

from sketch_rnn.cli.settings_options import assigned
from sketch_rnn.errors import SketchRNNError


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
def test_values_have_the_type_of_their_setting(text, expected):
    values = assigned([text])
    assert values == expected
    assert [type(value) for value in values.values()] == [type(v) for v in expected.values()]


def test_of_several_values_the_last_counts():
    assert assigned(["z_size=3", "seed=1", "z_size=4"]) == {"z_size": 4, "seed": 1}


def test_text_that_assigns_nothing():
    with pytest.raises(SketchRNNError, match=r"^--set z_size: write --set name=value$"):
        assigned(["z_size"])
