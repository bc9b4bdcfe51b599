from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from tiny_command import TINY

from sketch_rnn.cli import app
from sketch_rnn.cli.commands import sketch_rnn_train
from sketch_rnn.dataset import dataset
from sketch_rnn.sources.doodles import make_doodles
from tiny import zigzags


class Result(NamedTuple):
    """What a command wrote, and its exit status."""

    status: int
    out: str
    err: str


def draw_few_doodles(patch):
    """Makes the built-in data small; drawing all 8,000 doodles takes seconds."""
    patch.setattr(dataset, "make_doodles", partial(make_doodles, counts=(12, 6, 5)))


@pytest.fixture(autouse=True)
def few_doodles(monkeypatch):
    """Makes the built-in data small for one test."""
    draw_few_doodles(monkeypatch)


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """Returns a folder with `run`, a model of doodles that has learned nothing, and `data.npz`."""
    folder = tmp_path_factory.mktemp("trained")
    splits = (zigzags(count, seed) for seed, count in enumerate((11, 7, 5)))
    dataset.save_dataset(folder / "data.npz", *splits)
    words = ["train", "doodles/cat", "doodles/bus", "--out", str(folder / "run"), *TINY]
    with pytest.MonkeyPatch.context() as patch:
        draw_few_doodles(patch)
        assert app.run(words) == 0
    return folder


@pytest.fixture
def workplace(trained, tmp_path, monkeypatch) -> Path:
    """Works in an empty folder, in which `run` and `data.npz` lead to the trained ones."""
    for name in ("run", "data.npz"):
        (tmp_path / name).symlink_to(trained / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(workplace, capsys):
    """Runs `sketch-rnn` with these words."""
    return partial(_run, app.run, capsys)


@pytest.fixture
def original_command(workplace, capsys):
    """Runs `sketch_rnn_train` with these words."""
    return partial(_run, sketch_rnn_train.run, capsys)


def _run(run, capsys, *words):
    capsys.readouterr()
    status = run([str(word) for word in words])
    return Result(status, *capsys.readouterr())
