from __future__ import annotations

import json
import re
import shlex
import signal
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from tiny_command import TINY

from sketch_rnn.dataset.dataset import save_dataset
from sketch_rnn.generate.sampling import sample
from sketch_rnn.render.style import Style
from sketch_rnn.sources.npz import read_npz
from sketch_rnn.trained import SketchRNN, read_checkpoint
from sketch_rnn.training.progress_bar import ProgressBar
from sketch_rnn.training.run.resume import saved_settings
from tiny import zigzags


def is_svg(path):
    return ET.parse(path).getroot().tag.endswith("svg")


def is_moving(path):
    with Image.open(path) as image:
        return image.format == "GIF" and image.n_frames > 1


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


def test_one_gaussian_is_one(command):
    assert ", 1 Gaussian: " in command("train", "data.npz", *TINY, "--num-mixture", 1).out


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


@pytest.mark.parametrize("name", ["N.JSON", "N.NPZ"])
def test_names_in_capitals(command, workplace, name):
    result = command("draw", "run", "-n", 2, "--max-len", 9, "--out", name, "--steps", f"S{name}")
    assert result.status == 0, result.err
    assert (workplace / f"S{name}").is_file()
    assert command("reconstruct", "run", f"{name}").status == 0


def test_draw_is_sample(command, workplace):
    words = ["draw", "run", "-n", 3, "--temperature", 0.7, "--temperature-rule", "js"]
    result = command(*words, "--seed", 4, "--max-len", 9, "--out", "deep/in/drawings.npz")
    assert result.status == 0
    assert result.out.splitlines()[-1] == "wrote deep/in/drawings.npz"
    model = SketchRNN.from_pretrained(workplace / "run")
    expected = sample(model, 3, temperature=0.7, rule="js", seed=4, max_len=9)
    written = read_npz(workplace / "deep/in/drawings.npz")
    for strokes, sketch in zip(written.train, expected.sketches, strict=True):
        np.testing.assert_array_equal(strokes, sketch.strokes)


def test_draw_says_how_many_ended(command, workplace):
    result = command("draw", "run", "-n", 40, "--temperature", 1, "--max-len", 2, "--out", "x.json")
    drawings = json.loads((workplace / "x.json").read_text())
    assert len(drawings) == 40
    ended = sum(drawing["ended"] for drawing in drawings)
    assert 0 < ended < 40
    expected = f"40 drawings: {ended} finished, {40 - ended} cut off at 2 points"
    empty = sum(not drawing["polylines"] for drawing in drawings)
    assert empty > 1
    assert result.out == f"{expected} ({empty} are empty)\nwrote x.json\n"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 drawing: 1 cut off at 1 point\n"),
        (2, "2 drawings: 2 cut off at 1 point\n"),
    ],
)
def test_draw_says_that_none_ended(command, count, words):
    result = command("draw", "run", "-n", count, "--max-len", 1, "--seed", 1, "--temperature", 0)
    assert result.out.startswith(words)


@pytest.mark.parametrize(("count", "name"), [(1, "one.svg"), (5, "five.svg"), (5, "five.PNG")])
def test_draw_pictures(command, workplace, count, name):
    result = command("draw", "run", "-n", count, "--out", name)
    assert (result.status, result.out.splitlines()[-1]) == (0, f"wrote {name}")
    if name.endswith("svg"):
        assert is_svg(workplace / name)
    else:
        with Image.open(workplace / name) as image:
            assert image.format == "PNG"


def test_animate_writes_both_forms(command, workplace):
    result = command("draw", "run", "-n", 1, "--animate", "--out", "x.gif", "--max-len", 5)
    assert result.out.splitlines()[1:] == ["wrote x.svg", "wrote x.gif"]
    assert is_svg(workplace / "x.svg")
    assert "animat" in (workplace / "x.svg").read_text()
    assert is_moving(workplace / "x.gif")


