from __future__ import annotations

from pathlib import Path

import pytest

from sketch_rnn.cli import terminal
from sketch_rnn.errors import SketchRNNError

MESSAGES = {
    "train --set num_stepz=3": "settings: unknown 'num_stepz' (did you mean 'num_steps'?)",
    "train --dec-model gru": "settings: dec_model='gru' must be one of lstm, layer_norm, hyper",
    "train --dec-rnn-size 0 --z-size -1 --batch-size 0": (
        "settings: dec_rnn_size=0 must be a whole number of at least 1; z_size=-1 must be a whole "
        "number of at least 1; batch_size=0 must be a whole number from 1 to 1,000,000"
    ),
    "train --set data_set=a.npz": (
        "settings: 'data_set' is not a setting: name the data itself instead"
    ),
    "train --set num_steps": "--set num_steps: write --set name=value",
    "train --set num-steps=1 --num-steps 2": (
        "num_steps is given both as an option and with --set; keep one"
    ),
    "train --set use_input_dropout=maybe": "use_input_dropout='maybe' must be true or false",
    "train text.npz": "text.npz: not a .npz file; expected a zip with arrays train, valid and test",
    "train doodles/dog": (
        "no kind of doodle 'dog'; choose from bird, bus, cat, chair, fish, flower, house, ladder, "
        "leaf, sun, tree, umbrella"
    ),
    "train data.npz --out run": (
        "run already has a run in it (last.safetensors); resume it with --resume, or choose "
        "another folder"
    ),
    "train --resume": "--resume needs --out RUN, the folder of the run to resume",
    "train --resume --out new": (
        "new: no last.safetensors to resume from; start without resume, or name the folder of a run"
    ),
    "train --resume --out run --z-size 5": (
        "run: cannot resume with other settings: z_size was 4, now 5; undo that, or start a new "
        "run in another folder"
    ),
    "train --preset nothing": (
        "no preset 'nothing': the presets are decoder_only, demo, fine_tune, hyper, "
        "quickdraw, small, or give the path of a TOML file"
    ),
    "draw": "missing argument 'MODEL'",
    "sample run": "no such command 'sample'; use: sketch-rnn draw",
    "draw demo/run": "no run in demo/run yet; this command makes it: sketch-rnn demo",
    "draw nowhere": (
        "no model at nowhere; give a .safetensors, .json, .zip or .index file, a folder with a "
        "model.safetensors, best.safetensors or .index file, or a name that `sketch-rnn models` "
        "lists"
    ),
    "draw run --out x.bmp": (
        "cannot write x.bmp: the name must end in .svg, .png, .gif, .npz, .json"
    ),
    "draw run --out x.png --animate": (
        "cannot write x.png: with --animate the name must end in .svg, .gif"
    ),
    "draw run --out folder.svg": (
        "cannot write folder.svg: it is a folder; give the name of a file in it"
    ),
    "draw run --out text.npz/x.npz": (
        "text.npz/x.npz: cannot be written: text.npz is a file, not a folder; choose another name"
    ),
    "draw nowhere --out a.json --steps text.npz/x.npz": (
        "text.npz/x.npz: cannot be written: text.npz is a file, not a folder; choose another name"
    ),
    "export nowhere --to js --out text.npz/x.json": (
        "text.npz/x.json: cannot be written: text.npz is a file, not a folder; choose another name"
    ),
    "export nowhere --to onnx --out text.npz": (
        "text.npz: cannot be written: text.npz is a file, not a folder; choose another name"
    ),
    "train nothing.npz --out text.npz": (
        "text.npz: cannot be written: text.npz is a file, not a folder; choose another name"
    ),
    "data prepare nothing --out text.npz/x.npz": (
        "text.npz/x.npz: cannot be written: text.npz is a file, not a folder; choose another name"
    ),
    "data prepare nothing --out x.json": (
        "x.json: drawings are written as .npz, or into a folder, the store of a large set"
    ),
    "data prepare nothing --out a.npz --sheet a.txt": (
        "cannot write a.txt: the name must end in .svg, .png, .gif"
    ),
    "data show nothing --out a.txt": "cannot write a.txt: the name must end in .svg, .png, .gif",
    "info nowhere --diagram a.txt": "cannot write a.txt: the name must end in .svg, .png, .gif",
    "complete nowhere data.npz:test/0 --latent mine": (
        "latent='mine' must be one of likely, encode, prior"
    ),
    "complete run nothing:mine/1": "nothing:mine/1: split 'mine' must be one of train, valid, test",
    "draw run --temperature -0.5": "temperature=-0.5 must be a finite number of at least 0",
    "draw run --temperature inf": "temperature=inf must be a finite number of at least 0",
    "draw data.npz": (
        "data.npz holds drawings, not a model; look at them with: sketch-rnn data show data.npz"
    ),
    "interpolate run data.npz:test/1 data.npz:test/2 --steps 1": (
        "steps=1 must be a whole number of at least 2, for both ends"
    ),
    "train data.npz --max-seq-len -3": "max_seq_len=-3 must be a whole number of at least 1",
    "draw run --temperature-rule mine": (
        "rule='mine' must be one of paper, original, js, offsets, or none"
    ),
    "draw run -n 0": "count=0 must be a whole number of at least 1",
    "draw run --max-len 0": ("max_len=0 must be a whole number of at least 1, or none"),
    "draw run --seed -1": "seed=-1 must be a whole number of at least 0",
    "evaluate run --seed -1": "seed=-1 must be a whole number of at least 0",
    "data show data.npz --seed -1": "seed=-1 must be a whole number of at least 0",
    "data show data.npz -n 0": "count=0 must be a whole number of at least 1",
    f"reconstruct run {300 * 'a'}": f"{200 * 'a'}: cannot be read: File name too long",
    "reconstruct run data.npz:test/99": (
        "data.npz:test/99: test sketch 99 does not exist; the split has 5, counted from 0"
    ),
    "reconstruct run no.svg": (
        "no file no.svg; a drawing is a file (.svg, .svgz, .json, .ndjson, .jsonl, .ndjson.gz, "
        ".jsonl.gz, .npz, .npy, .csv), or DATA:split/index such as doodles:test/3"
    ),
    "interpolate run data.npz:test/1": (
        "1 drawing: give two for a strip, or the four corners of a grid"
    ),
    "complete run data.npz:test/0 --rows 99": "rows=99 must be 1 to 8, all of data.npz:test/0",
    "complete run data.npz:test/0 --rows 0": "rows=0 must be 1 to 8, all of data.npz:test/0",
    "evaluate run --kl-weight nan": "kl_weight=nan must be a finite number of at least 0",
    "draw run --out same.json --steps ./same.json": (
        "--steps and --out are both same.json; give two names"
    ),
    "data prepare data.npz --out a.npz --workers -1": (
        "workers=-1 must be a whole number of at least 1"
    ),
    "data prepare data.npz --out a.npz --flatten inf": (
        "reading: flatten=inf must be a finite number above 0"
    ),
    "data prepare data.npz --out a.npz --word cat": (
        "a word, a country and recognition are chosen among QuickDraw records, and none of the "
        "files can hold any (.ndjson, .jsonl, .ndjson.gz, .jsonl.gz); leave the choice out"
    ),
    "train --resume --out run --num-steps 1": (
        "run: the run has already taken 4 steps, but num_steps is 1; give a larger num_steps to "
        "train it further"
    ),
    "evaluate run data.npz --form mine": "form='mine' must be one of masked, true_length, padded",
    "evaluate run data.npz --split mine": "split='mine' must be one of train, valid, test",
}


