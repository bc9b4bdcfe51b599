from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile, DrawingHabits

FULL = DataProfile(
    scale=18.5198,
    max_seq_len=250,
    first_row="line",
    typical_size=255.0,
    typical_spacing=12.5,
    typical_corner=(1.0, -2.0),
    labels=("cat", "bus"),
    sources=("doodles",),
)


def test_round_trip_through_json():
    assert DataProfile.from_dict(json.loads(json.dumps(FULL.to_dict()))) == FULL
    small = DataProfile(scale=1.0, max_seq_len=1)
    assert DataProfile.from_dict({"scale": 1, "max_seq_len": 1}) == small


def test_numpy_scalars_become_plain_numbers():
    profile = DataProfile(scale=np.float32(0.5), max_seq_len=np.int64(9))
    assert json.dumps([profile.scale, profile.max_seq_len]) == "[0.5, 9]"


LIMITS = "must be a number of at least 1e-30 and at most 1e+30"


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf, "1", None])
def test_impossible_scale(scale):
    with pytest.raises(SketchRNNError) as error:
        DataProfile(scale=scale, max_seq_len=1)
    assert str(error.value) == f"data profile: scale={scale!r} {LIMITS}"


def test_all_faults_are_reported_together():
    with pytest.raises(SketchRNNError) as error:
        DataProfile(scale=0, max_seq_len=2.5, first_row="up")
    assert str(error.value) == (
        f"data profile: scale=0 {LIMITS}; "
        "max_seq_len=2.5 must be a whole number from 1 to 1,000,000; "
        "first_row='up' must be one of move, line"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scale", True),
        ("scale", 10**400),
        ("max_seq_len", True),
        ("max_seq_len", 10**18),
        ("first_row", ["move"]),
        ("typical_size", "x"),
        ("typical_size", -1),
        ("typical_spacing", math.nan),
        ("typical_spacing", None),
        ("typical_corner", [1]),
        ("typical_corner", ["x", "y"]),
        ("typical_corner", 5),
        ("labels", 5),
        ("labels", "cat"),
        ("sources", [1, 2]),
        ("sources", {"a": 1}),
    ],
)
def test_a_file_cannot_bring_an_impossible_value(name, value):
    values = {"scale": 1.0, "max_seq_len": 3, name: value}
    with pytest.raises(SketchRNNError, match=f"data profile: {name}=.* must be "):
        DataProfile.from_dict(values)


def test_unknown_and_missing_entries_are_named():
    with pytest.raises(SketchRNNError) as error:
        DataProfile.from_dict({"scales": 1.0, "max_seq_len": 3})
    assert str(error.value) == (
        "data profile: unknown 'scales' (did you mean 'scale'?); missing 'scale'"
    )


def test_habits_survive_json():
    habits = DrawingHabits(temperature_rule="js", start_token=(0, 0, 0, 0, 0))
    assert DrawingHabits.from_dict(json.loads(json.dumps(habits.to_dict()))) == habits
    assert DrawingHabits.from_dict({}) == DrawingHabits()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"temperature_rule": "hot"},
            "temperature_rule='hot' must be one of paper, original, js, offsets",
        ),
        ({"start_token": [0, 0, 1]}, r"start_token=\[0, 0, 1\] must be five numbers"),
        ({"start_token": [0, 0, math.inf, 0, 0]}, "must be five numbers"),
        ({"start_token": 5}, "must be five numbers"),
        ({"start_token": [0, 0, 10**400, 0, 0]}, "must be five numbers"),
        ({"rule": "js"}, "drawing habits: unknown 'rule'"),
    ],
)
def test_impossible_habits(values, message):
    with pytest.raises(SketchRNNError, match=message):
        DrawingHabits.from_dict(values)


@pytest.mark.parametrize("name", ["typical_size", "typical_spacing"])
def test_sizes_are_unknown_or_of_this_world(name):
    for size in (0, 1e-30, 1e30):
        assert getattr(DataProfile(scale=1.0, max_seq_len=1, **{name: size}), name) == size
    for size in (-1.0, 1e-31, 1e31, float("nan"), False):
        with pytest.raises(SketchRNNError, match=f"{name}=.* must be 0, or a number"):
            DataProfile(scale=1.0, max_seq_len=1, **{name: size})
