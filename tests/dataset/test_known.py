"""The data that a model was trained on, found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sketch_rnn.dataset.dataset import load_dataset, save_dataset
from sketch_rnn.dataset.known import known_sources, load_known, other_drawings
from sketch_rnn.errors import SketchRNNError
from sketch_rnn.profile import DataProfile
from tiny import zigzags

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
    assert found.startswith("mine holds other drawings than those of that name")
    assert found.endswith("they are 150 pixels large in the median, those were 100")
