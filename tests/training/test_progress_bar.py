from __future__ import annotations

import io
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.training.loop import Trainer
from sketch_rnn.training.progress_bar import ProgressBar, TimeEstimate
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset


def shown(tmp_path, *, terminal, **settings):
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=120, legacy_windows=False)
    config = replace(TINY_TRAINING, save_every=4, **settings)
    trainer = Trainer(
        tiny_dataset(), TINY_MODEL, config, tmp_path, callbacks=[ProgressBar(console)]
    )
    return trainer, text


LOSSES = r"L_R -?\d+\.\d{4} L_KL \d\.\d{4}"
BEST = rf"best so far · test {LOSSES} total -?\d+\.\d{{4}}"


def test_a_line_for_every_validation(tmp_path):
    trainer, text = shown(tmp_path, terminal=False)
    trainer.fit()
    lines = text.getvalue().splitlines()
    assert len(lines) == 2
    for line, step in zip(lines, (4, 6), strict=True):
        assert re.fullmatch(
            rf"step {step} of 6 · train {LOSSES} · valid {LOSSES} total -?\d+\.\d{{4}} · "
            rf"({BEST}|best -?\d+\.\d{{4}}) · \d+ sketches/s, 0:\d\d:\d\d left",
            line,
        ), line


def test_a_validation_that_is_not_the_best_says_what_is(tmp_path):
    still = {"learning_rate": 1e-30, "min_learning_rate": 0, "num_steps": 8}
    trainer, text = shown(tmp_path, terminal=False, **still)
    result = trainer.fit()
    first, second = text.getvalue().splitlines()
    assert " best so far · test " in first
    assert f" · best {result.best_cost:.4f} · " in second
    assert "test" not in second


def test_a_bar_on_a_terminal(tmp_path):
    trainer, text = shown(tmp_path, terminal=True)
    trainer.fit()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.getvalue())
    assert re.search(rf"step 6/6 ━+ {LOSSES}, \d+ sketches/s, \S+ left", plain), plain
    assert "step 4 of 6 · train" in plain


def test_the_bar_goes_away_when_the_run_fails(tmp_path):
    trainer, text = shown(tmp_path, terminal=True, learning_rate=1e30)
    with pytest.raises(SketchRNNError):
        trainer.fit()
    hide, show = "\x1b[?25l", "\x1b[?25h"
    assert text.getvalue().count(hide) == text.getvalue().count(show) == 1


def test_the_time_that_a_run_takes_is_estimated_once():
    said = []
    estimate = TimeEstimate(said.append)
    estimate.on_start(SimpleNamespace(num_steps=100_000))
    for step in range(1, 60):
        estimate.on_step(SimpleNamespace(step=step, seconds=50.0 if step == 1 else 0.5))
    assert said == ["100,000 steps take about 14 hours at 0.5 s a step"]


def test_a_trainer_shows_its_progress_unless_told_otherwise(tmp_path, capsys):
    Trainer(tiny_dataset(), TINY_MODEL, TINY_TRAINING, tmp_path / "shown").fit()
    assert re.search(r"^step 6 of 6 · train", capsys.readouterr().err, re.M)
    Trainer(tiny_dataset(), TINY_MODEL, TINY_TRAINING, tmp_path / "quiet", progress=False).fit()
    assert not capsys.readouterr().err
