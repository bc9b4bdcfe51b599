from __future__ import annotations

import csv
import json

import pytest
from recorded_runs import Recorder, files, message

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import write_json
from sketch_rnn.training.listing import find_runs
from sketch_rnn.training.record import RunRecord
from sketch_rnn.training.run_settings import Progress
from sketch_rnn.training.watch import Watch
from tiny import tiny_dataset


def metrics(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def without_speed(rows):
    return [{**row, "sketches_per_second": ""} for row in rows]


def record(folder):
    return json.loads((folder / "run.json").read_text())


def test_metrics_have_a_row_for_each_split(trainer, tmp_path):
    watcher = Recorder()
    trainer(observers=[RunRecord(), watcher]).fit()
    rows = metrics(tmp_path / "run")
    train = [row for row in rows if row["split"] == "train"]
    assert [row["step"] for row in train] == ["2", "4", "6"]
    assert [float(row["cost"]) for row in train] == watcher.losses[1::2]
    assert all(float(row["sketches_per_second"]) > 0 for row in train)
    valid = [float(row["cost"]) for row in rows if row["split"] == "valid"]
    assert valid == [validation.valid.cost for validation in watcher.validations]
    tests = [float(row["cost"]) for row in rows if row["split"] == "test"]
    assert tests == [v.test.cost for v in watcher.validations if v.test]


def test_a_resumed_run_has_the_metrics_of_one_left_alone(trainer, tmp_path):
    trainer(out=tmp_path / "at once", observers=[RunRecord()]).fit()
    # Killed after step 5, having logged steps that the last checkpoint does not know.
    trainer(num_steps=5, observers=[RunRecord()], save_every=4, log_every=1).fit()
    for name in ("last", "best"):
        (tmp_path / "run" / f"{name}.safetensors").unlink()
    path = tmp_path / "run" / "metrics.csv"
    path.write_text(path.read_text() + "5,train,0.5")
    trainer(resume=True, observers=[RunRecord()]).fit()
    ours = [row for row in metrics(tmp_path / "run") if int(row["step"]) in (2, 4, 6)]
    steps = [row["step"] for row in metrics(tmp_path / "run") if row["split"] == "train"]
    assert steps == ["1", "2", "3", "4", "6"]
    alone = metrics(tmp_path / "at once")
    assert [r for r in without_speed(ours) if r["split"] == "train"] == [
        r for r in without_speed(alone) if r["split"] == "train"
    ]


def test_the_record_says_what_made_the_run(trainer, tmp_path):
    writer = RunRecord()
    trainer(num_steps=4, observers=[writer]).fit()
    result = trainer(resume=True, observers=[writer]).fit()
    found = record(tmp_path / "run")
    assert (found["data"], found["seed"], found["outcome"]) == (["zigzags"], 3, "finished")
    assert found["data_fingerprint"] == tiny_dataset().fingerprint()
    assert [start["step"] for start in found["starts"]] == [0, 4]
    assert found["starts"][0]["versions"].keys() == {"sketch_rnn", "python", "torch", "numpy"}
    assert {"command", "git_revision", "machine", "time", "process"} <= found["starts"][0].keys()
    assert found["best"]["step"] == result.best_step
    assert writer.best["valid"].cost == result.best_cost


def test_the_costs_of_the_best_model_outlive_a_resume(trainer):
    trainer(num_steps=4, observers=[RunRecord()]).fit()
    writer = RunRecord()
    # From here on everything gets worse.
    result = trainer(learning_rate=3.0, resume=True, observers=[writer]).fit()
    assert result.best_step == 4
    assert writer.best["valid"].cost == result.best_cost
    assert writer.best.keys() == {"valid", "test"}


def test_notices_are_written_down(trainer, tmp_path):
    writer = RunRecord()
    trainer(num_steps=2, observers=[writer]).fit()
    writer.on_notice("something is odd")
    assert (tmp_path / "run" / "notices.txt").read_text().endswith(" something is odd\n")


@pytest.mark.parametrize("text", ["", "[]", '{"starts": 3, "best": [1]}', "{" * 100_000])
def test_a_damaged_record_does_not_stop_a_run(trainer, tmp_path, text):
    trainer(num_steps=2, observers=[RunRecord()]).fit()
    (tmp_path / "run" / "run.json").write_text(text)
    (tmp_path / "run" / "metrics.csv").write_bytes(b"\xff\x00")
    writer = RunRecord()
    trainer(resume=True, observers=[writer]).fit()
    assert record(tmp_path / "run")["outcome"] == "finished"


def test_drawings_that_changed_are_refused_unless_forced(trainer, tmp_path):
    first = trainer(num_steps=2).fit()
    other = tiny_dataset()
    other.train.rows[0, 0] += 0.5
    before = files(tmp_path / "run")
    text = message(trainer, resume=True, data=other)
    assert text == (
        f"{tmp_path / 'run'}: cannot resume with other settings: data fingerprint was "
        f"{tiny_dataset().fingerprint()[:12]}, now {other.fingerprint()[:12]}; undo that, or start "
        "anew in another folder; --force goes on with other data"
    )
    assert "--force" not in message(trainer, resume=True, data=other, seed=9)
    assert "seed was 3" in message(trainer, resume=True, force=True, data=other, seed=9)
    recorder = Recorder()
    result = trainer(resume=True, force=True, data=other, observers=[recorder]).fit()
    assert result.step == 6
    assert "best model is chosen anew" in recorder.notices[0]
    after = files(tmp_path / "run")
    assert after["best-on-other-data.safetensors"] == before["best.safetensors"]
    assert result.best_step != first.best_step


def test_runs_are_listed_with_the_best_first(trainer, tmp_path):
    good = trainer(out=tmp_path / "runs" / "good", observers=[RunRecord()]).fit()
    trainer(out=tmp_path / "runs" / "a" / "bad", num_steps=2, observers=[RunRecord()]).fit()
    old = trainer(out=tmp_path / "runs" / "old", num_steps=4).fit()
    trainer(out=tmp_path / "runs" / "killed", num_steps=2, observers=[RunRecord()]).fit()
    path = tmp_path / "runs" / "killed" / "run.json"
    write_json(path, {**record(path.parent), "outcome": "running", "best": None})
    found = {run.folder.name: run for run in find_runs(tmp_path / "runs")}
    assert list(found) == ["good", "old", "bad", "killed"]
    assert (found["good"].valid, found["good"].best_step) == (good.best_cost, good.best_step)
    assert found["good"].test is not None
    assert (found["old"].valid, found["old"].state) == (old.best_cost, "")
    assert found["killed"].state == "killed"
    with pytest.raises(SketchRNNError, match=r"^no runs in .*; name the folder that they are in$"):
        find_runs(tmp_path / "nothing")


def test_a_run_that_became_slow_is_noticed_once():
    watch = Watch()
    said = []
    for seconds in (0.1, 0.11, 0.3, 0.3, 0.1, 0.25):
        for _ in range(5):
            watch.note_step(seconds)
        said.append(watch.notices(Progress()))
    assert [len(notices) for notices in said] == [0, 0, 1, 0, 0, 1]
    assert said[2][0].startswith(
        "training has become 3.0 times slower than it was: now 0.3 seconds a step instead of 0.1; "
    )


def test_a_stalled_validation_is_noticed_ever_more_rarely():
    watch = Watch()
    at = [n for n in range(1, 100) if watch.notices(Progress(1.0, 2000, n))]
    assert at == [10, 20, 40, 80]
    [notice] = watch.notices(Progress(1.0, 2000, 10))
    assert notice == (
        "the last 10 validations were no better than the one at step 2,000; more steps may not "
        "help: consider a lower learning_rate, or --patience 10 to stop by itself"
    )
