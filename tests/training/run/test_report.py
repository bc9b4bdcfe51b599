from __future__ import annotations

import json
import os

import pytest
import torch
from agreement import metrics, report_differences, without_speed
from recorded_runs import Recorder, files, message

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.io.atomic import write_json
from sketch_rnn.training.monitor import Monitor
from sketch_rnn.training.run.find import find_runs
from sketch_rnn.training.run.report import RunReport
from tiny import tiny_dataset


def record(folder):
    return json.loads((folder / "run.json").read_text())


def test_metrics_have_a_row_for_each_split(trainer, tmp_path):
    watcher = Recorder()
    trainer(callbacks=[RunReport(), watcher]).fit()
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
    trainer(out=tmp_path / "at once", callbacks=[RunReport()]).fit()
    # Killed after step 5, having logged steps that the last checkpoint does not know.
    trainer(num_steps=5, callbacks=[RunReport()], save_every=4, log_every=1).fit()
    for name in ("last", "best"):
        (tmp_path / "run" / f"{name}.safetensors").unlink()
    path = tmp_path / "run" / "metrics.csv"
    path.write_text(path.read_text() + "5,train,0.5")
    trainer(resume=True, callbacks=[RunReport()]).fit()
    ours = [row for row in metrics(tmp_path / "run") if int(row["step"]) in (2, 4, 6)]
    steps = [row["step"] for row in metrics(tmp_path / "run") if row["split"] == "train"]
    assert steps == ["1", "2", "3", "4", "6"]
    alone = metrics(tmp_path / "at once")
    assert [r for r in without_speed(ours) if r["split"] == "train"] == [
        r for r in without_speed(alone) if r["split"] == "train"
    ]


def test_the_record_says_what_made_the_run(trainer, tmp_path):
    writer = RunReport()
    trainer(num_steps=4, callbacks=[writer]).fit()
    result = trainer(resume=True, callbacks=[writer]).fit()
    found = record(tmp_path / "run")
    assert (found["data"], found["seed"], found["outcome"]) == (["zigzags"], 3, "finished")
    assert found["data_fingerprint"] == tiny_dataset().fingerprint()
    assert [start["step"] for start in found["starts"]] == [0, 4]
    assert found["starts"][0]["versions"].keys() == {"sketch_rnn", "python", "torch", "numpy"}
    assert {"command", "git_revision", "machine", "time", "process"} <= found["starts"][0].keys()
    assert found["best"]["step"] == result.best_step
    assert writer.best["valid"].cost == result.best_cost


def test_the_costs_of_the_best_model_outlive_a_resume(trainer):
    trainer(num_steps=4, callbacks=[RunReport()]).fit()
    writer = RunReport()
    # From here on everything gets worse.
    result = trainer(learning_rate=3.0, resume=True, callbacks=[writer]).fit()
    assert result.best_step == 4
    assert writer.best["valid"].cost == result.best_cost
    assert writer.best.keys() == {"valid", "test"}


def test_notices_are_written_down(trainer, tmp_path):
    writer = RunReport()
    trainer(num_steps=2, callbacks=[writer]).fit()
    writer.on_notice("something is odd")
    assert (tmp_path / "run" / "notices.txt").read_text().endswith(" something is odd\n")


@pytest.mark.parametrize("text", ["", "[]", '{"starts": 3, "best": [1]}', "{" * 100_000, "\0"])
def test_a_damaged_report_is_named_and_rebuilt(trainer, tmp_path, text):
    trainer(out=tmp_path / "alone", callbacks=[RunReport()]).fit()
    trainer(num_steps=4, callbacks=[RunReport()]).fit()
    (tmp_path / "run" / "run.json").write_text(text)
    recorder = Recorder()
    trainer(resume=True, callbacks=[RunReport(), recorder]).fit()
    assert report_differences(tmp_path / "run", tmp_path / "alone") == []
    if not text.startswith('{"starts"'):
        path = tmp_path / "run" / "run.json"
        assert recorder.notices[0].startswith(f"{path}: damaged")
        assert recorder.notices[0].endswith("; its entries of earlier starts are lost")


def test_damaged_metrics_are_named_and_rebuilt(trainer, tmp_path):
    trainer(out=tmp_path / "alone", callbacks=[RunReport()]).fit()
    trainer(num_steps=4, callbacks=[RunReport()]).fit()
    path = tmp_path / "run" / "metrics.csv"
    header, *rows = path.read_bytes().splitlines(keepends=True)
    # The rows of the last validation, damaged, and lines that are none; all others are whole.
    damaged = [b"4,valid,\xff\x00,1,1,,,\r\n", b"4,test,1,1\r\n", b"x" * 10_000 + b"\r\n", b"\n"]
    path.write_bytes(b"".join([header, *rows[:4], *damaged]) + b"5,train,0.5")
    recorder = Recorder()
    trainer(resume=True, callbacks=[RunReport(), recorder]).fit()
    assert report_differences(tmp_path / "run", tmp_path / "alone") == []
    assert recorder.notices[0].startswith(f"{path}: ")
    assert recorder.notices[0].endswith(" damaged lines were left out")


def test_metrics_that_are_lost_are_rebuilt_from_the_checkpoint(trainer, tmp_path):
    trainer(num_steps=4, callbacks=[RunReport()]).fit()
    path = tmp_path / "run" / "metrics.csv"
    before = metrics(tmp_path / "run")
    path.unlink()
    recorder = Recorder()
    trainer(num_steps=4, resume=True, callbacks=[RunReport(), recorder]).fit()
    assert metrics(tmp_path / "run") == before[-2:]
    assert recorder.notices[0].startswith(f"{path}: missing; rewritten with ")