def test_reconstruct_own_drawings_and_others(command, workplace):
    (workplace / "mine.json").write_text('{"polylines": [[[0, 0], [900, 0], [900, 700]]]}')
    drawings = ["doodles/cat:test/1", "mine.json", "data.npz:valid/0"]
    result = command("reconstruct", "run", *drawings)
    assert (result.status, result.out.splitlines()[-1]) == (0, "wrote reconstructions.svg")
    assert (workplace / "reconstructions.svg").read_text().count("original") > 0
    assert command("reconstruct", "run", *drawings, "--out", "r.json").status == 0
    assert len(json.loads((workplace / "r.json").read_text())) == 3


@pytest.mark.parametrize(("corners", "count"), [(2, 3), (4, 9)])
@pytest.mark.parametrize("mode", ["linear", "spherical"])
def test_interpolate(command, workplace, corners, count, mode):
    drawings = [f"doodles/bus:test/{number}" for number in range(corners)]
    words = ["interpolate", "run", *drawings, "--steps", 3, "--mode", mode]
    assert command(*words, "--out", "i.json").status == 0
    assert len(json.loads((workplace / "i.json").read_text())) == count
    assert command(*words).out.splitlines()[-1] == "wrote interpolation.svg"
    with_width = ET.parse(workplace / "interpolation.svg").getroot().attrib
    ratio = float(with_width["width"]) / float(with_width["height"])
    assert (ratio > 2) == (corners == 2)
    svg = (workplace / "interpolation.svg").read_text()
    assert all(svg.count(f">{drawing}</text>") == 1 for drawing in drawings)
    assert Style().given_ink in svg


def test_one_file_for_each_drawing(command, workplace):
    result = command("draw", "run", "-n", 12, "--each", "--plain", "--size", 50, "-o", "each.svg")
    assert (result.status, result.err) == (0, "")
    files = sorted(path.name for path in workplace.glob("each*"))
    assert files == [f"each-{number:02}.svg" for number in range(1, 13)]
    root = ET.parse(workplace / "each-12.svg").getroot()
    assert (root.get("width"), root.get("height")) == ("50mm", "50mm")
    assert result.out.splitlines()[-1] == "wrote ... each-12.svg: 12 files"
    refused = command("draw", "run", "-n", 2, "--each", "--out", "each.json")
    assert "with --each the name must end in .svg, .png, .gif" in refused.err


def test_columns_and_ink(command, workplace):
    words = ["draw", "run", "-n", 4, "--max-len", 9, "--ink", "red", "-o", "x.svg"]
    assert command(*words, "--columns", 1).status == 0
    root = ET.parse(workplace / "x.svg").getroot()
    assert float(root.get("height")) > 3 * float(root.get("width"))
    assert {e.get("stroke") for e in root.iter() if e.get("stroke")} <= {"#ff0000"}


@pytest.mark.parametrize("name", ["x.svg", "x.png", "x.json", "x.npz"])
def test_a_file_of_another_program_is_not_replaced(command, workplace, name):
    words = ["draw", "run", "-n", 2, "--max-len", 9, "-o", name]
    assert command(*words).status == 0
    assert command(*words).status == 0
    (workplace / name).write_bytes(b"mine")
    result = command(*words)
    assert (result.status, result.out) == (2, "")
    assert f"{name} exists and was not written by this program; choose another " in result.err
    assert (workplace / name).read_bytes() == b"mine"
    assert command(*words, "--overwrite").status == 0


def test_a_dataset_is_not_replaced_but_a_default_name_is(command, workplace):
    (workplace / "drawings.svg").write_text("mine")
    assert command("draw", "run", "-n", 2, "--max-len", 9).status == 0
    refused = command("draw", "run", "-n", 2, "-o", "data.npz")
    assert "data.npz exists and was not written by this program" in refused.err


def test_a_high_temperature_is_noted(command):
    result = command("draw", "run", "-n", 2, "-t", 50, "--max-len", 9)
    assert "note: temperature 50 gives scribbles; 0.1 to 1 is usual" in result.err


