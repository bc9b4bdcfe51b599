from __future__ import annotations

import json
import re
import shlex
import signal

import pytest
from tiny_command import TINY

from sketch_rnn.checkpoint import read_checkpoint
from sketch_rnn.dataset.dataset import save_dataset
from sketch_rnn.training.progress_bar import ProgressBar
from sketch_rnn.training.run.resume import saved_settings
from tiny import zigzags


def test_train_says_what_it_trains_and_what_it_wrote(command, workplace):
    result = command("train", "doodles/cat", "--out", "new", *TINY)
    assert result.status == 0
    assert "data   doodles (cat): 12 train, 6 valid, 5 test drawings; N_max " in result.out
    architecture = "lstm encoder of 8 each way, lstm decoder of 8, z of 4, 2 Gaussians"
    assert f"model  {architecture}: 1,823 parameters\n" in result.out
    assert "finished at step 4 of 4; best at " in result.out
    assert re.search(r"^valid +-?\d+\.\d{4} +\d+\.\d{4} +-?\d+\.\d{4}$", result.out, re.M)
    assert re.search(r"^test +-?\d+\.\d{4} +\d+\.\d{4} +-?\d+\.\d{4}$", result.out, re.M)
    listed = re.search(r"^in new: (.*)$", result.out, re.M).group(1).split(", ")
    assert sorted(listed) == sorted(
        {path.name for path in (workplace / "new").iterdir()} - {".lock"}
    )
    assert "\ncost = L_R + 0.5 * max(L_KL, 0.2)\n" in result.out
    assert "step 2 of 4" in result.err
    [events] = (workplace / "new").glob("events.out.tfevents.*")
    assert b"Samples" in events.read_bytes()

    drawing = shlex.split(result.out.splitlines()[-1].removeprefix("draw with it: sketch-rnn "))
    assert command(*drawing, "-n", 2).status == 0


def test_runs_on_other_kinds_of_doodle_can_be_told_apart(command, workplace):
    assert command("train", "doodles/sun", "data.npz", "--out", "new", *TINY).status == 0
    assert command("train", "--out", "all", *TINY).status == 0
    for name, data in (("run", "doodles/cat, doodles/bus"), ("new", "doodles/sun, data")):
        assert re.search(f"^{name} +{data} +4", command("runs", name).out, re.M)
    assert json.loads((workplace / "all/run.json").read_text())["data"] == ["doodles"]


def test_train_without_data_and_folder_takes_doodles_and_a_new_one(command, workplace):
    for number in (1, 2):
        result = command("train", *TINY, "--num-steps", 1)
        assert (
            f"run    runs/doodles-{number}: 1 step of 4 drawings (0.33 epochs), on " in result.out
        )
    assert "data   doodles (6 kinds): 12 train" in result.out
    assert sorted(path.name for path in (workplace / "runs").iterdir()) == [
        "doodles-1",
        "doodles-2",
    ]


def test_only_options_that_are_given_override_the_preset(command, workplace):
    (workplace / "mine.toml").write_text("seed = 5\nz_size = 3\nconditional = true\npatience = 9\n")
    words = ["--preset", "mine.toml", "--no-conditional", "--set", "use_recurrent_dropout=0"]
    result = command("train", "data.npz", "--out", "new", *TINY, *words, "--set", "patience=none")
    assert result.status == 0
    assert "\ncost = L_R\n" in result.out
    model, train = saved_settings(workplace / "new")
    assert (train.seed, train.num_steps, train.patience) == (5, 4, None)
    assert (model.z_size, model.conditional, model.recurrent_keep_prob) == (4, False, 1.0)


def test_notes_about_the_data_go_to_standard_error(command):
    result = command("train", "data.npz", "--out", "new", *TINY, "--max-seq-len", 6)
    assert "note: data: dropped " in result.err
    assert "N_max 6," in result.out


def test_resume_takes_settings_and_data_of_the_run(command, workplace):
    assert command("train", "data.npz", "--out", "new", *TINY, "--max-seq-len", 6).status == 0
    result = command("train", "--out", "new", "--resume", "--num-steps", 6)
    assert result.status == 0
    assert "N_max 6," in result.out
    assert "finished at step 6 of 6" in result.out
    assert saved_settings(workplace / "new")[0].z_size == 4