def test_rows_of_steps_that_are_rolled_back_are_dropped(trainer, tmp_path):
    def spoil():
        if not recorder.notices:
            training.model.network.decoder.output.bias.data[0] = torch.nan

    recorder = Recorder(3, spoil)
    training = trainer(log_every=1, callbacks=[RunReport(), recorder])
    training.fit()
    rows = [row["step"] for row in metrics(tmp_path / "run") if row["split"] == "train"]
    assert rows == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("name", ["run.json", "metrics.csv", "notices.txt"])
@pytest.mark.parametrize("kind", ["fifo", "link", "device"])
def test_odd_files_in_the_place_of_reports_neither_stop_a_run_nor_lead_outside(
    trainer, tmp_path, name, kind
):
    trainer(num_steps=2, callbacks=[RunReport()]).fit()
    path, outside = tmp_path / "run" / name, tmp_path / "outside"
    path.unlink(missing_ok=True)
    outside.write_text("mine\n")
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(outside if kind == "link" else "/dev/zero")
    recorder = Recorder()
    result = trainer(num_steps=4, resume=True, callbacks=[RunReport(), recorder]).fit()
    assert result.outcome == "finished"
    assert recorder.notices[0].startswith(f"{path}: ")
    assert outside.read_text() == "mine\n"
    assert path.is_file()
    assert not path.is_symlink()


def test_a_lock_that_is_a_link_is_refused(trainer, tmp_path):
    trainer(num_steps=2).fit()
    lock, outside = tmp_path / "run" / ".lock", tmp_path / "outside"
    outside.write_text("mine")
    lock.unlink(missing_ok=True)
    lock.symlink_to(outside)
    assert message(trainer(resume=True).fit) == f"{lock}: not a regular file; remove it"
    assert outside.read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_runs_lists_folders_with_odd_files(tmp_path):
    (tmp_path / "odd").mkdir()
    for name in ("run.json", "last.safetensors", ".lock"):
        os.mkfifo(tmp_path / "odd" / name)
    [run] = find_runs(tmp_path)
    assert (run.state, run.valid) == ("damaged", None)


def test_runs_shows_the_checkpoint_where_the_report_lags_behind(trainer, tmp_path):
    trainer(num_steps=2, callbacks=[RunReport()]).fit()
    text = (tmp_path / "run" / "run.json").read_text()
    result = trainer(num_steps=4, resume=True, callbacks=[RunReport()]).fit()
    (tmp_path / "run" / "run.json").write_text(text.replace("zigzags", r"zig\u001b[2J"))
    [run] = find_runs(tmp_path)
    assert (run.step, run.valid, run.best_step) == (4, result.best_cost, result.best_step)
    assert run.texts()[1] == r"zig\x1b[2J"


def test_drawings_that_changed_are_refused_unless_forced(trainer, tmp_path):
    first = trainer(num_steps=2).fit()
    other = tiny_dataset()
    other.train.rows[0, 0] += 0.5
    before = files(tmp_path / "run")
    text = message(trainer, resume=True, data=other)
    assert text == (
        f"{tmp_path / 'run'}: cannot resume with other settings: data fingerprint was "
        f"{tiny_dataset().fingerprint()[:12]}, now {other.fingerprint()[:12]}; undo that, or start "
        "a new run in another folder; --force resumes with other data"
    )
    assert "--force" not in message(trainer, resume=True, data=other, seed=9)
    assert "seed was 3" in message(trainer, resume=True, force=True, data=other, seed=9)
    recorder = Recorder()
    result = trainer(resume=True, force=True, data=other, callbacks=[recorder]).fit()
    assert result.step == 6
    assert "a new best model will be chosen" in recorder.notices[0]
    after = files(tmp_path / "run")
    assert after["best-on-other-data.safetensors"] == before["best.safetensors"]
    assert result.best_step != first.best_step


def test_runs_are_listed_with_the_best_first(trainer, tmp_path):
    good = trainer(out=tmp_path / "runs" / "good", callbacks=[RunReport()]).fit()
    trainer(out=tmp_path / "runs" / "a" / "bad", num_steps=2, callbacks=[RunReport()]).fit()
    old = trainer(out=tmp_path / "runs" / "old", num_steps=4).fit()
    trainer(out=tmp_path / "runs" / "killed", num_steps=2, callbacks=[RunReport()]).fit()
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
    watch = Monitor()
    said = []
    for seconds in (1, 1.1, 3, 3, 1, 2.5):
        for _ in range(5):
            watch.note_step(seconds)
        said.append(watch.notices(0, None))
    assert [len(notices) for notices in said] == [0, 0, 1, 0, 0, 1]
    assert said[2][0].startswith(
        "training is 3.0 times slower than before: 3 seconds a step instead of 1; "
    )


def test_a_stalled_validation_is_noticed_ever_more_rarely():
    watch = Monitor()
    at = [n for n in range(1, 100) if watch.notices(n, 2000)]
    assert at == [10, 20, 40, 80]
    [notice] = watch.notices(10, 2000)
    assert notice == (
        "the last 10 validations were no better than the one at step 2,000; more steps may not "
        "help: consider a lower learning_rate, or --patience 10 to stop automatically"
    )
