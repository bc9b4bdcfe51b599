"""The data that a model was trained on, found again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from sketch_rnn.dataset import dataset as dataset_module
from sketch_rnn.dataset.dataset import load_dataset, save_dataset
from sketch_rnn.dataset.known import known_sources, load_known, other_drawings, unseen_labels
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from sketch_rnn.sources.doodles import DOODLES, KINDS, make_doodles
from tiny import zigzags

few = partial(make_doodles, counts=(24, 12, 12))
PROFILE = DataProfile(scale=1.0, max_seq_len=50, typical_size=100.0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Works in a folder with a file `mine.npz`."""
    monkeypatch.chdir(tmp_path)
    save_dataset("mine.npz", *(zigzags(count, seed) for seed, count in enumerate((11, 7, 5))))
    return tmp_path


def test_sources_by_name(folder):
    profile = replace(PROFILE, sources=("mine", "doodles", "kanji"), labels=("cat", "bus"))
    assert known_sources(profile) == ["mine.npz", "doodles/cat", "doodles/bus", "kanji"]


def test_recorded_sources_come_first(folder):
    """All of them, or none: a part would be other data."""
    profile = replace(PROFILE, sources=("mine", "kanji"))
    here, gone = str(folder / "mine.npz"), str(folder / "other/mine.npz")
    assert load_dataset("mine.npz").origins == (here,)
    assert known_sources(profile, [here, "kanji"]) == [here, "kanji"]
    assert known_sources(profile, [gone, "kanji"]) == ["mine.npz", "kanji"]
    lost = replace(PROFILE, sources=("lost",))
    with pytest.raises(SketchRNNError, match=rf"but {gone} is gone, and there is no lost\.npz"):
        known_sources(lost, [gone])


def test_a_file_that_is_gone():
    with pytest.raises(SketchRNNError, match=r"trained on lost, but there is no lost\.npz"):
        known_sources(replace(PROFILE, sources=("lost",)))


def test_drawings_are_measured_as_the_profile_says(folder):
    trained = load_dataset(["mine.npz"], first_row="line", max_seq_len=9)
    again = load_known(trained.profile)
    assert again.profile == trained.profile
    assert np.array_equal(again.train[0], trained.train[0])
    assert load_known(trained.profile, first_row="move").profile.first_row == "move"


def test_other_drawings_of_the_same_name():
    known = replace(PROFILE, sources=("mine",))
    assert other_drawings(replace(known, scale=3.0), known) is None
    assert (
        other_drawings(replace(known, typical_size=150.0), replace(known, typical_size=0.0)) is None
    )
    found = other_drawings(replace(known, typical_size=150.0), known)
    assert found == (
        "mine differs from the data of that name that the model was trained on: the median "
        "drawing is 150 pixels large, and was 100"
    )


def test_labels_that_the_model_was_not_trained_on():
    known = replace(PROFILE, sources=("pets",), labels=("cat", "dog"))
    assert unseen_labels(replace(known, labels=("dog",)), known) is None
    assert unseen_labels(known, replace(known, labels=())) is None
    assert unseen_labels(replace(known, labels=("cow", "cat")), known) == (
        "the model was trained on pets and never saw cow"
    )
    many = tuple("abcdefghij")
    assert unseen_labels(replace(known, labels=many), known).endswith("f, g, h, and 2 more")


def test_doodles_are_the_kinds_of_the_model(monkeypatch):
    """The twelve kinds had the name that the six of the shipped model have now."""
    asked = []
    monkeypatch.setattr(
        dataset_module, "make_doodles", lambda kinds, seed: asked.append(kinds) or few(kinds)
    )
    twelve = replace(PROFILE, max_seq_len=100, sources=("doodles",), labels=KINDS)
    six = replace(twelve, labels=DOODLES)
    assert known_sources(twelve) == ["doodles/all"]
    assert known_sources(six) == ["doodles"]
    note = ("the 12 kinds that were called doodles are now doodles/all",)
    assert load_known(twelve, ["doodles"]).notes == note
    assert load_known(twelve).notes == load_known(six, ["doodles"]).notes == ()
    assert asked == [KINDS, KINDS, DOODLES]