@pytest.mark.parametrize("name", ["aaron_sheep", "doodles"])
def test_a_file_comes_before_the_data_set_of_its_name(command, workplace, monkeypatch, name):
    monkeypatch.delattr("sketch_rnn.dataset.published.fetch_npz")
    (workplace / "data.npz").rename(workplace / f"{name}.npz")
    assert command("train", f"{name}.npz", "--out", "new", *TINY).status == 0
    result = command("train", "--out", "new", "--resume", "--num-steps", 6)
    assert result.status == 0, result.err
    assert "11 train, 7 valid, 5 test" in result.out
    result = command("evaluate", "new")
    assert f"{name}, test split: 5 drawings" in result.out, result.err
    assert not result.err
    save_dataset(f"{name}.npz", zigzags(9, 9), zigzags(7, 8), zigzags(3, 7))
    result = command("evaluate", "new")
    assert (
        f"note: {name} differs from the data of that name that the model was trained" in result.err
    )


def test_an_interrupted_run_says_how_to_go_on(command, workplace, monkeypatch):
    def interrupted(self, step):
        if step.step == 3:
            signal.raise_signal(signal.SIGINT)

    words = ["train", "data.npz", *TINY]
    assert command(*words, "--out", "whole").status == 0
    with monkeypatch.context() as patch:
        patch.setattr(ProgressBar, "on_step", interrupted)
        result = command(*words, "--out", "in two parts")
    assert result.status == 130
    assert "stopped by a signal at step 3 of 4; best at 2\n" in result.out
    last_line = result.out.splitlines()[-1]
    assert last_line == "resume with: sketch-rnn train data.npz --out 'in two parts' --resume"

    again = shlex.split(last_line.removeprefix("resume with: sketch-rnn "))
    assert command(*again).status == 0
    tensors = [
        read_checkpoint(workplace / folder / "last.safetensors").tensors
        for folder in ("whole", "in two parts")
    ]
    assert all(tensors[0][name].equal(tensors[1][name]) for name in tensors[0])


def test_a_run_without_an_end_says_so(command, monkeypatch):
    def interrupted(self, step):
        if step.step == 30:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ProgressBar, "on_step", interrupted)
    result = command("train", "data.npz", *TINY[2:], "--out", "new")
    assert result.status == 130
    assert (
        "note: no --num-steps, --epochs or --patience: the run takes the original's 10,000,000 "
        "steps; --init quickdraw --preset fine_tune suits this data and stops automatically; "
        in result.err
    )
    assert re.search(
        r"^note: 10,000,000 steps take about [\d,]+ (days|hours) at ", result.err, re.M
    )
    result = command("train", "data.npz", *TINY[2:], "--preset", "decoder_only", "--out", "other")
    assert "; --patience 20 stops when validations no longer improve; " in result.err
    result = command("train", "data.npz", *TINY, "--out", "short")
    assert "--num-steps" not in result.err


def test_runs_show_in_what_they_differ(command):
    for name, size in (("a", 8), ("b", 9)):
        words = [*TINY, "--dec-rnn-size", size, "--num-steps", 2, "--out", f"both/{name}"]
        assert command("train", "data.npz", *words).status == 0
    shown = command("runs", "both").out
    assert shown.splitlines()[0].endswith("differs in")
    for name, size in (("a", 8), ("b", 9)):
        assert re.search(rf"^both/{name} .* dec_rnn_size={size}$", shown, re.M)
    assert "differs" not in command("runs", "both/a").out


def test_a_model_that_javascript_cannot_hold_is_noted_before_it_is_trained(command):
    sizes = ["--num-steps", 1, "--dec-rnn-size", 4, "--no-conditional", "--batch-size", 4]
    result = command("train", "data.npz", *sizes, "--dec-model", "layer_norm", "--out", "new")
    reason = "export --to js will not take this model: it has layer_norm cells, and the format only"
    assert f"note: {reason} lstm; train one with --dec-model lstm --enc-model lstm" in result.err
    again = command("train", "data.npz", "--out", "new", "--resume", "--num-steps", 2)
    assert "export" not in again.err
    assert "export" not in command("train", "data.npz", *sizes, "--out", "plain").err


def test_given_steps_overrule_the_epochs_of_a_preset(command, workplace):
    (workplace / "mine.toml").write_text("epochs = 50\n")
    words = [*TINY, "--preset", "mine.toml", "--out", "new"]
    assert ": 4 steps of 4 drawings" in command("train", "data.npz", *words).out
    resumed = command("train", "--resume", "--out", "new", "--epochs", 2)
    assert ": 6 steps of 4 drawings" in resumed.out
