from __future__ import annotations

import csv

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from sketch_rnn import SketchRNN, SketchRNNError, Trainer
from sketch_rnn.dataset.dataset import build_dataset
from sketch_rnn.training import judging
from sketch_rnn.training.callbacks import RunStart, ValidationReport
from sketch_rnn.training.judging import JudgeLog
from tiny import TINY_MODEL, TINY_TRAINING, zigzags


@pytest.fixture(autouse=True)
def few_drawings(monkeypatch):
    monkeypatch.setattr(judging, "_NUM_DRAWINGS", 20)


@pytest.fixture
def dataset():
    return build_dataset(*(zigzags(20, seed) for seed in range(3)), name="zigzags")


def rows(folder):
    with (folder / "judge.csv").open() as file:
        return list(csv.DictReader(file))


def fit(dataset, folder, steps, **options):
    config = TINY_TRAINING.__class__(**{**TINY_TRAINING.to_dict(), "num_steps": steps})
    logs = [JudgeLog(dataset, every=2)]
    Trainer(dataset, TINY_MODEL, config, folder, callbacks=logs, **options).fit()


def test_figures_are_logged_and_the_best_model_is_kept(dataset, tmp_path):
    config = TINY_TRAINING.__class__(**{**TINY_TRAINING.to_dict(), "num_steps": 6, "save_every": 2})
    log = JudgeLog(dataset, every=3)
    Trainer(dataset, TINY_MODEL, config, tmp_path / "run", callbacks=[log]).fit()
    # Validations are at 2, 4 and 6: the first after each third step.
    logged = rows(tmp_path / "run")
    assert [row["step"] for row in logged] == ["4", "6"]
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    tracked = events.Scalars("Drawings/frechet")
    assert [event.step for event in tracked] == [4, 6]
    assert tracked[1].value == pytest.approx(float(logged[1]["frechet"]), rel=1e-4)
    best = SketchRNN.from_pretrained(tmp_path / "run" / "best_drawings.safetensors")
    assert best.config == TINY_MODEL


def test_a_log_does_not_change_the_training_and_resumes(dataset, tmp_path):
    def config(steps):
        return TINY_TRAINING.__class__(**{**TINY_TRAINING.to_dict(), "num_steps": steps})

    Trainer(dataset, TINY_MODEL, config(6), tmp_path / "plain").fit()
    for steps in (2, 6):
        logs = [JudgeLog(dataset, every=2)]
        out = tmp_path / "judged"
        Trainer(dataset, TINY_MODEL, config(steps), out, resume=out.exists(), callbacks=logs).fit()
    assert [row["step"] for row in rows(out)] == ["2", "4", "6"]
    for name, value in SketchRNN.from_pretrained(out).network.state_dict().items():
        other = SketchRNN.from_pretrained(tmp_path / "plain").network.state_dict()[name]
        assert np.array_equal(value.numpy(), other.numpy())


def test_figures_after_the_checkpoint_that_a_run_resumes_from_are_dropped(dataset, tmp_path):
    fit(dataset, tmp_path, 2)
    with (tmp_path / "judge.csv").open("a") as file:
        file.write(f"4{',0' * (len(rows(tmp_path)[0]) - 1)}\n")
    fit(dataset, tmp_path, 4, resume=True)
    assert [row["step"] for row in rows(tmp_path)] == ["2", "4"]
    assert float(rows(tmp_path)[1]["frechet"]) > 0


@pytest.mark.parametrize(
    ("damage", "notice", "steps"),
    [
        (lambda data: data + b"\x00\xff,,\n", "judge.csv: damaged or not a report", ["4"]),
        (
            lambda data: data + b"3,nonsense\n9\n",
            "judge.csv: 2 damaged lines were left out",
            ["2", "4"],
        ),
        (lambda data: b"a," * 200 + data, " columns); a resume writes it anew", ["4"]),
        (lambda data: data.replace(b"step", b"stop"), "judge.csv: 1 damaged lines", ["4"]),
    ],
)
def test_damaged_figures_are_named_and_do_not_stop_a_resume(
    dataset, tmp_path, capsys, damage, notice, steps
):
    fit(dataset, tmp_path, 2)
    path = tmp_path / "judge.csv"
    path.write_bytes(damage(path.read_bytes()))
    fit(dataset, tmp_path, 4, resume=True)
    assert [row["step"] for row in rows(tmp_path)] == steps
    assert notice in capsys.readouterr().err


def test_a_run_that_was_rolled_back_has_each_step_once(dataset, tmp_path):
    log = JudgeLog(dataset, every=2)
    model = SketchRNN.new(TINY_MODEL, dataset.profile)
    log.on_start(RunStart(tmp_path, model, TINY_TRAINING, 0, 6))
    for step in (2, 4, 2, 4, 6):
        log.on_validation(ValidationReport(step, model, None, None, 0.0))
    assert [row["step"] for row in rows(tmp_path)] == ["2", "4", "6"]


def test_steps_must_be_a_number_and_drawings_be_enough(dataset):
    with pytest.raises(SketchRNNError, match="judge_every=0 must be a whole number"):
        JudgeLog(dataset, every=0)
    few = build_dataset(*(zigzags(count, 1) for count in (20, 9, 20)))
    with pytest.raises(SketchRNNError, match="9 validation drawings; at least 10 are needed"):
        JudgeLog(few, every=1)