@pytest.mark.parametrize("line", MESSAGES)
def test_a_mistake_is_one_line_and_status_2(command, workplace, line):
    (workplace / "text.npz").write_text("no drawings")
    (workplace / "folder.svg").mkdir()
    before = sorted(workplace.rglob("*"))
    result = command(*line.split())
    assert result.err.splitlines()[-1] == f"sketch-rnn: error: {MESSAGES[line]}"
    assert result.err.count("\n") == 1
    assert result.status == 2
    assert sorted(workplace.rglob("*")) == before


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("train --num-stepz 3", "no such option: --num-stepz"),
        ("train --num-steps many", "invalid value for '--num-steps': "),
        ("paint", "no such command 'paint'"),
        ("train no.npz", "no file no.npz; give the path of a .npz file, or a name: doodles, "),
        ("train aaron_shep", "no file aaron_shep (did you mean aaron_sheep?); give the path of "),
        ("draw cut.safetensors", "cut.safetensors: damaged or not a checkpoint ("),
    ],
)
def test_messages_that_go_on_with_the_words_of_others(command, workplace, line, start):
    content = (workplace / "run/best.safetensors").read_bytes()
    (workplace / "cut.safetensors").write_bytes(content[: len(content) // 2])
    result = command(*line.split())
    assert result.err.startswith(f"sketch-rnn: error: {start}")
    assert result.err.count("\n") == 1
    assert result.status == 2


@pytest.mark.parametrize("line", ["draw", "info", "evaluate", "export --to js --out x.json"])
def test_a_picture_is_not_a_model(command, workplace, line):
    (workplace / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    result = command(*line.split(), "cat.png")
    assert result.status == 2
    assert result.err.startswith("sketch-rnn: error: cat.png is not a model; give a .safetensors,")
    assert result.err.count("\n") == 1
    result = command("import", "cat.png", "--out", "x")
    assert (
        "cat.png cannot be imported; give a folder with a checkpoint of the original" in result.err
    )


@pytest.mark.parametrize(
    "line",
    [
        "draw run",
        "evaluate run data.npz",
        "evaluate run data.npz --drawings",
        "complete run data.npz:test/0",
        "reconstruct run data.npz:test/0",
        "interpolate run data.npz:test/0 data.npz:test/1",
        "recognize data.npz:test/0 --model run",
    ],
)
def test_a_device_that_is_not_here(command, line):
    result = command(*line.split(), "--device", "cuda:99")
    assert result.err.startswith("sketch-rnn: error: device 'cuda:99' cannot be used here")
    assert result.err.count("\n") == 1
    assert result.status == 2


def test_data_is_found_from_another_folder(command, workplace, monkeypatch):
    """By the path that the run recorded; a file of that name in the current folder comes second."""
    words = ["--num-steps", 2, "--dec-rnn-size", 4, "--no-conditional", "--batch-size", 4]
    assert command("train", "data.npz", "--out", "new", *words).status == 0
    elsewhere = workplace / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "data.npz").write_text("of someone else")
    monkeypatch.chdir(elsewhere)
    assert command("evaluate", "../new").out == command("evaluate", "../new", "../data.npz").out
    assert command("train", "--resume", "--out", "../new", "--num-steps", 3).status == 0
    assert command("evaluate", "../new/best.safetensors").status == 0
    monkeypatch.chdir(workplace)
    (workplace / "data.npz").rename(elsewhere / "data.npz")
    monkeypatch.chdir(elsewhere)
    assert command("evaluate", "../new").status == 0


def test_data_that_is_no_longer_there(command, workplace):
    words = ["--out", "new", "--num-steps", 1, "--dec-rnn-size", 4, "--no-conditional"]
    assert command("train", "data.npz", *words).status == 0
    (workplace / "data.npz").unlink()
    expected = (
        f"sketch-rnn: error: the model was trained on data, but {workplace / 'data.npz'} is gone, "
        "and there is no data.npz in the current folder; name the data\n"
    )
    assert command("evaluate", "new").err == expected
    assert command("train", "--resume", "--out", "new").err == expected


@pytest.mark.parametrize("line", ["reconstruct new data.npz:test/0", "evaluate new --shuffle-z"])
def test_decoder_only_models_have_no_encoder(command, workplace, line):
    words = ["--out", "new", "--num-steps", 1, "--dec-rnn-size", 4, "--no-conditional"]
    assert command("train", "data.npz", *words).status == 0
    result = command(*line.split())
    assert result.status == 2
    assert "decoder-only" in result.err


def raising(error):
    def action():
        raise error

    return action


def test_statuses(capsys):
    assert terminal.exit_status("p", lambda: None) == 0
    assert terminal.exit_status("p", lambda: 130) == 130
    assert terminal.exit_status("p", raising(SketchRNNError("this\nand that"))) == 2
    assert capsys.readouterr().err == "p: error: this and that\n"
    assert terminal.exit_status("p", raising(SketchRNNError("x" * 10**6))) == 2
    assert len(capsys.readouterr().err) < 5000
    assert terminal.exit_status("p", raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "p: stopped\n"


def test_a_bug_is_not_hidden(command, monkeypatch):
    monkeypatch.setattr(Path, "is_file", raising_anything)
    with pytest.raises(ZeroDivisionError):
        command("draw", "run")


def raising_anything(self):
    raise ZeroDivisionError
