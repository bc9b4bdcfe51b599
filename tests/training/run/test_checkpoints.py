from __future__ import annotations

import contextlib
import signal
from itertools import pairwise

import pytest
from recorded_runs import Recorder, assert_same_state, files, last, message, raise_signals

from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.trained import SketchRNN
from sketch_rnn.training.run import checkpoints, resume
from sketch_rnn.training.run.resume import newest_checkpoint

STATES = ("last", "previous")


def test_best_follows_the_validation_cost(trainer, tmp_path):
    class Snapshots(Recorder):
        def on_validation(self, validation):
            super().on_validation(validation)
            snapshots.append(files(tmp_path / "run")["best.safetensors"])

    snapshots = []
    recorder = Snapshots()
    # So large a learning rate makes the cost go up and down.
    result = trainer(num_steps=10, save_every=1, learning_rate=0.1, callbacks=[recorder]).fit()
    costs = [validation.valid.cost for validation in recorder.validations]
    lowest = [min(costs[: i + 1]) for i in range(len(costs))]
    improved = [cost == low for cost, low in zip(costs, lowest, strict=True)]
    assert {True, False} == set(improved[1:])
    assert [validation.best_cost for validation in recorder.validations] == lowest
    assert [validation.test is not None for validation in recorder.validations] == improved
    changed = [True, *(a != b for a, b in pairwise(snapshots))]
    assert changed == improved
    assert (result.best_cost, result.best_step) == (min(costs), costs.index(min(costs)) + 1)
    header = read_checkpoint(tmp_path / "run" / "best.safetensors").header
    best = next(v for v in recorder.validations if v.step == result.best_step)
    assert header["training"]["step"] == result.best_step
    assert header["training"]["best_cost"] == result.best_cost == best.valid.cost
    assert header["training"]["validation"]["test"]["cost"] == best.test.cost


def test_the_best_cost_outlives_a_resume(trainer, tmp_path):
    first = trainer(num_steps=4, save_every=4).fit()
    best = files(tmp_path / "run")["best.safetensors"]
    # From here on everything gets worse.
    result = trainer(num_steps=6, learning_rate=3.0, resume=True).fit()
    assert (result.best_cost, result.best_step) == (first.best_cost, 4)
    assert files(tmp_path / "run")["best.safetensors"] == best


def test_a_folder_with_a_run_is_left_alone(trainer, tmp_path):
    trainer(num_steps=2).fit()
    before = files(tmp_path / "run")
    assert message(trainer, seed=9) == (
        f"{tmp_path / 'run'} already has a run in it (last.safetensors); resume it with "
        "resume=True, or choose another folder"
    )
    assert files(tmp_path / "run") == before


@pytest.mark.parametrize("name", ["best.safetensors", "config.json"])
def test_no_file_of_a_user_is_overwritten(trainer, tmp_path, name):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).write_text("mine")
    assert f"already has a run in it ({name})" in message(trainer)


def test_nothing_is_written_before_the_start(trainer, tmp_path):
    trainer()
    assert not (tmp_path / "run").exists()


def test_a_better_model_of_another_attempt_is_not_overwritten(trainer, tmp_path):
    def die():
        raise KeyboardInterrupt

    class Dying(Recorder):
        """Dies after the best model was written, before the state that remembers it."""

        def on_step(self, step):
            super().on_step(step)
            if step.step == 4:
                training._checkpoints.write = lambda *_: die()

    training = trainer(callbacks=[Dying()])
    with pytest.raises(KeyboardInterrupt):
        training.fit()
    best = read_checkpoint(tmp_path / "run" / "best.safetensors").header["training"]
    assert (best["step"], last(tmp_path / "run").header["training"]["step"]) == (4, 2)
    before = files(tmp_path / "run")["best.safetensors"]
    # A small step from step 2 is better than before, but not as good as step 4 was.
    result = trainer(learning_rate=1e-5, num_steps=4, resume=True).fit()
    assert (result.best_step, result.best_cost) == (4, best["best_cost"])
    assert files(tmp_path / "run")["best.safetensors"] == before


def damage(path):
    data = bytearray(path.read_bytes())
    data[-7] ^= 1
    path.write_bytes(data)


def test_a_damaged_state_is_named_and_stepped_over(trainer, tmp_path):
    trainer(num_steps=4).fit()
    damage(tmp_path / "run" / "last.safetensors")
    recorder = Recorder()
    training = trainer(resume=True, callbacks=[recorder])
    assert training.fit().step == 6
    # On a busy machine another may follow: that training has become slower.
    assert recorder.notices[0] == (
        f"{tmp_path / 'run' / 'last.safetensors'}: damaged: its content does not match its "
        "checksum; copy it again, or use another checkpoint; resuming from previous.safetensors, "
        "step 2"
    )
    trainer(out=tmp_path / "at once").fit()
    assert_same_state(last(tmp_path / "run"), last(tmp_path / "at once"))


def test_what_is_damaged_does_not_replace_what_is_not(trainer, tmp_path):
    trainer(num_steps=4).fit()
    damage(tmp_path / "run" / "last.safetensors")
    recorder = Recorder(3, raise_signals(signal.SIGINT))
    assert trainer(resume=True, callbacks=[recorder]).fit().step == 3
    states = (read_checkpoint(tmp_path / "run" / f"{name}.safetensors") for name in STATES)
    assert [state.header["training"]["step"] for state in states] == [3, 2]