def test_runs_show_in_what_they_differ(command):
    for name, size in (("a", 8), ("b", 9)):
        words = [*TINY, "--dec-rnn-size", size, "--num-steps", 2, "--out", f"both/{name}"]
        assert command("train", "data.npz", *words).status == 0
    shown = command("runs", "both").out
    assert shown.splitlines()[0].endswith("differs in")
    for name, size in (("a", 8), ("b", 9)):
        assert re.search(rf"^both/{name} .* dec_rnn_size={size}$", shown, re.M)
    assert "differs" not in command("runs", "both/a").out


def test_complete_keeps_the_given_rows(command, workplace):
    words = ["complete", "run", "data.npz:test/2", "--rows", 4, "-n", 3]
    assert command(*words).out.splitlines()[-1] == "wrote completions.svg"
    assert Style().given_ink in (workplace / "completions.svg").read_text()
    assert command(*words, "--out", "c.npz", "--pen-down", "--latent", "prior").status == 0
    given = read_npz(workplace / "data.npz").test[2][:4].astype(np.float32)
    given[-1, 2] = 0
    made = read_npz(workplace / "c.npz").train
    assert len(made) == 3
    for strokes in made:
        np.testing.assert_array_equal(strokes[:4], given)


def test_evaluate_finds_the_data_again_and_explains(command):
    result = command("evaluate", "run", "--shuffle-z", "--split", "valid", "--kl-weight", 0.25)
    assert result.status == 0
    totals, labels = result.out.split("\n\n")
    assert [line.split()[0] for line in labels.splitlines()] == ["label", "cat", "bus"]
    lines = totals.splitlines()
    assert lines[0].startswith("doodles, valid split: 6 drawings, masked: ")
    values = {line.split("  ")[0]: float(line[13:].split()[0]) for line in lines[1:-1]}
    assert list(values) == ["L_s", "L_p", "L_R", "L_R shuffled", "L_KL", "total"]
    assert values["L_R"] == pytest.approx(values["L_s"] + values["L_p"], abs=2e-4)
    assert values["total"] == pytest.approx(values["L_R"] + 0.25 * values["L_KL"], abs=2e-4)
    assert "negative values are normal" in lines[-1]


def test_evaluate_other_data_in_another_form(command):
    masked = command("evaluate", "run", "data.npz", "--form", "masked")
    padded = command("evaluate", "run", "data.npz", "--form", "padded")
    assert padded.status == 0
    assert "data, test split: 5 drawings, padded: " in padded.out
    assert masked.out.splitlines()[1] == padded.out.splitlines()[1]
    assert masked.out.splitlines()[2] != padded.out.splitlines()[2]
    assert "note: the model was trained on doodles and never saw data\n" in masked.err


def test_info_counts_every_array(command, workplace):
    result = command("info", "run")
    assert result.status == 0
    model = SketchRNN.from_pretrained(workplace / "run")
    for name, array in model.network.named_parameters():
        assert re.search(rf"^  {re.escape(name)} .* {array.numel():,}$", result.out, re.M)
    total = sum(array.numel() for array in model.network.parameters())
    assert re.search(rf"^  total +{total:,}$", result.out, re.M)
    size = (workplace / "run/best.safetensors").stat().st_size
    expected = {
        "file": "run/best.safetensors",
        "size": f"{size:,} bytes",
        "labels": "cat, bus",
        "scale": f"{model.profile.scale:.6g} pixels",
        "N_max": f"{model.profile.max_seq_len} rows",
        "dec_rnn_size": "8",
        "decoder.cell": "LSTMCell  576 parameters",
    }
    for name, value in expected.items():
        assert re.search(rf"^  {re.escape(name)} +{re.escape(value)}$", result.out, re.M), name
    assert re.search(r"^  training steps +[24]$", result.out, re.M)


def test_info_of_a_saved_model(command, workplace):
    SketchRNN.from_pretrained(workplace / "run").save_pretrained(workplace / "saved")
    assert "saved/model.safetensors" in command("info", "saved").out
    result = command("info", "saved/model.safetensors")
    assert result.status == 0
    assert "training steps" not in result.out
