"""A run of version 0.1, in the folder `run_0_1`."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import torch
from agreement import listed, metrics, report, without_speed
from recorded_runs import last

from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.config import TrainConfig
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.run.report import RunReport
from sketch_rnn.training.run.resume import saved_settings
from tiny import TINY_MODEL

OLD = Path(__file__).with_name("run_0_1")
MODEL = replace(TINY_MODEL, dec_rnn_size=8, enc_rnn_size=8)


def test_an_old_run_is_resumed(trainer, tmp_path):
    shutil.copytree(OLD, tmp_path / "old")
    old = trainer(MODEL, out=tmp_path / "old", resume=True, callbacks=[RunReport()])
    saved = read_checkpoint(OLD / "last.safetensors").tensors
    for name, value in old.model.network.state_dict().items():
        assert torch.equal(value, saved[f"network.{name}"])
    old.fit()
    trainer(MODEL, out=tmp_path / "new", callbacks=[RunReport()]).fit()
    ours, theirs = last(tmp_path / "old"), last(tmp_path / "new")
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, value in ours.tensors.items():
        # Its first steps may have been taken on another processor.
        torch.testing.assert_close(value, theirs.tensors[name], rtol=1e-4, atol=1e-6)
    old_rows, new_rows = (without_speed(metrics(tmp_path / name)) for name in ("old", "new"))
    columns = ("step", "split")
    assert [[row[c] for c in columns] for row in old_rows] == [
        [row[c] for c in columns] for row in new_rows
    ]
    assert report(tmp_path / "old")["outcome"] == "finished"
    assert listed(tmp_path / "old") == listed(tmp_path / "new")


def test_an_old_run_goes_on_without_averaged_weights():
    assert saved_settings(OLD)[1].ema_decay == 0
    assert TrainConfig().ema_decay > 0


def test_the_results_of_an_old_run_are_listed():
    assert listed(OLD)[1:5] == ["4", "3.5939", "4", "3.3107"]
    assert SketchRNN.from_pretrained(OLD).config == MODEL


def test_the_best_costs_of_an_old_run_outlive_a_resume(trainer, tmp_path):
    shutil.copytree(OLD, tmp_path / "old")
    writer = RunReport()
    # From here on everything gets worse.
    trainer(MODEL, out=tmp_path / "old", resume=True, learning_rate=3.0, callbacks=[writer]).fit()
    assert round(writer.best["test"].cost, 4) == 3.3107