def test_a_state_that_is_gone_is_stepped_over(trainer, tmp_path):
    trainer(num_steps=4).fit()
    (tmp_path / "run" / "last.safetensors").unlink()
    recorder = Recorder()
    trainer(resume=True, callbacks=[recorder]).fit()
    assert recorder.calls[0] == ("start", 2, 6)


def test_a_state_cut_at_every_kilobyte_is_stepped_over(trainer, tmp_path):
    trainer(num_steps=4).fit()
    path = tmp_path / "run" / "last.safetensors"
    whole = path.read_bytes()
    assert len(whole) > 30_000
    for size in range(0, len(whole), 1024):
        path.write_bytes(whole[:size])
        checkpoint, [notice] = newest_checkpoint(tmp_path / "run")
        assert checkpoint.header["training"]["step"] == 2
        assert notice.startswith(f"{path}: damaged or not a checkpoint (")


def test_a_disk_that_fills_up(trainer, small_disk):
    def fill():
        with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as file:
            while file.write(bytes(1000)):
                pass

    run = small_disk / "run"
    text = message(trainer(out=run, callbacks=[Recorder(3, fill)]).fit)
    assert text.startswith(f"{run}/")
    assert text.endswith(
        ".safetensors: cannot be written: No space left on device; free some space and try again"
    )
    assert last(run).header["training"]["step"] == 2
    (small_disk / "filler").unlink()
    assert trainer(out=run, resume=True).fit().step == 6


def test_a_folder_that_vanishes(trainer, tmp_path):
    recorder = Recorder(3, lambda: (tmp_path / "run").rename(tmp_path / "elsewhere"))
    text = message(trainer(callbacks=[recorder]).fit)
    assert text.endswith("cannot be written: No such file or directory; its folder is gone")
    assert not (tmp_path / "run").exists()
    assert last(tmp_path / "elsewhere").header["training"]["step"] == 2
    assert trainer(out=tmp_path / "elsewhere", resume=True).fit().step == 6


def test_a_folder_that_cannot_be_made(trainer, tmp_path):
    (tmp_path / "file").touch()
    text = message(trainer(out=tmp_path / "file" / "run").fit)
    assert text == (
        f"{tmp_path / 'file' / 'run'}: cannot be written: {tmp_path / 'file'} is a file, not a "
        "folder; choose another name"
    )


def test_no_state_left(trainer, tmp_path):
    trainer(num_steps=4).fit()
    for name in STATES:
        path = tmp_path / "run" / f"{name}.safetensors"
        path.write_bytes(path.read_bytes()[:5000])
    text = message(trainer, resume=True)
    assert text.startswith(
        f"{tmp_path / 'run' / 'last.safetensors'}: damaged or not a checkpoint ("
    )
    assert f"; {tmp_path / 'run' / 'previous.safetensors'}: damaged or not a" in text
    assert text.endswith("; nothing is left to resume from")


def test_a_best_model_that_is_lost_is_chosen_anew(trainer, tmp_path):
    trainer(num_steps=4).fit()
    path = tmp_path / "run" / "best.safetensors"
    damage(path)
    recorder = Recorder()
    result = trainer(resume=True, learning_rate=3.0, callbacks=[recorder]).fit()
    assert result.best_step == 6
    assert recorder.notices[0].startswith(f"{path}: damaged: ")
    assert recorder.notices[0].endswith("; the next validation chooses a new best model")
    SketchRNN.from_pretrained(path)


def test_two_runs_in_one_folder(trainer, tmp_path):
    second = trainer()

    class Intruder(Recorder):
        def on_step(self, step):
            assert message(second.fit) == (
                f"{tmp_path / 'run'}: another run is writing here; wait for it, stop it, or choose "
                "another folder"
            )

    trainer(callbacks=[Intruder()]).fit()
    assert message(second.fit) == (
        f"{tmp_path / 'run'}: another run has written here in the meantime; start again"
    )
    late = trainer(resume=True)
    trainer(num_steps=8, resume=True).fit()
    assert "in the meantime" in message(late.fit)


def test_what_killed_processes_left_is_removed(trainer, tmp_path):
    trainer(num_steps=2).fit()
    leftover = tmp_path / "run" / ".last.safetensors.4711.tmp"
    leftover.write_bytes(b"half a checkpoint")
    trainer(resume=True).fit()
    assert not leftover.exists()


def test_more_checkpoints_are_kept_by_naming_them(trainer, tmp_path, monkeypatch):
    names = ("last.safetensors", "previous.safetensors", "older.safetensors")
    for module in (checkpoints, resume):
        monkeypatch.setattr(module, "CHECKPOINT_FILES", names)
    trainer().fit()
    steps = [read_checkpoint(tmp_path / "run" / name).header["training"]["step"] for name in names]
    assert steps == [6, 4, 2]
    for name in names[:2]:
        damage(tmp_path / "run" / name)
    recorder = Recorder()
    trainer(resume=True, callbacks=[recorder]).fit()
    assert recorder.calls[0] == ("start", 2, 6)
