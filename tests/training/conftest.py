from __future__ import annotations

from dataclasses import replace

import pytest

from sketch_rnn.training.loop import Trainer
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset


@pytest.fixture(scope="module")
def dataset():
    return tiny_dataset()


@pytest.fixture
def trainer(dataset, tmp_path):
    """Makes trainers of the tiny data in one folder, settings by name."""

    def make(model=TINY_MODEL, data=dataset, out=tmp_path / "run", **settings):
        own = ("resume", "force", "validation", "device", "callbacks")
        options = {name: settings.pop(name) for name in own if name in settings}
        return Trainer(data, model, replace(TINY_TRAINING, **settings), out, **options)

    return make
