"""End to end: a training from Python, reported in lines."""

from __future__ import annotations

from sketch_rnn.training.console import describe_data, train_and_report
from tiny import TINY_MODEL, TINY_TRAINING, tiny_dataset


def test_a_training_is_reported_in_lines(tmp_path):
    dataset, run, lines = tiny_dataset(), tmp_path / "run", []
    result = train_and_report(dataset, TINY_MODEL, TINY_TRAINING, run, report=lines.append)
    assert not result.interrupted
    assert [line.split()[0] for line in lines[:3]] == ["model", "run", "finished"]
    assert lines[-1].startswith(f"in {run}: best.safetensors, ")
    assert "11 train, 7 valid, 5 test drawings" in describe_data(dataset)
